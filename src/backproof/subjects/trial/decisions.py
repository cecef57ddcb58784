"""Objects whose `predict(X)` gives decisions, `argmax` of the scores: what gives the scores has another name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backproof.subjects.signatures import required
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial import entries
from backproof.subjects.trial.fitting import try_input


def giving_scores(item: Any, found: Mapping[str, Callable[..., Any]]) -> list[Callable[..., Any]]:
    """The methods that go forward; where those of the usual names decide, first others that take x alone.

    Not where training goes by the decisions themselves, as a perceptron's: that follows no slope.
    """
    named, backs = entries.forwards(found), entries.going_back(found)
    used = any(entries.is_called(forward, [*backs, *named]) for forward in named)
    if not backs or used or not all(_decides(item, forward) for forward in named[:2]):
        return named
    return [*(f for f in entries.taking_x_alone(found) if f not in named), *named]


def _decides(item: Any, forward: Callable[..., Any]) -> bool:
    """Whether it gives whole numbers for an input: which class it is."""
    if len(required(forward)) != 1:
        return False
    state = Snapshot(item)
    answer = try_input(item, forward)
    state.restore()
    return isinstance(answer, np.ndarray) and answer.dtype.kind in "iub"
