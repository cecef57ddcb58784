"""Where no cause fits: which entries of a gradient are wrong, and how many times the right value they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from backproof.check.causes.case import Case
from backproof.protocols import Array

WRONG = 1e-5  # of the largest right entry; the numeric gradient is good to some 1e-8


def pattern(case: Case) -> dict[str, Any]:
    """Evidence: "wrong entries" and "of", "axis" and "indices" where they fill slices of one, "ratio" [low, high].

    axis counts from 0; indices along it are those with a wrong entry, where every other index is right throughout.
    """
    claimed, right = case.at(case.claimed), case.numeric
    size = float(np.abs(right).max(initial=0.0))
    wrong = ~(np.abs(claimed - right) <= WRONG * max(size, 1e-300))
    if not wrong.any():
        return {}
    found: dict[str, Any] = {"wrong entries": int(wrong.sum()), "of": int(wrong.size)}
    large = wrong & (np.abs(right) > 1e-3 * size)
    if large.any():
        ratios = claimed[large] / right[large]
        found["ratio"] = [float(f"{r:.4g}") for r in (ratios.min(), ratios.max())]
    if case.whole is not None and not wrong.all():
        found |= _slices(wrong.reshape(case.claimed.shape))
    return found


def _slices(wrong: Array) -> dict[str, Any]:
    """The axis along which the wrong entries lie together, the fewest indices first."""
    along = [(axis, np.flatnonzero(wrong.any(axis=_others(wrong, axis)))) for axis in range(wrong.ndim)]
    some = [(axis, indices) for axis, indices in along if 0 < len(indices) < wrong.shape[axis]]
    if not some:
        return {}
    axis, indices = min(some, key=lambda each: len(each[1]) / wrong.shape[each[0]])
    return {"axis": axis, "indices": [int(i) for i in indices]}


def _others(array: Array, axis: int) -> tuple[int, ...]:
    return tuple(i for i in range(array.ndim) if i != axis)
