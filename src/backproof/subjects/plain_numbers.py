"""Weights kept as Python's own numbers and lists of them, as arrays that the check can perturb in place.

The arrays behave in people's code as the numbers did: `b -= lr * db` makes a new one and leaves the old as it was.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from types import ModuleType
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.own_source import tree_of
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
    """Put arrays where lists of floats are, and floats that are weights by name or by step; whether any were."""
    seen: set[int] = set()
    changed = False

    def inside(holder: object, left: int) -> None:
        nonlocal changed
        if left < 0 or id(holder) in seen:
            return
        seen.add(id(holder))
        held = vars(holder) if hasattr(holder, "__dict__") and not isinstance(holder, type) else {}
        for name, value in list(held.items()):
            weight = _WEIGHT.fullmatch(plain(name)) is not None or plain(name) in learned_numbers(type(holder))
            if (new := _array_of(value, weight=weight)) is not None:
                held[name] = new
                changed = True
        for _, member in members(holder):
            inside(member, left - 1)

    inside(instance, _DEPTH)
    return changed


def _array_of(value: object, *, weight: bool) -> Array | None:
    if isinstance(value, (float, np.floating)) or (type(value) is int and value == 0):  # b = 0 before training
        return Number(float(value)) if weight else None
    return numbers(value)


def learned_numbers(cls: type) -> frozenset[str]:
    """The attributes that the file of a class moves by a product: `n.offset -= rate * n.delta`."""
    module = sys.modules.get(cls.__module__)
    return _moved_by_products(module) if module is not None else frozenset()


@functools.lru_cache(64)
def _moved_by_products(module: ModuleType) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(tree_of(module)):
        match node:
            case ast.AugAssign(ast.Attribute(_, name), ast.Sub() | ast.Add(), step):
                pass
            case ast.Assign([ast.Attribute(_, name) as place], ast.BinOp(first, ast.Sub() | ast.Add(), step)) if (
                ast.unparse(first) == ast.unparse(place)
            ):
                pass
            case _:
                continue
        if any(isinstance(each, ast.BinOp) and isinstance(each.op, ast.Mult) for each in ast.walk(step)):
            found.add(name)
    return frozenset(found)
