"""Activations: they act on each entry alone."""

from __future__ import annotations

import numpy as np

from backproof import functions
from backproof.layers.base import Layer
from backproof.protocols import Array


class Relu(Layer):
    """y = max(0, x), for any shape (book, section 5.5).

    Backward: dx = dout where x > 0, else 0 (0 at the kink itself). Raises ShapeError, OrderError.
    """

    def forward(self, x: Array) -> Array:
        self._x = np.asarray(x) > 0
        return np.maximum(x, 0)

    def backward(self, dout: Array) -> Array:
        positive = self._saved()
        dx: Array = self._upstream(dout, positive.shape) * positive
        return dx


class Sigmoid(Layer):
    """y = 1 / (1 + exp(−x)), for any shape (book, section 5.5).

    Backward: dx = dout · y (1 − y). Raises ShapeError, OrderError.
    """

    def forward(self, x: Array) -> Array:
        self._x = functions.sigmoid(x)
        return self._x.copy()

    def backward(self, dout: Array) -> Array:
        y = self._saved()
        dx: Array = self._upstream(dout, y.shape) * (1 - y) * y
        return dx
