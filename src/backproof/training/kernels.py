"""What a training step does between its matrix products, compiled by numba: one function an operation.

Each does in one loop what the layer of that name does with NumPy's whole-array operations, in the same order and
number type, so that results differ by rounding alone. NaN and infinity pass through as they do there: a run that
diverges is seen. Arrays are C-contiguous; where the shape does not matter they come flat.

Compiled anew in each process, which takes about two seconds. numba's cache on disk is left off: it is pickle, and
it enters a new version into its index before the machine code is there, so that a process killed in between leaves
the code of an older version under the new name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

from backproof.protocols import Array

_F = TypeVar("_F", bound=Callable[..., Any])


def _kernel(function: _F) -> _F:
    return cast(_F, numba.njit(error_model="numpy")(function))  # 1 / 0 is inf, as in NumPy, and no error


@_kernel
def gather(source: Array, indices: Array, divisor: Any, x: Array) -> None:
    """x[n] = source[indices[n]] / divisor, in the type of x. source: (S, D); indices: (N,); x: (N, D)."""
    for n in range(x.shape[0]):
        row = source[indices[n]]
        for i in range(x.shape[1]):
            x[n, i] = x.dtype.type(row[i]) / divisor


@_kernel
def add_bias(y: Array, b: Array) -> None:
    """y[n] += b. y: (N, M); b: (M,)."""
    for n in range(y.shape[0]):
        for j in range(y.shape[1]):
            y[n, j] += b[j]


@_kernel
def sum_rows(dy: Array, db: Array) -> None:
    """db = Σₙ dy[n]. dy: (N, M); db: (M,)."""
    db[:] = 0
    for n in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            db[j] += dy[n, j]


@_kernel
def relu(x: Array, y: Array) -> None:
    """y = max(0, x), and NaN where x is NaN; flat."""
    for i in range(len(x)):
        y[i] = 0 if x[i] <= 0 else x[i]


@_kernel
def relu_backward(y: Array, dy: Array) -> None:
    """dy becomes dx = dy where y > 0, else 0; flat."""
    for i in range(len(y)):
        dy[i] *= y[i] > 0


@_kernel
def sigmoid(x: Array, y: Array) -> None:
    """y = 1 / (1 + exp(−x)), written with exp(−|x|) so that it never overflows; flat."""
    one = y.dtype.type(1)
    for i in range(len(x)):
        e = np.exp(-abs(x[i]))
        y[i] = (one if x[i] >= 0 else e) / (one + e)


@_kernel
def sigmoid_backward(y: Array, dy: Array) -> None:
    """dy becomes dx = dy · y (1 − y); flat."""
    one = y.dtype.type(1)
    for i in range(len(y)):
        dy[i] *= (one - y[i]) * y[i]


@_kernel
def softmax_loss(x: Array, labels: Array, indices: Array, dx: Array) -> float:
    """The mean loss, L = (1/N) Σₙ (log Σₖ exp xₙₖ − xₙₜ) with t = labels[indices[n]], and its gradient.

    dx = (softmax(x) − one-hot t) / N.
    x, dx: (N, K); labels: (S,), each in 0..K−1; indices: (N,), each in 0..S−1: neither is checked here.
    """
    samples, classes = x.shape
    share = x.dtype.type(1) / x.dtype.type(samples)
    loss = 0.0
    for n in range(samples):
        largest = x[n, 0]
        for k in range(classes):
            largest = max(largest, x[n, k])
        total = x.dtype.type(0)
        for k in range(classes):
            dx[n, k] = np.exp(x[n, k] - largest)
            total += dx[n, k]
        t = labels[indices[n]]
        loss += np.log(total) - (x[n, t] - largest)
        for k in range(classes):
            dx[n, k] = dx[n, k] / total * share
        dx[n, t] -= share
    mean: float = loss / samples
    return mean


@_kernel
def descend(parameter: Array, gradient: Array, rate: Any) -> None:
    """parameter −= rate · gradient; flat."""
    for i in range(len(parameter)):
        parameter[i] -= rate * gradient[i]
