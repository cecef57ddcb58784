"""Recurrent networks as people write them: a sequence at once, or one step; right, and gone wrong in one line."""

from pathlib import Path

import pytest
from judging import gone_wrong, judged

PROGRAMS = Path(__file__).parent / "programs" / "sequences"

# (file, what is judged): words of the report, a piece of the source, the same gone wrong, what this spoils
CASES = {
    ("letters", None): ("its clip left out, a sequence of tokens", "@ error + later)", "@ error)", {"W_back"}),
    ("sentences", "Sentences"): ("its own loss", "self.R.T @ inner", "self.R @ inner", {"E", "R"}),
    ("handed_weights", None): (
        "names_forward, names_backward",
        "* (1 - a * a)",
        "* (1 - a)",
        {"Wax", "Waa", "ba"},
    ),
    ("three_parts", "Speller"): ("its own loss", "dW += draw @ hs[t - 1].T", "dW += draw @ hs[t].T", {"W"}),
    ("steps_down", "StepsDown"): (
        "the update of the parameters",
        "dW_rec += inner @ self.states[t].T",
        "dW_rec += inner @ self.states[t + 1].T",
        {"W_rec"},
    ),
    ("goes_on", "GoesOn"): ("a sequence of tokens", "ds = self.W.T @ inner", "ds = self.W @ inner", {"U", "W"}),
    ("last_answer", "Listener"): (
        "one sequence of three columns at a time",
        "ds = self.R.T @ inner",
        "ds = self.R @ inner",
        {"A", "R"},
    ),
    ("cells", "OneVector"): ("one vector at a time", "dh * self.f + self.Un", "self.Un", {"dh_prev"}),
    ("cells", "AddsUp"): ("forward(x, h_prev)", "+= self.before.T @ dz", "+= dz.T @ self.before", {"dWh"}),
    ("cells", "TwoStates"): ("samples in columns", "dc * self.f\n", "dc * self.i\n", {"dc_prev"}),
}


@pytest.mark.parametrize(("file", "name"), CASES)
def test_a_right_one_is_understood(file, name):
    reports = judged(f"{PROGRAMS / file}.py" + (f"::{name}" if name else ""))
    assert [report["findings"] for report in reports] == [[]]
    assert CASES[file, name][0] in reports[0]["understood"]
    assert reports[0]["verdicts"]


@pytest.mark.parametrize(("file", "name"), CASES)
def test_with_one_line_wrong_the_right_quantity_is_named(file, name, tmp_path):
    _, right, wrong, spoilt = CASES[file, name]
    path = gone_wrong(PROGRAMS / f"{file}.py", right, wrong, tmp_path)
    (report,) = judged(f"{path}" + (f"::{name}" if name else ""))
    faults = [finding for finding in report["findings"] if finding["kind"] == "backward"]
    assert faults
    assert {finding["quantity"] for finding in faults} <= spoilt
    assert all(finding["file"] == str(path) and finding["line"] for finding in faults)


def test_a_right_network_does_not_hide_the_wrong_one_beside_it(tmp_path):
    right = {report["subject"]: report for report in judged(PROGRAMS / "two_losses.py")}
    assert [report["ok"] for report in right.values()] == [True, True]
    assert "a list of columns" in right["column_loss"]["understood"]
    assert "a sequence of tokens" in right["word_loss"]["understood"]
    for name, here, there in (
        ("column_loss", "* (1 - h * h)", "* (1 - h)"),
        ("word_loss", "dh = Whh.T @ z", "dh = z"),
    ):
        path = gone_wrong(PROGRAMS / "two_losses.py", here, there, tmp_path)
        assert [report["subject"] for report in judged(path) if not report["ok"]] == [name]


def test_a_function_that_only_measures_the_loss_is_passed_over_beside_a_network(tmp_path):
    path = gone_wrong(PROGRAMS / "letters.py", "def train(", "{measure}\n\n\ndef train(", tmp_path)
    measure = (
        "def mean_cost(inputs, targets, h_prev):\n    loss, slopes, h = loss_and_slopes(inputs, targets, h_prev)"
    )
    loop = "\n    for i in range(len(inputs)):\n        loss += 0 * i\n    return loss, h"
    source = path.read_text(encoding="utf-8").replace("{measure}", measure + loop)
    path.write_text(source, encoding="utf-8")
    reports = judged(path)
    assert [report["ok"] for report in reports] == [True, True]
    assert [finding["cause"] for report in reports for finding in report["findings"]] == ["judged-by-parts"]


def test_a_softmax_that_fills_one_step_after_the_other_is_of_one_sample(tmp_path):
    path = tmp_path / "answers.py"
    softmax = "import numpy as np\n\ndef softmax(z):\n    return np.exp(z) / np.exp(z).sum()\n\n"
    path.write_text(f"{softmax}def answer(words, table):\n    return softmax(table[words])\n", encoding="utf-8")
    assert [finding["cause"] for finding in judged(path)[0]["findings"]] == ["softmax-over-batch"]
    a_step = "    p = {}\n    for t in range(len(words)):\n        p[t] = softmax(table[words[t]])\n    return p\n"
    path.write_text(f"{softmax}def answer(words, table):\n{a_step}", encoding="utf-8")
    assert [finding["kind"] for finding in judged(path)[0]["findings"]] == ["note"]


@pytest.mark.parametrize("wrong", [False, True])
def test_a_clip_of_the_gradients_is_left_out(wrong, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        "import numpy as np\n\nclass Net:\n    def __init__(self, n_in, n_hidden, n_out):\n"
        "        self.W1, self.W2 = np.random.randn(n_in, n_hidden), np.random.randn(n_hidden, n_out)\n"
        "    def forward(self, X):\n        self.h = np.tanh(X @ self.W1)\n        return self.h @ self.W2\n"
        "    def backward(self, X, y):\n        d = self.forward(X) - y\n        dW2 = self.h.T @ d\n"
        f"        dW1 = X.T @ ((d @ self.W2.T) * (1 - self.h{'' if wrong else '**2'}))\n"
        "        dW1, dW2 = np.clip(dW1, -0.1, 0.1), np.clip(dW2, -0.1, 0.1)\n        return dW1, dW2\n",
        encoding="utf-8",
    )
    (report,) = judged(path)
    assert "its clip left out" in report["understood"]
    assert [f["quantity"] for f in report["findings"] if f["kind"] != "note"] == ["W1"] * wrong


def test_every_program_here_has_a_line():
    assert {path.stem for path in PROGRAMS.glob("*.py")} == {*(file for file, _ in CASES), "two_losses"}
