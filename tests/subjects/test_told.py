"""What a person says about code: `backproof.subject`, `--data`, `--loss`."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import backproof
from backproof.cli import app
from backproof.errors import BackproofError, LabelError, ShapeError


class Net:
    """One layer under names that nothing recognises; samples in columns where asked."""

    def __init__(self, columns=False, slip=1.0):
        rng = np.random.default_rng(3)
        self.kernel, self.shift = rng.normal(size=(3, 4)), rng.normal(size=4)
        self.columns, self.slip = columns, slip
        self.kept = {}

    def ahead(self, x):
        self.x = x.T if self.columns else x
        z = self.x @ self.kernel + self.shift
        e = np.exp(z - z.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y.T if self.columns else self.y

    def behind(self, x, t):
        d = (self.y - (t.T if self.columns else t)) / len(self.y)
        self.kept = {"kernel": self.slip * self.x.T @ d, "shift": d.sum(axis=0)}
        return self.kept


x = np.random.default_rng(0).normal(size=(5, 3))
t = np.eye(4)[np.arange(5) % 4]


def test_a_custom_gradient_takes_two_lines():
    bell = lambda x: np.exp(-(x**2))  # noqa: E731
    right = backproof.subject(bell, lambda dout, x: -2 * x * bell(x) * dout, x=x)
    assert backproof.check(right).ok
    wrong = backproof.subject(bell, lambda dout, x: 2 * x * bell(x) * dout, x=x)
    assert [f.quantity for f in backproof.check(wrong).findings] == ["dx"]


@pytest.mark.parametrize("shape", [tuple, dict])
def test_parameters_are_named_and_their_gradients_taken_as_told(shape):
    W = np.random.default_rng(1).normal(size=(3, 2))

    def judged(slip):
        def backward(dout, x):
            dx, dW = dout @ W.T, slip * x.T @ dout
            return (dx, dW) if shape is tuple else {"dW": dW, "x": dx}

        return backproof.check(backproof.subject(lambda x: x @ W, backward, x=x, parameters={"W": W}))

    before = W.copy()
    assert judged(1).ok
    assert [f.quantity for f in judged(3).findings] == ["dW"]
    assert np.array_equal(W, before)


def test_gradients_may_lie_elsewhere():
    W, kept = np.ones((3, 2)), {}

    def backward(dout, x):
        kept["W"] = x.T @ dout
        return dout @ W.T

    def told(**more):
        return backproof.subject(lambda x: x @ W, backward, x=x, parameters={"W": W}, **more)

    assert backproof.check(told(gradients=lambda: kept)).ok
    assert [f.quantity for f in backproof.check(told()).findings] == ["dW"]


def test_samples_may_lie_in_columns():
    W = np.random.default_rng(1).normal(size=(2, 3))
    report = backproof.check(backproof.subject(lambda x: W @ x, lambda dout: W.T @ dout, x=x.T, layout="columns"))
    assert report.ok
    assert "samples in columns" in report.understood
    net = Net(columns=True)
    seen = backproof.subject(net.ahead, net.behind, x=x.T, t=t.T, layout="columns", loss="cross-entropy")
    assert backproof.check(seen).ok


@pytest.mark.parametrize("loss", ["cross-entropy", lambda y, t: -np.sum(t * np.log(y)) / len(t), None])
def test_a_network_is_seen_as_told(loss):
    right, wrong = Net(), Net(slip=0.5)
    assert backproof.check(backproof.subject(right.ahead, right.behind, x=x, t=t, loss=loss)).ok
    found = backproof.check(backproof.subject(wrong.ahead, wrong.behind, x=x, t=t, loss=loss)).findings
    assert any(f.is_fault for f in found)


def test_the_wrong_loss_is_held_against_the_gradient():
    net = Net()
    report = backproof.check(backproof.subject(net.ahead, net.behind, x=x, t=t, loss="mse"))
    assert not report.ok
    assert "half the sum of squares" in report.understood


def test_only_the_parameters_named_are_judged():
    net = Net(slip=2.0)
    seen = backproof.subject(net.ahead, net.behind, x=x, t=t, parameters={"shift": net.shift})
    report = backproof.check(seen)
    assert report.ok
    assert np.array_equal(net.shift, Net().shift)


@pytest.mark.parametrize(
    ("told", "error", "words"),
    [
        ({"loss": "hinge", "t": t}, BackproofError, "'hinge' is not known; say one of mse"),
        ({"loss": "mse"}, BackproofError, "a loss needs labels"),
        ({"parameters": {"W": np.arange(3)}}, BackproofError, "is an array of int64, expected a float array"),
        ({"parameters": {"W": 3}}, BackproofError, "is int, expected a float array"),
        ({"x": (x, x)}, BackproofError, "a tuple of 2 inputs"),
        ({"x": np.zeros((0, 3))}, ShapeError, "at least one sample"),
        ({"t": "cats"}, LabelError, "a class index or a row"),
        ({"x": np.zeros((5, 9))}, BackproofError, "raised ValueError"),
    ],
)
def test_what_cannot_hold_is_refused_in_words(told, error, words):
    net = Net()
    with pytest.raises(error, match=words):
        backproof.subject(net.ahead, net.behind, **{"x": x, **told})


def test_a_forward_without_an_object_needs_its_parameters_named():
    with pytest.raises(BackproofError, match="so say parameters="):
        backproof.subject(lambda x: x, lambda x, t: x, x=x, t=t)


def test_an_output_of_no_numbers_is_refused():
    with pytest.raises(BackproofError, match="expected an array of numbers"):
        backproof.subject(lambda x: "y", lambda dout: dout, x=x)


# The command

ODD = """
import numpy as np
import backproof

class Net:
    def __init__(self):
        self.kernel = np.random.default_rng(0).normal(size=(3, 4))
    def ahead(self, x):
        return x @ self.kernel
    def behind(self, x, t):
        return {"kernel": %s * x.T @ (self.ahead(x) - t)}
"""
SEEN = """
net = Net()
seen = backproof.subject(net.ahead, net.behind, x=np.ones((4, 3)) * np.arange(3), t=np.eye(4))
"""


def run(*arguments):
    result = CliRunner().invoke(app, ["check", *map(str, arguments), "--format", "json"])
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize(("factor", "code"), [("1", 0), ("np.array([[1.0], [2], [3]])", 1)])
def test_a_file_says_itself_how_it_is_seen(tmp_path, factor, code):
    file = tmp_path / "odd.py"
    file.write_text(ODD % factor + SEEN)
    assert run(file)[0] == run(f"{file}::seen")[0] == code


def test_what_was_said_in_a_file_and_does_not_hold_is_noted(tmp_path):
    file = tmp_path / "odd.py"
    file.write_text(ODD % "1" + SEEN.replace("t=np.eye(4)", "t=np.eye(4), loss='hinge'"))
    code, data = run(file)
    assert code == 2
    assert any("'hinge' is not known" in note for note in data["notes"])


def test_what_is_not_recognised_is_told_the_two_lines(tmp_path):
    file = tmp_path / "odd.py"
    file.write_text(ODD % "1")
    code, data = run(f"{file}::Net")
    assert code == 2
    assert "backproof.subject(net.forward, net.backward" in data["findings"][0]["message"]


MONOLITH = """
import numpy as np

class Net:
    def __init__(self):
        self.W = np.random.default_rng(0).normal(size=(3, 2))
    def forward(self, x):
        if x.min() < 0:
            raise ValueError("counts only")
        self.x, self.y = x, x @ self.W
        return self.y
    def backward(self, x, y):
        self.dW = x.T @ (self.y - y)
"""


def test_data_is_used_and_loss_is_taken(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(MONOLITH)
    assert run(file)[0] == 2
    told = "rng.random((5, 3)) + 1, rng.normal(size=(5, 2))"
    code, data = run(file, "--data", told)
    assert code == 0, data["findings"]
    np.savez(
        tmp_path / "data.npz", x=np.ones((5, 3)) + np.arange(15).reshape(5, 3) % 4, t=np.eye(2)[[0, 1, 0, 1, 0]]
    )
    assert run(file, "--data", tmp_path / "data.npz")[0] == 0
    code, data = run(file, "--data", told, "--loss", "mse")
    assert code == 0
    assert "half the sum of squares" in data["reports"][0]["understood"]
    assert run(file, "--data", told, "--loss", "cross-entropy")[0] == 1


def test_data_reaches_layers_and_functions(tmp_path):
    file = tmp_path / "layers.py"
    file.write_text(
        "import numpy as np\n"
        "class Root:\n"
        "    def forward(self, x):\n"
        "        assert x.shape[1] == 11 and x.min() > 0\n"
        "        self.y = np.sqrt(x)\n        return self.y\n"
        "    def backward(self, g, lr):\n        return g / (2 * self.y)\n"
        "def cube(x):\n    assert x.shape[1] == 11\n    return x ** 3\n"
        "def cube_prime(x):\n    return 3 * x ** 2\n"
    )
    assert run(file)[0] == 2
    code, data = run(file, "--data", "rng.random((4, 11)) + 1")
    assert code == 0, data["findings"]
    assert len(data["reports"]) == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("nowhere.npz", "nowhere.npz"),
        ("1 / 0", "ZeroDivisionError"),
        ("(", "SyntaxError"),
        ("'cats'", "array of numbers"),
    ],
)
def test_data_that_gives_none_is_refused_in_words(tmp_path, data, words):
    file = tmp_path / "net.py"
    file.write_text(MONOLITH)
    code, found = run(file, "--data", data)
    assert code == 2
    assert words in found["findings"][0]["message"]


def test_a_file_of_arrays_needs_one_named_x(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(MONOLITH)
    np.savez(tmp_path / "data.npz", inputs=np.ones((3, 3)))
    code, found = run(file, "--data", tmp_path / "data.npz")
    assert code == 2
    assert "holds inputs, expected arrays named x and t" in found["findings"][0]["message"]
