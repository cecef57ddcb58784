"""Two results compared as the checker does it, and a few numbers of one for the evidence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backproof.protocols import Array

LARGE = 200_000  # entries of one tensor: above, looked at and let go, with a direction less, and no change tried
VERY_LARGE = 1_000_000  # entries, from which on no copy is made that can be done without
GOES_ON = 1e-6  # relative difference between what a layer returned in the network and by itself


def alike(a: Any, b: Any) -> bool:
    """Equal up to GOES_ON of the largest entry; of what is no number, only the shape is compared."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype.kind not in "fiub" or b.dtype.kind not in "fiub":
        return bool(a.shape == b.shape)
    if a is b or not a.size:
        return True
    size = float(np.abs(b).max())
    if math.isfinite(size):
        return float(np.abs(np.subtract(a, b, dtype=np.float64)).max()) <= GOES_ON * max(size, 1e-300)
    within = GOES_ON * float(np.abs(b[np.isfinite(b)]).max(initial=1e-300))
    return bool(np.allclose(a, b, rtol=0, atol=within, equal_nan=True))


def close(a: Array | float, b: Array | float, relative: float, floor: float = 1e-300) -> bool:
    """Equal up to `relative` of the largest entry of b, or of `floor`; False for other shapes and for nan."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    size = max(float(np.abs(b).max(initial=0.0)), floor)
    return bool(np.all(np.abs(a - b) <= relative * size))


def few(array: Array, count: int = 4) -> list[float]:
    """A few numbers of an array, for evidence."""
    return [float(f"{v:.6g}") for v in np.asarray(array, dtype=np.float64).ravel()[:count]]
