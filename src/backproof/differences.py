"""Derivatives of a black box from its values: central differences in float64.

The error of a central difference with step h is about |f'''| h²/6 from cutting the series short and
eps |f| / h from rounding; the two balance near h = ∛eps (Nocedal and Wright, Numerical Optimization, ch. 8).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.errors import BackproofError, DtypeError
from backproof.protocols import Array

EPS = float(np.finfo(np.float64).eps)
CUBE_ROOT_EPS = EPS ** (1 / 3)


def numerical_gradient(f: Callable[[Array], Any], x: Array) -> Array:
    """The gradient of the scalar function f at x, entry by entry: (f(x + h) − f(x − h)) / 2h.

    x: float64 array of any shape. It is perturbed in place, because `f` often reads the array itself rather
    than its argument (the book's `lambda W: self.loss(x, t)`), and put back even when `f` raises.
    h is ∛eps · max(1, |xᵢ|). Returns float64 of the shape of x (book, section 4.4).
    Raises DtypeError where x is not a writable float64 array, BackproofError where f returns no single number.
    """
    _check_perturbable(x)
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        value = float(x[index])
        h = CUBE_ROOT_EPS * max(1.0, abs(value))
        try:
            x[index] = value + h
            above, f_above = float(x[index]), _scalar(f(x))
            x[index] = value - h
            below, f_below = float(x[index]), _scalar(f(x))
        finally:
            x[index] = value
        gradient[index] = (f_above - f_below) / (above - below)  # the step as it was after rounding
    return gradient


def numerical_gradient_2d(f: Callable[[Array], Any], X: Array) -> Array:
    """The gradients of f at each row of X: row i of the result is `numerical_gradient(f, X[i])`.

    X: float64, (N, D), or (D,) for a single point. f receives one row. As in the book's section 4.4.
    """
    _check_perturbable(X)
    if X.ndim <= 1:
        return numerical_gradient(f, X)
    return np.array([numerical_gradient(f, row) for row in X]).reshape(X.shape)


def _check_perturbable(x: Array) -> None:
    if not isinstance(x, np.ndarray):
        raise DtypeError(
            f"x must be a NumPy array to be perturbed in place, got {type(x).__name__}: use np.array(x, float)"
        )
    if x.dtype != np.float64:
        raise DtypeError(
            f"x must be float64, got {x.dtype}: a step of 1e-5 would be rounded away; use x.astype(np.float64)"
        )
    if not x.flags.writeable:
        raise DtypeError("x is read-only and cannot be perturbed in place: use x.copy()")


def _scalar(value: Any) -> float:
    if value is None:
        raise BackproofError("f must return one number, got None: does it end without a return?")
    value = np.asarray(value)
    if value.size != 1 or value.dtype.kind not in "fiub":
        raise BackproofError(f"f must return one number, got {value.dtype} of shape {value.shape}")
    return float(value.reshape(()))
