"""Changes that are tried: where, which cause they name, at what cost, and what they must never do."""

import builtins
import linecache

import numpy as np
import pytest

import backproof
from backproof.check import repair as repair_module

NUMPY = "import numpy as np\n\n"
BLOCK = (
    NUMPY
    + """
class Block:
    def __init__(self, W1, W2):
        self.W1, self.W2 = W1, W2

    def forward(self, x):
        self.x = x
        self.a = x @ self.W1
        self.h = np.maximum(self.a, 0)
        self.s = self.h @ self.W2 + x
        return np.tanh(self.s)

    def backward(self, dout):
        ds = dout * (1 - np.tanh(self.s) ** 2)
        self.dW2 = self.h.T @ ds
        dh = ds @ self.W2.T
        da = dh * (self.a > 0)
        self.dW1 = self.x.T @ da
        return da @ self.W1.T + ds
"""
)
AFFINE = (
    NUMPY
    + """
class Affine:
    def __init__(self, W, b):
        self.W, self.b, self.x = W, b, None

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
"""
)
PAIR = (
    NUMPY
    + """
def relu_forward(x):
    return np.maximum(x, 0), x


def relu_backward(dout, x):
    return dout * (x > 0)


def hidden_forward(x, w, b):
    a = x @ w + b
    out, relu_cache = relu_forward(a)
    return out, (x, w, relu_cache)


def hidden_backward(dout, cache):
    x, w, relu_cache = cache
    da = relu_backward(dout, relu_cache)
    dx = da @ w.T
    dw = x.T @ da
    db = np.sum(da, axis=0)
    return dx, dw, db
"""
)
NETWORK = (
    NUMPY
    + """
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Net:
    def __init__(self):
        rng = np.random.default_rng(5)
        self.decay = 0.1
        self.params = {"W1": rng.normal(size=(4, 6)), "W2": rng.normal(size=(6, 3))}
        self.params |= {"b1": np.zeros(6), "b2": np.zeros(3)}

    def predict(self, x):
        z = sigmoid(x @ self.params["W1"] + self.params["b1"])
        return softmax(z @ self.params["W2"] + self.params["b2"])

    def loss(self, x, t):
        penalty = 0.5 * self.decay * (np.sum(self.params["W1"] ** 2) + np.sum(self.params["W2"] ** 2))
        return -np.sum(t * np.log(self.predict(x))) / len(x) + penalty

    def gradient(self, x, t):
        n = len(x)
        z = sigmoid(x @ self.params["W1"] + self.params["b1"])
        y = softmax(z @ self.params["W2"] + self.params["b2"])
        dy = (y - t) / n
        grads = {"W2": z.T @ dy + self.decay * self.params["W2"], "b2": dy.sum(axis=0)}
        da = dy @ self.params["W2"].T * z * (1 - z)
        grads["W1"] = x.T @ da + self.decay * self.params["W1"]
        grads["b1"] = da.sum(axis=0)
        return grads
"""
)
RNG = np.random.default_rng(3)
X, T = RNG.normal(size=(5, 4)), np.eye(3)[[0, 1, 2, 1, 0]]
MAKE = {
    BLOCK: lambda names: (names["Block"](RNG.normal(size=(4, 4)), RNG.normal(size=(4, 4))), {"x": X}),
    AFFINE: lambda names: (names["Affine"](RNG.normal(size=(4, 3)), RNG.normal(size=3)), {"x": X}),
    PAIR: lambda names: ((names["hidden_forward"], names["hidden_backward"]), {}),
    NETWORK: lambda names: (names["Net"](), {"x": X, "t": T}),
}


def loaded(path, text, make):
    path.write_text(text, encoding="utf-8")
    linecache.checkcache()
    names = {"__name__": "code"}
    exec(compile(text, path, "exec"), names)
    subject, given = make(names)
    return names, subject, given


FAULTS = [
    (BLOCK, "self.a > 0", "self.a < 0", "mask-inverted"),
    (BLOCK, "da @ self.W1.T + ds", "da @ self.W1.T", "branch-forgotten"),
    (BLOCK, "da @ self.W1.T + ds", "da @ self.W1.T + dout", None),
    (BLOCK, "self.h.T @ ds", "self.a.T @ ds", "derivative-at-wrong-point"),
    (BLOCK, "dh * (self.a > 0)", "dh", "mask-missing"),
    (BLOCK, "ds @ self.W2.T", "ds @ self.W2", "transposed"),
    (BLOCK, "self.h @ self.W2 + x", "self.h @ self.W2", "branch-forgotten"),
    (AFFINE, "dout.sum(axis=0)", "dout.sum(axis=1)", "wrong-axis"),
    (AFFINE, "self.x.T @ dout", "dout.T @ self.x", None),
    (AFFINE, "dout @ self.W.T", "self.W @ dout.T", None),
    (AFFINE, "        self.x = x\n", "        if self.x is None:\n            self.x = x\n", "stale-cache"),
    (PAIR, "da = relu_backward(dout, relu_cache)", "da = dout", "layer-skipped"),
    (PAIR, "dx = da @ w.T", "dx = dout @ w.T", "layer-skipped"),
    (PAIR, "np.sum(da, axis=0)", "np.mean(da, axis=0)", "averaged-instead-of-summed"),
    (NETWORK, "dy = (y - t) / n", "dy = (y - t) * n", "wrong-factor"),
    (NETWORK, "0.5 * self.decay", "1.5 * self.decay", "regulariser-factor"),
    (NETWORK, "z * (1 - z)", "z * (1 + z)", None),
]


@pytest.mark.parametrize(("text", "right", "wrong", "cause"), FAULTS)
def test_the_change_is_on_the_faulty_line_names_the_cause_and_makes_it_right(tmp_path, text, right, wrong, cause):
    path = tmp_path / "code.py"
    faulty = text.replace(right, wrong, 1)
    _, subject, given = loaded(path, faulty, MAKE[text])
    first, *_ = backproof.check(subject, **given).findings
    old, new = text.split("\n"), faulty.split("\n")
    changed = next(i for i, (a, b) in enumerate(zip(old, new, strict=False), 1) if a != b)
    assert first.line in (changed, changed + len(new) - len(old))
    assert cause is None or first.cause == cause
    if cause is None and first.evidence["confidence"] != "certain":
        return  # placed without a try
    for mend in first.evidence["mend"]:
        new[mend["line"] - 1] = mend["source"]
    _, subject, given = loaded(path, "\n".join(new), MAKE[text])
    assert backproof.check(subject, **given).ok


def test_the_same_code_gives_the_same_answer_at_the_same_cost(tmp_path):
    def report():
        _, subject, given = loaded(tmp_path / "code.py", BLOCK.replace("1 - np.tanh", "1 + np.tanh"), MAKE_FIXED)
        return backproof.check(subject, **given)

    one, two = report(), report()
    assert (one.tried, one.evaluations) == (two.tried, two.evaluations)
    assert [f.evidence.get("mend") for f in one.findings] == [f.evidence.get("mend") for f in two.findings]


def MAKE_FIXED(names):
    rng = np.random.default_rng(1)
    return names["Block"](rng.normal(size=(4, 4)), rng.normal(size=(4, 4))), {"x": X}


@pytest.mark.parametrize("wrong", ["np.exp(dh) * (self.a > 0)", "np.sort(dh, axis=0)", "dh ** 3 + self.a ** 2"])
def test_trying_costs_no_more_evaluations_than_the_check(tmp_path, wrong):
    _, subject, given = loaded(tmp_path / "code.py", BLOCK.replace("dh * (self.a > 0)", wrong), MAKE[BLOCK])
    report = backproof.check(subject, **given)
    assert not report.ok
    assert 0 < report.tried <= max(report.evaluations, 400) + 200  # the last try is not broken off


def test_right_code_is_never_changed(tmp_path):
    _, subject, given = loaded(tmp_path / "code.py", BLOCK, MAKE[BLOCK])
    report = backproof.check(subject, **given)
    assert report.ok
    assert report.tried == 0


@pytest.mark.parametrize(
    "line",
    [
        "        while n > 0:\n            n -= 1\n",
        "        for n in range(n):\n            pass\n        self.count = self.count * n\n",
    ],
)
def test_no_change_lets_a_loop_or_a_number_run_away(tmp_path, line):
    text = AFFINE.replace("        self.x = x\n", f"        self.x = x\n        n = 3\n{line}").replace(
        "self.x = W, b, None", "self.x = W, b, None\n        self.count = 2"
    )
    _, subject, given = loaded(
        tmp_path / "code.py", text.replace("dout.sum(axis=0)", "dout.max(axis=0)"), MAKE[AFFINE]
    )
    report = backproof.check(subject, **given)
    assert report.findings[0].quantity == "db"


def test_what_reaches_outside_the_program_is_left_as_it_is(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(builtins, "print", lambda *words: said.append(words))
    text = AFFINE.replace("        self.dW =", "        print('backward', 1 * len(dout))\n        self.dW =")
    _, subject, given = loaded(
        tmp_path / "code.py", text.replace("dout.sum(axis=0)", "dout.max(axis=0)"), MAKE[AFFINE]
    )
    assert not backproof.check(subject, **given).ok
    assert {words[0] for words in said} == {"backward"}
    assert {words[1] for words in said} <= {3, 5, 4, 7}


def test_an_interrupt_puts_the_code_back(tmp_path, monkeypatch):
    text = AFFINE.replace("dout.sum(axis=0)", "dout.max(axis=0)")
    names, subject, given = loaded(tmp_path / "code.py", text, MAKE[AFFINE])
    own = names["Affine"].backward.__code__

    def interrupted(right):
        assert names["Affine"].backward.__code__ is not own
        raise KeyboardInterrupt

    monkeypatch.setattr(repair_module, "_holds", interrupted)
    with pytest.raises(KeyboardInterrupt):
        backproof.check(subject, **given)
    assert names["Affine"].backward.__code__ is own
