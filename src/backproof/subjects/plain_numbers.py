"""Weights kept as Python's own numbers and lists of them, as arrays that the check can perturb in place.

The arrays behave in people's code as the numbers did: `b -= lr * db` makes a new one and leaves the old as it was.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.trial.reach import members, numbers, plain

_WEIGHT = re.compile(
    r"_*(w|b|u|v|weights?|bias(es)?|theta|intercept|coef\w*|slope|gamma|beta)_?\d*", re.IGNORECASE
)
_DEPTH = 6


class Number(np.ndarray):
    """One number that can be perturbed in place; the code's own `+=` and `-=` make a new one, as of floats."""

    def __new__(cls, value: float) -> Number:
        return np.asarray(value, dtype=np.float64).view(cls)

    def __array_wrap__(self, array: Array, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()]

    def __iadd__(self, other: Any) -> Any:  # type: ignore[misc]
        return self + other

    def __isub__(self, other: Any) -> Any:  # type: ignore[misc]
        return self - other

    def __imul__(self, other: Any) -> Any:  # type: ignore[misc]
        return self * other

    def __itruediv__(self, other: Any) -> Any:  # type: ignore[misc]
        return self / other


def to_arrays(instance: object) -> bool:
    """Put arrays where lists of floats and single floats that are weights by name are; whether there were any."""
    seen: set[int] = set()
    changed = False

    def inside(holder: object, left: int) -> None:
        nonlocal changed
        if left < 0 or id(holder) in seen:
            return
        seen.add(id(holder))
        held = vars(holder) if hasattr(holder, "__dict__") and not isinstance(holder, type) else {}
        for name, value in list(held.items()):
            if (new := _array_of(plain(name), value)) is not None:
                held[name] = new
                changed = True
        for _, member in members(holder):
            inside(member, left - 1)

    inside(instance, _DEPTH)
    return changed


def _array_of(name: str, value: object) -> Array | None:
    if isinstance(value, (float, np.floating)) or (type(value) is int and value == 0):  # b = 0 before training
        return Number(float(value)) if _WEIGHT.fullmatch(name) else None
    return numbers(value)
