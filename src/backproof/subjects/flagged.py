"""Functions that give their own derivative when they are told to: `sigmoid(x, derivative=True)`."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

_FLAG = re.compile(r"(is_?)?(d|der|deriv|derive|derivative|prime|grad|gradient|diff|dx|backward)", re.IGNORECASE)


def slope_by_flag(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The function with its flag set, as a derivative of its own; None where it has no such flag.

    Not of a softmax: what such functions give is the diagonal of its Jacobian, and not meant as a derivative.
    """
    if not inspect.isfunction(function) or "softmax" in function.__name__.lower():
        return None
    taken = list(inspect.signature(function).parameters.values())
    flags = [p for p in taken if _FLAG.fullmatch(p.name) and (p.default is False or p.default == 0)]
    needed = [p for p in taken if p.default is p.empty]
    if len(flags) != 1 or not 1 <= len(needed) <= 2 or len(needed) + 1 != len(taken):
        return None
    flag = flags[0].name

    @functools.wraps(function)
    def derivative(*arguments: Any) -> Any:
        return function(*arguments, **{flag: True})

    return derivative
