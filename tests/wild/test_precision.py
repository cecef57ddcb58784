"""Code in single precision is computed in double: its gradients are compared as sharply as any other."""

import ast

import numpy as np
import pytest
from judging import judged

from backproof.subjects.precision import doubled

SUMS = """
import numpy as np

class RunningSum:
    def __init__(self, W):
        self.params, self.grads = [W], [np.zeros_like(W)]

    def forward(self, xs):
        self.xs, (W,) = xs, self.params
        hs = np.empty((*xs.shape[:2], W.shape[1]), dtype='f')
        h = np.zeros((len(xs), W.shape[1]), np.float32)
        for t in range(xs.shape[1]):
            h = np.tanh(h + xs[:, t] @ W)
            hs[:, t] = h
        self.hs = hs
        return hs

    def backward(self, dhs):
        (W,), dh, dW = self.params, 0, 0
        dxs = np.empty_like(self.xs).astype("float32")
        for t in reversed(range(dhs.shape[1])):
            dh = (dhs[:, t] + dh) * (1 - self.hs[:, t] ** 2)
            dW = dW + self.xs[:, t].T @ dh
            dxs[:, t] = dh @ W.T
        self.grads[0][...] = dW
        return dxs
"""


@pytest.mark.parametrize("wrong", [False, True])
def test_buffers_in_single_precision(wrong, tmp_path):
    path = tmp_path / "sums.py"
    path.write_text(SUMS.replace("dW = dW + ", "dW = 1.001 * (dW) + ") if wrong else SUMS)
    (report,) = judged(path)
    assert [f["quantity"] for f in report["findings"] if f["kind"] == "backward"] == (
        ["dparams[0]"] if wrong else []
    )
    assert report["verdicts"]


@pytest.mark.parametrize(
    "text",
    ["np.zeros(3, 'f')", "np.float32(1)", "np.ones(3).astype('float32')", "np.array([1.0], dtype=np.single)",
     "np.asarray([1], dtype='<f4')"],
)  # fmt: skip
def test_every_way_to_ask_for_less_gives_double(text):
    value = eval(compile(doubled(ast.parse(text, mode="eval")), "", "eval"), {"np": np})
    assert value.dtype == np.float64


@pytest.mark.parametrize(
    "text",
    ["np.zeros(3, 'i')", "np.zeros(3, np.float16)", "np.array(['f', 'e'])", "dict(kind='f')", "np.ones(3, int)"],
)
def test_nothing_else_is_touched(text):
    assert ast.dump(doubled(ast.parse(text))) == ast.dump(ast.parse(text))
