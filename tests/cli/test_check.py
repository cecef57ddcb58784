"""`backproof check`: verdicts and exit codes on the seeds, on rough code and on what is no code at all."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from backproof.blas import limited
from backproof.cli import app
from backproof.datasets import load_mnist
from backproof.subjects.load import load

SEEDS = Path(__file__).parents[1] / "seeds"

AFFINE = """
import numpy as np
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
"""
SIGMOID = """
class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y
    def backward(self, dout):
        return dout * self.y
"""


@pytest.fixture
def check(tmp_path):
    """Run `backproof check` on files given as {name: text}; (exit code, the JSON document)."""

    def check(files, *arguments, targets=None):
        for name, text in files.items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        chosen = [str(tmp_path / target) for target in (targets or files)]
        result = CliRunner().invoke(app, ["check", *chosen, "--format", "json", *arguments])
        return result.exit_code, json.loads(result.stdout)

    return check


def run(*arguments):
    result = CliRunner().invoke(app, ["check", *arguments, "--format", "json"])
    return result.exit_code, json.loads(result.stdout)


def faults(data):
    return [f for f in data["findings"] if f["kind"] not in ("note", "uncheckable")]


# The seeds, as the issue wants them judged


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
@pytest.mark.parametrize("name", ["000", "002"])
def test_seeds_with_the_softmax_over_the_batch_have_one_fault(name, suffix):
    code, data = run(f"{SEEDS}/{name}{suffix}")
    assert code == 1
    (fault,) = faults(data)
    assert (fault["kind"], fault["layer"]) == ("forward", "SoftmaxWithLoss")
    assert fault["file"].endswith(f"{name}{suffix}")
    assert fault["cause"] == "softmax-over-batch"
    assert fault["evidence"]["source"].replace(" ", "") == "sum_exp_a=np.sum(exp_a)"
    assert fault["evidence"]["expression"] == "np.sum(exp_a)"
    assert [each["expression"] for each in fault["evidence"]["see also"]] == ["np.max(a)"]
    assert len(fault["evidence"]["row sums"]) == 3
    mended = [each["source"].replace(" ", "") for each in fault["evidence"]["mend"]]
    assert mended == ["sum_exp_a=np.sum(exp_a,axis=-1,keepdims=True)", "c=np.max(a,axis=-1,keepdims=True)"]


def mended(name, tmp_path):
    """A copy of a seed with the lines that its report proposes."""
    code, data = run(f"{SEEDS}/{name}.py")
    assert code == 1
    lines = (SEEDS / f"{name}.py").read_text(encoding="utf-8").split("\n")
    for fault in faults(data):
        for mend in fault["evidence"]["mend"]:
            lines[mend["line"] - 1] = mend["source"]
    path = tmp_path / f"{name}.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["000", "002", "003"])
def test_mended_as_told_and_run_again_they_pass(name, tmp_path):
    code, data = run(str(mended(name, tmp_path)))
    assert (code, faults(data)) == (0, [])


def test_the_mended_network_learns_what_its_author_hoped_for(tmp_path):
    (x, t), (x_test, t_test) = load_mnist(name="mnist-sample", one_hot_label=True)
    np.random.seed(0)
    loaded = load(str(mended("000", tmp_path)))
    author = loaded.definitions
    with loaded.imports, limited(1):  # two threads of BLAS spin where other tests run
        network = author["TwoLayerNet"](input_size=784, hidden_size=50, output_size=10)
        for _ in range(1000):
            chosen = np.random.choice(len(x), 100)
            grads = author["gradient"](network, x[chosen], t[chosen])
            for key, gradient in grads.items():
                network.params[key] -= 0.1 * gradient
        assert network.accuracy(x_test, t_test) > 0.90


def test_the_removed_and_the_misused_names_are_on_their_lines():
    _, data = run(f"{SEEDS}/003.py")
    told = {(f["evidence"]["expression"], f["evidence"]["mend"][0]["source"].strip()) for f in faults(data)}
    assert told == {
        ("np.zeros(x)", "grad = np.zeros_like(x)"),
        ("np.int", "return np.array(x > 0, dtype=int)"),
    }


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
@pytest.mark.parametrize("name", ["001", "003", "004_matrix", "004_layers"])
def test_correct_seeds_pass(name, suffix):
    code, data = run(f"{SEEDS}/{name}{suffix}::TwoLayerNet")
    assert faults(data) == []
    assert code == 0
    assert data["ok"] is True
    assert data["reports"][0]["verdicts"]


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_whole_seed_003_is_wrong_in_two_functions(suffix):
    code, data = run(f"{SEEDS}/003{suffix}")
    assert code == 1
    assert {fault["layer"] for fault in faults(data)} == {"relu_grad", "step_function"}


# Files, names, orders


def test_layers_that_a_judged_network_contains_are_not_judged_again():
    _, data = run(f"{SEEDS}/003.py")
    subjects = [report["subject"] for report in data["reports"]]
    assert any(subject.startswith("TwoLayerNet(") for subject in subjects)
    assert not any(subject.startswith(("Affine", "Relu", "SoftmaxWithLoss")) for subject in subjects)
    assert {"MulLayer()", "AddLayer()", "Sigmoid()"} <= set(subjects)


def test_several_targets_a_fault_outranks_what_was_not_judged(check):
    files = {"right.py": AFFINE, "wrong.py": AFFINE + SIGMOID, "empty.py": ""}
    assert check(files, targets=["right.py"])[0] == 0
    code, data = check(files, targets=["empty.py", "right.py"])
    assert code == 2
    assert data["ok"] is False
    code, data = check(files, targets=["empty.py", "wrong.py", "right.py"])
    assert code == 1
    assert [fault["layer"] for fault in faults(data)] == ["Sigmoid"]
    assert faults(data)[0]["kind"] == "backward"
    assert {Path(report["target"]).name for report in data["reports"]} == set(files)


def test_a_function_at_fault_is_told_once(check):
    text = "import numpy as np\ndef softmax_loss(x, t):\n    return -np.sum(t * np.log(softmax(x))) / len(x)\n"
    text += "def softmax(x):\n    return np.exp(x) / np.sum(np.exp(x))\n"
    code, data = check({"functions.py": text})
    assert code == 1
    assert [fault["layer"] for fault in faults(data)] == ["softmax"]


def test_make_says_how_to_construct(check):
    odd = "import numpy as np\n" + AFFINE + "class Odd(Affine):\n    def __init__(self, secret):\n"
    odd += "        assert secret[::-1] == 'emases'\n        super().__init__(np.ones((6, 4)), np.zeros(4))\n"
    code, data = check({"odd.py": odd}, targets=["odd.py::Odd"])
    assert code == 2
    assert "--make" in data["findings"][0]["message"]
    assert data["findings"][0]["code"] == "BP902"
    code, data = check({"odd.py": odd}, "--make", "Odd('sesame')", targets=["odd.py::Odd"])
    assert code == 0
    assert data["reports"][0]["subject"] == "Odd('sesame')"


def test_depth_changes_the_method(check):
    method = {}
    for option in ("--fast", "--full"):
        code, data = check({"net.py": AFFINE}, option)
        assert code == 0
        method[option] = {verdict["method"] for verdict in data["reports"][0]["verdicts"]}
    assert method == {"--fast": {"directions"}, "--full": {"entries"}}
    assert CliRunner().invoke(app, ["check", "net.py", "--fast", "--full"]).exit_code != 0


def test_text_is_for_people(tmp_path):
    (tmp_path / "net.py").write_text(AFFINE + SIGMOID, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(tmp_path / "net.py"), str(tmp_path / "missing.py")])
    assert result.exit_code == 1
    assert "right  Affine(W(7, 4), b(4,))" in result.stdout
    assert "1 fault  Sigmoid()" in result.stdout
    assert "def backward(self, dout):" in result.stdout
    assert "does not exist" in result.stdout
    assert "\x1b" not in result.stdout


def test_help_says_that_it_is_no_sandbox():
    assert "no sandbox" in " ".join(CliRunner().invoke(app, ["check", "--help"]).stdout.split())


# Rough code


ROUGH = [
    ("import sys; print('last words', file=sys.stderr); import os; os._exit(1)", "BP905"),
    ("raise ValueError('broken')", "BP903"),
    ("import os; os._exit(0)", "BP905"),
    ("import sys; sys.exit(4)", "BP905"),
    ("import os; os.abort()", "BP905"),
    ("while True: pass", "BP904"),
    ("while True: print('a' * 10000)", "BP904"),
    ("raise MemoryError", "BP906"),
]


@pytest.mark.parametrize(("line", "code"), ROUGH)
def test_whatever_the_code_does_ends_in_a_report(check, line, code):
    rough = AFFINE + f"class Net(Affine):\n    def forward(self, x):\n        {line}\n"
    limit = "3" if code == "BP904" else "30"
    exit_code, data = check({"rough.py": rough}, "--timeout", limit, targets=["rough.py::Net"])
    assert exit_code == 2
    (finding,) = data["findings"]
    assert finding["kind"] == "uncheckable"
    assert finding["code"] == code
    assert data["ok"] is False


def test_after_a_crash_the_rest_of_the_file_is_judged(check):
    crash = "class Crash:\n    def forward(self, x):\n        import os; os.abort()\n"
    crash += "    def backward(self, dout):\n        return dout\n"
    code, data = check({"net.py": crash + AFFINE + SIGMOID})
    assert code == 1
    subjects = [report["subject"] for report in data["reports"]]
    assert subjects[0] == "Crash"
    assert subjects[1:] == ["Affine(W(7, 4), b(4,))", "Sigmoid()"]
    assert data["findings"][0]["code"] == "BP905"
    assert data["findings"][0]["line"] == 3


def test_what_is_no_subject_says_what_was_looked_for(check):
    code, data = check({"plain.py": "def f(x):\n    return x\n"})
    assert code == 2
    assert data["findings"][0]["code"] == "BP902"
    assert "forward(x) and backward(dout)" in data["findings"][0]["message"]
    code, data = check({"old.py": "print 'x'\n"})
    assert code == 2
    assert data["findings"][0]["code"] == "BP901"
    assert "Python 2" in data["findings"][0]["message"]


def test_a_layer_that_updates_inside_backward_is_not_called_wrong(check):
    text = AFFINE.replace("def backward(self, dout):", "def backward(self, dout, learning_rate):")
    code, data = check({"updates.py": text})
    assert code == 0
    assert data["reports"][0]["subject"].startswith("Affine(")


def test_an_object_made_in_the_file_can_be_named(check):
    code, data = check(
        {"net.py": AFFINE + "layer = Affine(np.ones((6, 4)), np.zeros(4))\n"}, targets=["net.py::layer"]
    )
    assert code == 0
    assert data["reports"][0]["subject"] == "layer"


def test_a_function_that_answers_with_no_numbers_is_not_judged(check):
    code, data = check({"net.py": "def softmax(x):\n    pass\n"})
    assert code == 2
    assert data["findings"][0]["code"] == "BP902"
    assert "NoneType" in data["findings"][0]["message"]


def test_time_that_runs_out_in_a_notebook_is_placed_in_its_cell(tmp_path):
    cells = ["import numpy as np", AFFINE.replace("self.x = x", "while True: pass")]
    body = {"nbformat": 4, "cells": [{"cell_type": "code", "source": text} for text in cells]}
    (tmp_path / "n.ipynb").write_text(json.dumps(body), encoding="utf-8")
    code, data = run(f"{tmp_path}/n.ipynb", "--timeout", "8")
    assert code == 2
    (finding,) = data["findings"]
    assert (finding["code"], finding["line"], finding["evidence"]["cell"]) == ("BP904", 7, 2)
    assert "forward" in finding["message"]


def test_a_terminal_sees_what_is_being_judged(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(AFFINE, encoding="utf-8")
    monkeypatch.setenv("FORCE_COLOR", "1")
    result = CliRunner().invoke(app, ["check", f"{tmp_path}/net.py"])
    assert result.exit_code == 0
    assert "judging" in result.stderr
    assert "Affine" in result.stderr


def test_a_crash_while_loading_is_told_of_the_file(check):
    code, data = check({"net.py": "class Net:\n    import os; os.abort()\n"})
    assert code == 2
    (finding,) = data["findings"]
    assert finding["code"] == "BP905"
    assert finding["layer"].endswith("net.py")
    assert finding["line"] == 2


def test_a_file_in_the_working_folder_cannot_stand_in_for_a_module_of_ours(tmp_path, monkeypatch):
    for name in ("numpy.py", "random.py", "json.py", "backproof.py"):
        (tmp_path / name).write_text("raise SystemExit('shadowed')\n", encoding="utf-8")
    (tmp_path / "net.py").write_text(AFFINE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, data = run("net.py")
    assert code == 0, data
