"""The nodes of the book's computational graphs: addition and multiplication of two values (section 5.4)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from backproof.errors import OrderError, ShapeError
from backproof.layers.base import Drawn
from backproof.protocols import Array


class AddLayer(Drawn):
    """z = x + y. Backward: dx = dout, dy = dout.

    x, y: numbers or arrays of one shape. Raises ShapeError, OrderError.
    """

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self._shape: tuple[int, ...] | None = None

    def forward(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        self._shape = _one_shape(self, x, y)
        return np.add(x, y)

    def backward(self, dout: npt.ArrayLike) -> tuple[Array, Array]:
        shape = _check_upstream(self, self._shape, dout)
        dx = np.broadcast_to(dout, shape)
        return np.multiply(dx, 1), np.multiply(dx, 1)  # two fresh values: nobody shares an array


class MulLayer(Drawn):
    """z = x · y. Backward: dx = dout · y, dy = dout · x.

    x, y: numbers or arrays of one shape. Raises ShapeError, OrderError.
    """

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self._shape: tuple[int, ...] | None = None
        self.x: npt.ArrayLike | None = None
        self.y: npt.ArrayLike | None = None

    def forward(self, x: npt.ArrayLike, y: npt.ArrayLike) -> Array:
        self._shape = _one_shape(self, x, y)
        self.x, self.y = x, y
        return np.multiply(x, y)

    def backward(self, dout: npt.ArrayLike) -> tuple[Array, Array]:
        _check_upstream(self, self._shape, dout)
        assert self.x is not None
        assert self.y is not None
        return np.multiply(dout, self.y), np.multiply(dout, self.x)


def _one_shape(layer: object, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[int, ...]:
    if np.shape(x) != np.shape(y):
        raise ShapeError(
            f"{type(layer).__name__}.forward expected two values of one shape, got {np.shape(x)} and {np.shape(y)}"
        )
    return np.shape(x)


def _check_upstream(layer: object, shape: tuple[int, ...] | None, dout: npt.ArrayLike) -> tuple[int, ...]:
    if shape is None:
        raise OrderError(f"{type(layer).__name__}.backward was called before forward: call forward(x, y) first")
    if np.shape(dout) not in ((), shape):
        raise ShapeError(
            f"{type(layer).__name__}.backward expected a gradient of shape {shape}, got {np.shape(dout)}"
        )
    return shape
