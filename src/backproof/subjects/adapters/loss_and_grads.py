"""A network whose `loss(X, y)` returns the loss and its gradients, and without labels the scores (cs231n)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.subjects.argument_roles import OUTPUT
from backproof.subjects.shapes import STEPS
from backproof.subjects.signatures import parameters
from backproof.subjects.trial import entries
from backproof.subjects.trial.fitting import try_input
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import SHRINKING
from backproof.subjects.trial.way import Way

_PENALTY = 0.3  # what the loss is told to weigh the squares of the weights with


def matches(item: object) -> bool:
    """`loss(X, y=None)` and no `gradient`."""
    return not (inspect.isclass(item) or inspect.isroutine(item)) and entries.gives_loss_and_grads(type(item))


def ways(item: Any) -> Iterator[Way]:
    """One way: loss(X) for the scores where it gives any, loss(X, y) for loss and gradients."""
    rest: list[float] = []
    for name, needed in list(parameters(item.loss).items())[2:]:
        if not (needed or SHRINKING.fullmatch(name)):
            break
        rest.append(_PENALTY if SHRINKING.fullmatch(name) else 0.0)
    with_scores = Way(
        name=type(item).__name__,
        described="a network whose loss(X, y) returns loss and gradients",
        owner=item,
        roots=(item,),
        forward=item.loss,
        backward=lambda x, t: _mapping(item.loss(x, t, *rest)[1]),
        losses={"loss": lambda x, t: item.loss(x, t, *rest)[0]},
        single=False,
        penalised=_PENALTY in rest,
        source={"gradient": item.loss, "loss": item.loss},
    )
    if isinstance(try_input(item, item.loss), np.ndarray):
        yield with_scores
        return
    widths = [a.shape[-1] for a in reach(item).values() if a.ndim]  # no scores: the loss alone tells
    classes = OUTPUT if OUTPUT in widths or not widths else widths[-1]
    alone = replace(with_scores, forward=lambda x: None, classes=classes)
    yield alone

    def tokens(t: Any) -> Any:
        """A sequence of classes a sample in place of its class."""
        first = np.argmax(t, axis=1) if np.ndim(t) == 2 else np.asarray(t)
        return (first[:, None] + np.arange(STEPS)) % classes

    yield replace(
        alone,
        described="a network whose loss(X, y) returns loss and gradients, its labels sequences",
        backward=lambda x, t: _mapping(item.loss(x, tokens(t), *rest)[1]),
        losses={"loss": lambda x, t: item.loss(x, tokens(t), *rest)[0]},
    )


def _mapping(grads: Any) -> Any:
    return dict(grads) if isinstance(grads, Mapping) else grads
