"""Losses of one score a sample: x of one axis, labels that are 0 or 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.tried import tried

_SAMPLES = (5, 4)


def one_score_each(
    function: Callable[..., Any],
    back: Callable[[Any], Any],
    arguments: tuple[Any, ...],
    rng: np.random.Generator,
    holder: object,
) -> tuple[Any, ...] | None:
    """A score and a class, 0 or 1, for each sample in place of rows and indices, where those go both ways."""
    if len(arguments) != 2 or not is_class(arguments[1]):
        return None
    here = Snapshot(holder)
    for n in _SAMPLES:
        x, t = rng.normal(size=n), np.arange(n) % 2
        answer, refusal = tried(function, x, t)
        if refusal is not None or np.size(answer) not in (1, n):
            here.restore()
            return None
        returned, refusal = tried(lambda y: back(np.ones_like(y)), answer)
        if refusal is not None or np.shape(returned) != x.shape:
            here.restore()
            return None
    return x, t


def is_class(t: Any) -> bool:
    """Whether labels are one whole number a sample."""
    return isinstance(t, np.ndarray) and t.ndim == 1 and t.dtype.kind in "iu"


def has_one_score_each(x: Array, t: Any) -> bool:
    return np.ndim(x) == 1 and is_class(t) and len(t) == len(x)
