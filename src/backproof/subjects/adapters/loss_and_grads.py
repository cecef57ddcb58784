"""A network whose `loss(X, y)` returns the loss and its gradients, and without labels the scores (cs231n)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from backproof.subjects.trial import entries
from backproof.subjects.trial.roles import parameters
from backproof.subjects.trial.way import Way


def matches(item: object) -> bool:
    """`loss(X, y=None)` and no `gradient`."""
    return not (inspect.isclass(item) or inspect.isroutine(item)) and entries.gives_loss_and_grads(type(item))


def ways(item: Any) -> Iterator[Way]:
    """One way: loss(X) for the scores, loss(X, y) for both."""
    rest = [0.0 for name, needed in list(parameters(item.loss).items())[2:] if needed]
    yield Way(
        name=type(item).__name__,
        described="a network whose loss(X, y) returns loss and gradients",
        owner=item,
        roots=(item,),
        forward=item.loss,
        backward=lambda x, t: _mapping(item.loss(x, t, *rest)[1]),
        losses={"loss": lambda x, t: item.loss(x, t, *rest)[0]},
        single=False,
        source={"gradient": item.loss, "loss": item.loss},
    )


def _mapping(grads: Any) -> Any:
    return dict(grads) if isinstance(grads, Mapping) else grads
