"""What a name promises of a forward: other layouts and conventions pass, and what is none of them is told."""

import numpy as np
import pytest
import wrong_layers as w

from backproof import check
from backproof.check.job import program
from backproof.check.values import alike

X = np.random.default_rng(5).normal(size=(3, 4))
COLUMNS = """
import numpy as np
def softmax(z):
    e = np.exp(z - z.max(axis=0))
    return e / e.sum(axis=0)
def scores(X, W):
    return {product}
"""


class OutputsFirst:
    """Weights (out, in), named as a linear layer."""

    def __init__(self, d=4, m=6):
        self.W, self.b = w.RNG.normal(size=(m, d)), w.RNG.normal(size=m)

    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, dout):
        self.dW, self.db = dout.T @ self.x, dout.sum(axis=0)
        return dout @ self.W


class FlippedConvolution(w.Convolution):
    """The mathematician's: the kernel is turned by half a turn."""

    def turned(self, way, array):
        kernel = self.W
        self.W = kernel[:, :, ::-1, ::-1]
        try:
            return way(array)
        finally:
            self.W = kernel

    def forward(self, x):
        return self.turned(super().forward, x)

    def backward(self, dout):
        dx = self.turned(super().backward, dout)
        self.dW = self.dW[:, :, ::-1, ::-1]
        return dx


def faults(report):
    return [(f.kind, f.quantity, f.cause) for f in report.findings if f.is_fault]


@pytest.mark.parametrize("sizes", [(4, 6), (4, 4)])
def test_weights_with_outputs_first_are_a_layout(sizes):
    linear = type("Linear", (OutputsFirst,), {})(*sizes)
    assert faults(check(linear, X)) == []


def test_a_convolution_may_turn_its_kernel():
    assert faults(check(FlippedConvolution(), np.random.default_rng(7).normal(size=(3, 2, 5, 6)))) == []


def test_two_matrices_are_no_plain_linear_layer():
    class LowRankLinear:
        def __init__(self):
            self.U, self.V = w.RNG.normal(size=(4, 2)), w.RNG.normal(size=(2, 5))

        def forward(self, x):
            self.x = x
            return x @ self.U @ self.V

        def backward(self, dout):
            self.dU, self.dV = self.x.T @ dout @ self.V.T, (self.x @ self.U).T @ dout
            return dout @ self.V.T @ self.U.T

    assert faults(check(LowRankLinear(), X)) == []


@pytest.mark.parametrize(
    ("upstream", "cause"), [(lambda d: np.ones_like(d), "ignores-dout"), (lambda d: 2 * d, "wrong-factor")]
)
def test_the_way_back_through_weights_with_outputs_first(upstream, cause):
    class Linear(OutputsFirst):
        def backward(self, dout):
            super().backward(dout)
            return upstream(dout) @ self.W

    assert faults(check(Linear(), X)) == [("backward", "dx", cause)]


@pytest.mark.parametrize(("product", "right"), [("W @ X", True), ("X @ W", False)])
def test_a_softmax_over_columns_is_judged_by_how_its_file_multiplies(product, right, tmp_path):
    path = tmp_path / "net.py"
    path.write_text(COLUMNS.format(product=product), encoding="utf-8")
    messages = []
    job = {"target": f"{path}::softmax", "make": None, "depth": "normal", "seed": 0, "done": {}}
    program(job, messages.append)
    (report,) = [message["report"] for message in messages if "report" in message]
    assert report["ok"] is right
    assert [f["cause"] for f in report["findings"]] == ([] if right else ["softmax-wrong-axis"])


def test_a_softmax_of_blocks_is_over_the_last_axis():
    def softmax(x):
        e = np.exp(x - x.max())
        return e / e.sum()

    blocks = np.random.default_rng(6).normal(size=(3, 2, 4))
    assert faults(check(softmax, blocks)) == [("forward", "output", "softmax-over-batch")]


class CrossEntropy:
    """Of probabilities, one-hot labels."""

    def forward(self, y, t):
        self.y, self.t = y, t
        return -np.sum(t * np.log(y)) / len(y)

    def backward(self, dout=1):
        return -dout * self.t / self.y / len(self.y)


@pytest.mark.parametrize(
    ("wrong", "cause"),
    [
        (None, None),
        (lambda y, t: -t / len(y), "derivative-factor-missing"),
        (lambda y, t: (y - t) / len(y), "dout-passed-through"),
        (lambda y, t: -1 / y / len(y), "labels-not-subtracted"),
        (lambda y, t: -t * y / len(y), "derivative-at-wrong-point"),
    ],
)
def test_cross_entropy_of_probabilities(wrong, cause):
    loss = CrossEntropy()
    if wrong is not None:
        loss = type("CrossEntropy", (CrossEntropy,), {"backward": lambda s, dout=1: dout * wrong(s.y, s.t)})()
    y = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
    expected = [] if cause is None else [("backward", "dx", cause)]
    assert faults(check(loss, y, np.eye(4)[:3])) == expected


def test_answers_are_alike_up_to_rounding():
    a = np.array([1.0, 1e6])
    assert alike(a, a)
    assert alike(a, a * (1 + 1e-9))
    assert not alike(a, a + 10)
    assert not alike(a, a[None])
    assert alike(np.array(["a"]), np.array(["b"]))  # no numbers: nothing but the shape is compared
    odd = np.array([np.nan, np.inf, 1.0])
    assert alike(odd, odd.copy())
    assert not alike(odd, np.array([np.nan, -np.inf, 1.0]))
    assert not alike(odd, np.array([np.nan, np.inf, 1.1]))
    assert not alike(np.array([np.nan, 1.0]), np.ones(2))
    assert alike(np.zeros((0, 2)), np.ones((0, 2)))
