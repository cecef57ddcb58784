"""Loss layers: the end of a network, where scores and labels become one number."""

from __future__ import annotations

import numpy as np

from backproof.errors import OrderError
from backproof.functions import as_floats, as_labels, picked
from backproof.layers.base import Drawn
from backproof.protocols import Array


class SoftmaxWithLoss(Drawn):
    """Softmax and cross entropy in one: L = −(1/N) Σₙ Σₖ tₙₖ log yₙₖ with y = softmax(x) (book, section 5.6).

    x: scores (..., K), the axes before the last number the N samples; t: class indices (...,) or rows (..., K).
    Backward: dx = dout · (y Σₖ tₖ − t) / N, which is dout · (y − t) / N where each row of t sums to 1.

    The loss is taken by log-sum-exp, so that a hopeless score costs what it costs and never log(0).
    Attributes after `forward`, as in the book: `y` (the probabilities), `t`, `loss`.
    Raises LabelError for labels that do not fit, OrderError.
    """

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self.loss: float | None = None
        self.y: Array | None = None
        self.t: Array | None = None

    def forward(self, x: Array, t: Array) -> float:
        losses = self.losses(x, t)
        self.loss = float(losses.sum()) / losses.size
        return self.loss

    def losses(self, x: Array, t: Array) -> Array:
        """The loss of each sample, (...,); `forward` is their mean. Remembers y and t like `forward`."""
        x = as_floats(x)
        t = as_labels(t, x.shape)
        # Classes first, (K, N): along a short last axis NumPy takes maxima and sums several times slower.
        shifted = x.reshape(-1, x.shape[-1]).T.copy()
        shifted -= shifted.max(axis=0)
        e = np.exp(shifted)
        total = e.sum(axis=0)
        log_y = shifted - np.log(total)
        self.t, self.y = t, (e / total).T.reshape(x.shape)
        return -picked(log_y.T.reshape(x.shape), t)

    def backward(self, dout: float = 1.0) -> Array:
        if self.y is None or self.t is None:
            raise OrderError("SoftmaxWithLoss.backward was called before forward: call forward(x, t) first")
        y, t = self.y, self.t
        scale = dout / (y.size // y.shape[-1])
        if t.ndim == y.ndim:
            dx: Array = (y * t.sum(axis=-1, keepdims=True) - t) * scale
            return dx.astype(y.dtype, copy=False)
        dx = np.multiply(y, y.dtype.type(scale), order="C")
        rows = dx.reshape(-1, y.shape[-1])  # a view: dx is contiguous, whatever the order of x was
        rows[np.arange(len(rows)), t.reshape(-1)] -= y.dtype.type(scale)
        return dx
