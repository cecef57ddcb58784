"""Files as people leave them, with what must be found out first: understood, right, found out when wrong."""

import shutil
from pathlib import Path

import pytest

from backproof.check.job import program

WHOLE = Path(__file__).parent / "programs" / "whole"

# (file, what is judged): words of the report, a piece of the source, the same gone wrong, what this spoils
CASES = {
    ("told_by_its_script", None): (
        "Stack([(20, 12, 'ramp')",
        "back = self.w[i].T @ g",
        "back = self.w[i].T @ g**2",
        "w[0]",
    ),
    ("turned_for_one_output", None): (
        "[0].T",
        "self.a[-i - 1] @ d.T",
        "self.a[-i - 1] @ d.T / 2",
        "w[0]",
    ),
    ("rows_in_columns_out", None): (
        "samples in rows, scores in columns",
        "dZ.sum(axis=1, keepdims=True) / n",
        "dZ.sum() / n",
        "c",
    ),
    ("loss_from_its_own_data", None): (
        "scores in prediction",
        "(1 - self.h**2)",
        "(1 - self.h)",
        "w",
    ),
    ("answers_into_place", None): (
        "scores in outputs",
        "(1 - self.h**2)",
        "(1 - self.h)",
        "w",
    ),
    ("known_by_what_it_returns", None): (
        "all_the_slopes",
        "* (a1 > 0)",
        "* (a1 < 1)",
        "w1",
    ),
    ("sums_by_their_names", None): (
        "gradients in returned['dW1']",
        "np.sum(dZ1, axis=1, keepdims=True)",
        "np.sum(dZ1)",
        "b1",
    ),
    ("in_line", None): (
        "one column at a time",
        "np.dot(d, seen[-k - 1].T)",
        "np.dot(d, last[-k - 1].T)",
        "weight[0]",
    ),
    ("parts", "Prepared"): (
        "a layer",
        "self.last.T @ delta",
        "self.last.T @ delta**2",
        "dw",
    ),
    ("parts", "InBatches"): (
        "forward_batch and backprop",
        "delta.T @ self.before",
        "delta.T @ self.before**2",
        "dweights",
    ),
    ("parts", "Steps"): (
        "no gradient of its input",
        "dout.sum(axis=0)",
        "dout[0]",
        "dc",
    ),
    ("chain", "Chain"): (
        "no gradient of its input",
        "self.dW = self.x.T @ g",
        "self.dW = self.x.T @ g**2",
        "dlayers[0].W",
    ),
    ("parts", "CrossEntropy"): (
        "together with the softmax",
        "(self.y_pred - self.y_true) / len",
        "(self.y_true - self.y_pred) / len",
        "dx",
    ),
    ("parts", "BinaryCrossEntropy"): (
        "a loss",
        "(self.p * (1 - self.p))",
        "(1 - self.p)",
        "dx",
    ),
    ("parts", "InSinglePrecision"): (
        "times 0.333",
        "self.x.T @ d_out / len(self.x)",
        "self.x.T @ d_out**2 / len(self.x)",
        "dW",
    ),
    ("parts", "NormOfSteps"): (
        "a layer",
        "np.sum(grad * self.seen, axis=(0, 1))",
        "np.sum(grad * self.seen**2, axis=(0, 1))",
        "dgain",
    ),
    ("parts", "LossInColumns"): (
        "samples in columns",
        "self.probs - Y_true",
        "self.probs - 2 * Y_true",
        "dx",
    ),
    ("small_rate", None): (
        "the update of the parameters",
        "delta * (1 - self.A[i] ** 2)",
        "delta * (1 - self.A[i])",
        "W[0]",
    ),
    ("loss_then_back", "Reader"): (
        "its own Cost",
        "self.x.T @ self.cost.backward()",
        "(self.x**2).T @ self.cost.backward()",
        "w",
    ),
    ("two_steps", None): (
        "sequences of two steps",
        "self.h[step].T @ dz",
        "self.h[step + 1].T @ dz",
        "Wh",
    ),
    ("model/mlp", None): (
        "samples in rows",
        "(1 - y_hat**2)",
        "(1 - y_hat)",
        "w",
    ),
}


def judged(target):
    messages = []
    program({"target": str(target), "make": None, "depth": "normal", "seed": 0, "done": {}}, messages.append)
    return [message["report"] for message in messages if "report" in message]


@pytest.mark.parametrize(("file", "name"), CASES)
def test_it_is_understood_and_right(file, name):
    words, *_ = CASES[file, name]
    reports = judged(f"{WHOLE / file}.py" + (f"::{name}" if name else ""))
    assert [report["findings"] for report in reports if not report["ok"]] == []
    assert any(words in report["understood"] or words in report["subject"] for report in reports)
    assert all(report["verdicts"] for report in reports)


@pytest.mark.parametrize(("file", "name"), CASES)
def test_gone_wrong_it_is_found_out(file, name, tmp_path):
    _, right, wrong, quantity = CASES[file, name]
    shutil.copytree(WHOLE, tmp_path / "whole")
    path = tmp_path / "whole" / f"{file}.py"
    source = path.read_text(encoding="utf-8")
    assert source.count(right) == 1
    path.write_text(source.replace(right, wrong), encoding="utf-8")
    reports = judged(f"{path}" + (f"::{name}" if name else ""))
    faults = [finding for report in reports for finding in report["findings"] if finding["kind"] != "note"]
    assert faults
    assert quantity in str(faults)
