"""The fully connected layer."""

from __future__ import annotations

import numpy as np

from backproof.errors import ShapeError
from backproof.layers.base import Gradient, Layer, Parameter
from backproof.protocols import Array


class Affine(Layer):
    """Fully connected layer, y = x W + b (book, section 5.6).

    x: (N, ...) taken as (N, D), or (D,); W: (D, M); b: (M,); y: (N, M) or (M,).
    Backward: dx = dout Wᵀ, dW = xᵀ dout, db = Σₙ doutₙ.

    W and b are kept as given, no copy and no cast, so that an array shared with `network.params` stays shared.
    Raises ShapeError, OrderError; DtypeError for parameters that are not floats.
    """

    W = Parameter("W")
    b = Parameter("b")
    dW = Gradient("W")
    db = Gradient("b")

    def __init__(self, W: Array, b: Array) -> None:
        super().__init__(W=W, b=b)
        if W.ndim != 2 or b.shape != W.shape[1:]:
            raise ShapeError(f"Affine expected W of shape (D, M) and b of shape (M,), got {W.shape} and {b.shape}")

    def forward(self, x: Array) -> Array:
        x = self._expect(x, features=len(self.W))  # one row per sample, remembered with its shape
        y = x @ self.W
        y += self.b
        return y.reshape(self._y_shape())

    def parameter_gradients(self, dout: Array) -> None:
        x = self._saved()
        dout = self._upstream(dout, self._y_shape()).reshape(len(x), len(self.b))
        self.grads.clear()  # so that the new ones can have their memory
        self.grads["W"] = x.T @ dout
        self.grads["b"] = dout.sum(axis=0)

    def backward(self, dout: Array) -> Array:
        self.parameter_gradients(dout)
        return (np.asarray(dout) @ self.W.T).reshape(self._x_shape)

    def _y_shape(self) -> tuple[int, ...]:
        samples = self._x_shape[:1] if len(self._x_shape) > 1 else ()
        return (*samples, len(self.b))
