"""Why a gradient has another shape than its array: its values tell, beside the numeric gradient."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, permutations
from typing import Any

import numpy as np

from backproof.check.causes.case import FITS, Named
from backproof.protocols import Array

LOOSE = 1e3 * FITS  # the numeric side is rounded, too


def name(gradient: Any, right: Array, x: Array | None = None, dout: Any = None) -> Named:
    """Transposed, operands the other way round, summed over other axes or over all; else "wrong-shape".

    right: the numeric gradient, in the array's own shape; x, dout: the operation's input and upstream gradient.
    """
    gradient = np.asarray(gradient, dtype=np.float64)
    shapes = {"shape": list(gradient.shape), "expected shape": list(right.shape)}
    for cause, candidate in _candidates(right, x, dout):
        if candidate.shape == gradient.shape and _close(gradient, candidate):
            return Named(cause, shapes)
    # However it is summed, the total stays: only over the axes is it divided otherwise.
    if right.size > 1 and math.isclose(gradient.sum(), right.sum(), rel_tol=LOOSE):
        if gradient.size == 1:
            return Named("sum-without-axis", shapes)
        around = [a.shape for a in (x, dout) if isinstance(a, np.ndarray)]
        if gradient.shape in _reduced(*around) or gradient.ndim == 1 == right.ndim:
            return Named("wrong-axis", shapes)
    return Named("wrong-shape", shapes)


def _candidates(right: Array, x: Array | None, dout: Any) -> Iterator[tuple[str, Array]]:
    if right.ndim == 2:
        yield "transposed", right.T
    elif right.ndim > 2:
        for order in permutations(range(right.ndim)):
            yield "axes-permuted", right.transpose(order)
    if x is None or not isinstance(dout, np.ndarray) or dout.ndim < 1 or len(dout) != len(x) or right.ndim != 2:
        return
    rows, upstream = x.reshape(len(x), -1), dout.reshape(len(dout), -1)
    for product in (upstream @ rows.T if upstream.shape[1] == rows.shape[1] else None, upstream.T @ rows):
        if product is not None:
            yield "operands-swapped", product
            yield "operands-swapped", product.T


def _reduced(*shapes: tuple[int, ...]) -> set[tuple[int, ...]]:
    """The shapes that are left when some, but not all, axes are summed away, kept with length 1 or not."""
    found: set[tuple[int, ...]] = set()
    for shape in shapes:
        for count in range(1, len(shape)):
            for axes in combinations(range(len(shape)), count):
                found.add(tuple(n for i, n in enumerate(shape) if i not in axes))
                found.add(tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return found


def _close(a: Array, b: Array) -> bool:
    size = float(np.abs(b).max(initial=0.0))
    return size > 0 and float(np.abs(a - b).max()) <= LOOSE * size
