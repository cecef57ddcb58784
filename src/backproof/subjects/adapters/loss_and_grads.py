"""A network whose `loss(X, y)` returns the loss and its gradients, and without labels the scores (cs231n).

The method may have any name that says so, and give the gradients one by one: `return loss, dW, db`.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.subjects.argument_roles import OUTPUT
from backproof.subjects.signatures import parameters
from backproof.subjects.trial.fitting import try_input
from backproof.subjects.trial.loss_and_grads import gives_loss_and_grads, loss_and_grads, names_of_answer
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import SHRINKING
from backproof.subjects.trial.way import Way

_PENALTY = 0.3  # what the loss is told to weigh the squares of the weights with


def matches(item: object) -> bool:
    """`loss(X, y=None)` and no `gradient`."""
    return not (inspect.isclass(item) or inspect.isroutine(item)) and gives_loss_and_grads(type(item))


def ways(item: Any) -> Iterator[Way]:
    """One way: loss(X) for the scores where it gives any, loss(X, y) for loss and gradients."""
    own = loss_and_grads(type(item))
    assert own is not None
    name, slopes = own.__name__, names_of_answer(type(item), own)[1:]
    both = getattr(item, name)
    rest: list[float] = []
    for extra, needed in list(parameters(both).items())[2:]:
        if not (needed or SHRINKING.fullmatch(extra)):
            break
        rest.append(_PENALTY if SHRINKING.fullmatch(extra) else 0.0)
    with_scores = Way(
        name=type(item).__name__,
        described=f"a network whose {name}(X, y) returns loss and gradients",
        owner=item,
        roots=(item,),
        forward=both,
        backward=lambda x, t: _gradients(slopes, both(x, t, *rest)),
        losses={name: lambda x, t: both(x, t, *rest)[0]},
        single=False,
        penalised=_PENALTY in rest,
        source={"gradient": both, "loss": both},
    )
    if isinstance(try_input(item, both), np.ndarray):
        yield with_scores
        return
    widths = [a.shape[-1] for a in reach(item).values() if a.ndim == 2]  # no scores: the loss alone tells
    classes = OUTPUT if OUTPUT in widths else widths[-1] if widths else 1
    yield replace(with_scores, forward=lambda x: None, classes=classes)


def _gradients(names: list[str], answer: Any) -> Any:
    """What is returned after the loss: a dict, one array, or as many as are named."""
    _, *grads = answer
    if len(grads) == 1:
        return dict(grads[0]) if isinstance(grads[0], Mapping) else grads[0]
    return dict(zip(names, grads, strict=True)) if len(names) == len(grads) else grads
