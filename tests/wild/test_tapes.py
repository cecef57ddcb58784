"""Own automatic differentiation, gates, graphs, neurons: right, and found out with one line gone wrong."""

from pathlib import Path

import pytest
from judging import faults, gone_wrong, judged

TAPES = Path(__file__).parent / "programs" / "tapes"

# file, a piece of its source, the same gone wrong, the culprit
CASES = [
    ("chain", "3 * self.source.data**2 * g", "3 * self.source.data * g", "Cube"),
    ("chain", "step.backward(node.grad)", "step.backward(1.0)", "Node"),
    ("generations", "-g * a / b**2", "-g * a / b", "Over"),
    ("generations", "g @ m.T, a.T @ g", "g @ m.T, 2 * a.T @ g", "Product"),
    ("generations", "g if each.grad is None else each.grad + g", "g", "Quantity"),
    ("generations", "waiting.sort(key=lambda function: function.age)", "pass", "Quantity"),
    ("gates", "self.left.grad += self.right.value", "self.left.grad += self.left.value", "TimesGate"),
    ("gates", "s * (1 - s) * self.top.grad", "(1 - s) * self.top.grad", "SigmoidGate"),
    ("gates", "        self.times.backward()\n", "", "Line"),
    ("tensor", "(1 - self.data**2)", "(1 - self.data)", "Tensor"),
    ("tensor", "left.data.T.dot(grad.data)", "2 * left.data.T.dot(grad.data)", "Tensor"),
    ("tensor", "grad if self.grad is None else self.grad + grad", "grad", "Tensor"),
    ("tensor", "grad.data * (self.data > 0)", "grad.data", "Tensor"),
    ("lazy", "@ self.weight.evaluate().T", "@ (2 * self.weight.evaluate().T)", "Affine"),
    ("lazy", "np.mean(self.behind.grad(), axis=0)", "np.sum(self.behind.grad(), axis=0)", "Affine"),
    ("lazy", "(1 + np.exp(-self.source", "(1 + np.exp(self.source", "Softplus"),
    ("closures", "self.grad += other.data * out.grad", "self.grad += out.grad", "Number"),
    ("neurons", "self.output * (1 - self.output)", "(1 - self.output)", "gradient()"),
]


@pytest.mark.parametrize("file", sorted({file for file, *_ in CASES}))
def test_it_is_right_and_all_of_it_is_judged(file):
    reports = judged(TAPES / f"{file}.py")
    assert [f for report in reports for f in report["findings"] if f["kind"] != "note"] == []
    assert any(report["verdicts"] for report in reports)


@pytest.mark.parametrize(("file", "right", "wrong", "culprit"), CASES)
def test_with_one_line_wrong_the_culprit_is_named(file, right, wrong, culprit, tmp_path):
    path = gone_wrong(TAPES / f"{file}.py", right, wrong, tmp_path)
    found = faults(path)
    assert {fault["kind"] for fault in found} == {"backward"}
    assert {fault["layer"] for fault in found} == {culprit}
    assert all(fault["file"] == str(path) and fault["line"] for fault in found)


def test_every_program_here_is_judged():
    assert {path.stem for path in TAPES.glob("*.py")} == {file for file, *_ in CASES}


def test_values_that_nothing_can_be_made_of_are_not_judged(tmp_path):
    path = tmp_path / "lone.py"
    path.write_text(
        "class Lone:\n    def __init__(self, data, _prev=()):\n"
        "        self.data, self.grad, self._prev = data, 0.0, _prev\n\n"
        "    def shown(self):\n        raise OSError('no')\n\n    def backward(self):\n        self.grad = 1.0\n",
        encoding="utf-8",
    )
    (report,) = judged(path)
    assert "no expression of Lone objects" in report["findings"][0]["message"]
