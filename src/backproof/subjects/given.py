"""The inputs and labels that a caller hands over, as arrays of at least one sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from backproof.errors import LabelError, ShapeError
from backproof.protocols import Array


def given_inputs(x: Any) -> Any:
    """x as an array (N, ...), or a tuple of such inputs; None stays None. Raises ShapeError."""
    if x is None:
        return None
    if isinstance(x, tuple):
        return tuple(given_inputs(each) for each in x)
    array = _numbers(x)
    if array is None:
        raise ShapeError(f"x must be an array of numbers, one row per sample, got {_described(x)}")
    if array.ndim == 0 or array.size == 0:
        raise ShapeError(f"x must hold at least one sample, got shape {array.shape}: pass an array (N, ...)")
    return array


def given_labels(t: Any) -> Array | None:
    """t as an array with one row or one class index a sample; None stays None. Raises LabelError."""
    if t is None:
        return None
    array = _numbers(t)
    if array is None or array.ndim == 0 or array.size == 0:
        raise LabelError(f"t must hold a class index or a row of numbers per sample, got {_described(t)}")
    return array


def _numbers(value: Any) -> Array | None:
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array if array.dtype.kind in "fiub" else None


def _described(value: Any) -> str:
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"{type(value).__name__}{shape}" + ("" if isinstance(value, np.ndarray) else f" {str(value)[:40]!r}")
