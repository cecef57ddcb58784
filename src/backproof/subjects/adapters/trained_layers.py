"""Containers of layers whose way back is given a gradient alone, and whose training hands it that of their loss.

`train_on_batch(X, y)` goes forward, asks the loss for its gradient and goes back: one round of it is the way back.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import Any

from backproof.subjects.adapters import monolith
from backproof.subjects.adapters.in_one_method import goes_one_round
from backproof.subjects.hints import Hints
from backproof.subjects.subject import Network
from backproof.subjects.trial import entries
from backproof.subjects.trial.fitting import network_by_trial
from backproof.subjects.tried import SampleError
from backproof.subjects.walked import walked


def network(item: Any, hints: Hints) -> Network | None:
    """Such a container as a network, with the loss that it holds; None where it is none or not understood."""
    rounds = _rounds(item)
    found = list(chain.from_iterable(monolith.ways_with(item, back) for back in rounds))
    own = [replace(way, trains=True) for way in found if way.losses]
    for ways, exact in ((own, False), (found, True)):
        with contextlib.suppress(SampleError):
            return network_by_trial(ways, hints, exact=exact)
    return None


def _rounds(item: Any) -> list[Callable[..., Any]]:
    """The trainings of one round that call the way back of such a container."""
    if not walked(type(item)):
        return []
    found = entries.methods(item)
    backs = entries.matching(found, entries.BACKWARD)
    if not backs or not entries.forwards(found) or any(set(_roles(back)) != {"upstream"} for back in backs):
        return []
    called = {back.__name__ for back in backs}
    trains = (each for each in entries.in_one(item) if each not in backs)
    return [f for f in trains if goes_one_round(item, f) and called & set(f.__code__.co_names)][:2]


def _roles(back: Callable[..., Any]) -> list[str]:
    return list(entries.roles_of_backward(back).values())
