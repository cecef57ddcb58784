"""Functions of one number (`max(0, x)`, `math.exp(-x)`) as functions of arrays, entry by entry."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

_REFUSALS = ("is ambiguous", "arrays can be converted", "must be real number", "only size-1", "only 0-dimensional")


def wants_numbers(error: BaseException | None) -> bool:
    """Whether this is what Python says where a function of one number is given an array."""
    return isinstance(error, (TypeError, ValueError)) and any(each in str(error) for each in _REFUSALS)


def entry_by_entry(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function of arrays that calls this one for every entry."""
    each = np.vectorize(function, otypes=[np.float64])

    @functools.wraps(function)
    def of_arrays(x: Any) -> Any:
        return each(x)

    return of_arrays
