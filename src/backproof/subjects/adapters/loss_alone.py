"""One object that is the whole network and gives its loss alone: `forward(x, t)`, then `backward()`, which returns
nothing and leaves the gradients in the object.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters import network as networks
from backproof.subjects.argument_roles import INPUT, OUTPUT
from backproof.subjects.signatures import parameters, required
from backproof.subjects.trial import entries, results
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import role
from backproof.subjects.trial.way import Way


def matches(item: object) -> bool:
    """A network by its weights; what gives the gradient of its input back is a loss layer."""
    if inspect.isclass(item) or inspect.isroutine(item) or networks.is_network(item):
        return False
    forward, back = _methods(item)
    if forward is None or back is None or parameters(back) or entries.gives(back):
        return False
    told = [role(name) for name in required(forward)] == ["x", "t"] and len(results.returned_names(forward)) < 2
    return told and any(a.ndim == 2 and a.dtype.kind == "f" for a in reach(item).values())


def ways(item: Any) -> Iterator[Way]:
    """Its forward as a loss, for as many classes as it was made with, one, and ten."""
    forward, back = _methods(item)
    assert forward is not None
    assert back is not None

    def loss(x: Array, t: Any) -> Any:
        value = np.asarray(forward(x, t), dtype=np.float64)
        if value.size != 1:
            raise TypeError(f"{forward.__name__} gives no single number")
        return value

    def backward(x: Array, t: Any) -> None:
        forward(x, t)
        back()

    for classes in (OUTPUT, 1, 10):
        yield Way(
            name=type(item).__name__,
            described=f"{entries.TRIED}: {forward.__name__} and {back.__name__}",
            owner=item,
            roots=(item,),
            forward=lambda x: None,
            backward=backward,
            losses={forward.__name__: loss},
            single=False,
            classes=classes,
            widths=(INPUT,),
            source={"gradient": back, "loss": forward},
        )


def _methods(item: object) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    found = entries.methods(item)
    forward = next(iter(entries.matching(found, entries.FORWARD)), None)
    return forward, next(iter(entries.matching(found, entries.BACKWARD)), None)
