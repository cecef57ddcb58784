"""Numerical gradients with few calls: many perturbed copies stacked on the batch axis, run once.

Entry by entry, every number of a layer's weights costs two forward passes of the whole network. But where a layer
keeps its columns apart, as a fully connected one does (entry (i, j) of the weights moves column j of the output
and no other), the entries of one row may be perturbed together: one call gives a perturbed output for each, in a
column of its own (Curtis, Powell, Reid, "On the Estimation of Sparse Jacobian Matrices", 1974). Each is put into
a copy of the unperturbed row, and what follows the layer runs once on thousands of copies. It is the difference of
the same values that entry by entry would give; nothing is known of any layer but its forward.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backproof.differences import CUBE_ROOT_EPS
from backproof.protocols import Array

_ROWS_AT_ONCE = 1 << 13
_NOISE = 1e-9  # relative; a row run in other company rounds differently


def stacked_gradient(
    forward: Callable[[], Array], parameter: Array, rest: Callable[[Array, Array], Array]
) -> Array | None:
    """The gradient of Σ rest(forward(), samples) with respect to `parameter`, by central differences.

    forward(): a layer's output y (N, M); it reads the live array `parameter` (..., M), float64, C order.
    rest(rows, samples): all that follows, one number a row; rows (R, M) are outputs of the samples numbered in
    samples (R,), integers from 0 to N − 1.

    Returns float64 of the shape of `parameter`, or None where the shortcut does not hold: another shape, columns
    that mix, or rows that depend on one another (batch normalisation), all tried with the callables themselves.
    The parameter is put back even when something raises. Rows that a perturbation leaves as they were are not run:
    their difference is 0.
    """
    y = forward()
    if y.ndim != 2 or parameter.shape[-1:] != y.shape[1:] or not parameter.flags.c_contiguous:
        return None
    weights = parameter.reshape(-1, y.shape[1])  # a view
    if not (_columns_apart(forward, weights, y) and _rows_apart(rest, y)):
        return None
    total, step = np.zeros(weights.size), np.zeros(weights.shape)
    waiting: list[tuple[Array, Array, Array, Array]] = []
    rows = 0
    for i, row in enumerate(weights):
        above, below, step[i] = _both_sides(forward, row)
        samples, columns = np.nonzero(above != below)
        waiting.append((i * len(row) + columns, samples, above[samples, columns], below[samples, columns]))
        rows += len(samples)
        if rows >= _ROWS_AT_ONCE or (rows and i == len(weights) - 1):
            entries, samples, above, below = (np.concatenate(parts) for parts in zip(*waiting, strict=True))
            copies, places = y[samples], (np.arange(rows), entries % len(row))
            copies[places] = above
            difference = rest(copies, samples)
            copies[places] = below
            np.add.at(total, entries, difference - rest(copies, samples))
            waiting, rows = [], 0
    forward()  # the layer remembers its unperturbed run again
    return (total.reshape(weights.shape) / step).reshape(parameter.shape)


def _both_sides(forward: Callable[[], Array], row: Array) -> tuple[Array, Array, Array]:
    """The outputs with a whole row of the parameter moved up and down, and by how much the two are apart."""
    value = row.copy()
    h = CUBE_ROOT_EPS * np.maximum(1.0, np.abs(value))
    try:
        row[...] = value + h
        step, above = row.copy(), forward()
        row[...] = value - h
        step -= row  # as it was after rounding
        return above, forward(), step
    finally:
        row[...] = value


def _columns_apart(forward: Callable[[], Array], weights: Array, y: Array) -> bool:
    """Whether a column of the parameter moves its own column of the output alone."""
    for j in range(weights.shape[1]):
        column = weights[:, j].copy()
        try:
            weights[:, j] += CUBE_ROOT_EPS * np.maximum(1.0, np.abs(column))
            moved = (forward() != y).any(axis=0)
        finally:
            weights[:, j] = column
        if np.delete(moved, j).any():
            return False
    return True


def _rows_apart(rest: Callable[[Array, Array], Array], y: Array) -> bool:
    """Whether `rest` gives a row the same number alone, among others, and in another place."""
    samples = np.arange(len(y))
    try:
        together = rest(y, samples)
        among = rest(np.concatenate([y[::-1] + 1.0, y]), np.concatenate([samples[::-1], samples]))[len(y) :]
        alone = [rest(y[n : n + 1], samples[n : n + 1])[0] for n in samples]
    except Exception:  # a layer that takes no other number of rows
        return False
    size = np.abs(together).max(initial=0.0)
    return all(np.allclose(v, together, rtol=0, atol=_NOISE * size) for v in (among, alone))
