"""Shapes beyond the usual: each understood and right, and found out with one line gone wrong."""

from pathlib import Path

import pytest
from judging import gone_wrong, judged

SHAPES = Path(__file__).parent / "programs" / "shapes"

# (file, what is judged): words of the report, a piece of the source, the same gone wrong, the quantity
CASES = {
    ("layers", "InputComesFirst"): (
        "a layer",
        "return 2 * np.maximum(0, x) * dy",
        "return np.maximum(0, x) * dy",
        "dx",
    ),
    ("layers", "SoftmaxOfOneClass"): ("one entry at a time", "dz[k] += g * self.p[k]", "pass", "dx"),
    ("layers", "FlatFilters"): ("no gradient of its input", "change += d_out", "change = d_out", "dfilters"),
    ("layers", "Recurrent"): ("no gradient of its input", "d_wx += d_z", "d_wx = d_z", "dWx"),
    ("layers", "WeightsLater"): ("the update", "before = self.W\n", "before = 2 * self.W\n", "dx"),
    ("nodes", "Linear"): ("by node", "x.value.T @ g", "2 * x.value.T @ g", "dweights"),
    ("nodes", "Sigmoid"): ("by node", "self.value * (1 - self.value)", "(1 - self.value)", "dz"),
    ("nodes", "MSE"): ("of target, guess", "guess: 2 *", "guess: 3 *", "dguess"),
    ("slots_of_inputs", "Product"): (
        "grad of its inputs",
        "left.grad += self.grad *",
        "left.grad += 2 *",
        "dleft",
    ),
    ("slots_of_inputs", "Squash"): ("grad of its inputs", "1 - self.data**2", "1 - self.data", "dinner"),
    ("one_output", None): ("its own compute_cost", "dZ1.sum(axis=1, keepdims=True)", "dZ1.sum()", "b1"),
    ("short_names", "dense_fwd"): ("an (out, cache) pair", "x.T @ dout", "x.T @ dout / len(x)", "dW"),
    ("short_names", "lrelu_forward"): ("an (out, cache) pair", "1, slope)", "slope, 1)", "dx"),
    ("one_sample", "CrossEntropy"): ("one column", "return y_pred - y_true", "return y_true - y_pred", "loss"),
    ("adam", None): ("gradients in mean[0]", "1 - self.hidden**2", "1 - self.hidden", "W1"),
    ("activation_given", None): (
        "half the sum of squares",
        "delta = w.T @ delta",
        "delta = w.T @ (delta + 1)",
        "weights[1]",
    ),
}


@pytest.mark.parametrize(("file", "name"), CASES)
def test_it_is_understood_and_right(file, name):
    words, *_ = CASES[file, name]
    reports = judged(f"{SHAPES / file}.py" + (f"::{name}" if name else ""))
    assert [report["findings"] for report in reports if not report["ok"]] == []
    assert any(words in report["understood"] for report in reports)
    assert all(report["verdicts"] for report in reports)


@pytest.mark.parametrize(("file", "name"), CASES)
def test_with_one_line_wrong_it_is_found_out(file, name, tmp_path):
    _, right, wrong, quantity = CASES[file, name]
    path = gone_wrong(SHAPES / f"{file}.py", right, wrong, tmp_path)
    reports = judged(f"{path}::{name}" if name else path)
    faults = [f for report in reports for f in report["findings"] if f["kind"] in ("forward", "backward")]
    assert quantity in {fault["quantity"] for fault in faults}
    assert all(fault["file"] == str(path) and fault["line"] for fault in faults)


def test_a_softmax_of_everything_is_right_where_everything_is_one_sample(tmp_path):
    reports = judged(SHAPES / "one_sample.py")
    assert all(report["ok"] for report in reports)
    assert any("a softmax of one sample" in f["message"] for report in reports for f in report["findings"])
    source = (SHAPES / "one_sample.py").read_text(encoding="utf-8")
    path = tmp_path / "alone.py"
    path.write_text(
        "import numpy as np\n" + source[source.index("class Softmax") : source.index("class CrossEntropy")]
    )
    (alone,) = judged(path)
    assert [f["cause"] for f in alone["findings"] if f["kind"] == "forward"] == ["softmax-over-batch"]


def test_every_program_here_is_judged():
    assert {path.stem for path in SHAPES.glob("*.py")} == {file for file, _ in CASES}
