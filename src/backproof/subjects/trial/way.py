"""One way to run somebody's code forward and back, as an adapter reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backproof.protocols import Array


@dataclass(frozen=True)
class Way:
    """One way to run somebody's code forward and back, as an adapter reads it.

    forward(x): the scores, in the code's own layout. backward(x, t): called after forward; what it returns, what
    it leaves within reach of `roots` and what it does to the parameters are searched for gradients.
    losses: the code's own losses, by name, each called after forward with (x, t).
    single: whether the code may be meant for one sample at a time.
    only: the identities of the arrays that may be parameters; None: all that move the scores.
    narrow: made with one output: taken where a parameter has one entry, however many outputs there are.
    """

    name: str
    described: str
    owner: object
    roots: tuple[object, ...]
    forward: Callable[[Array], Any]
    backward: Callable[[Array, Any], Any]
    losses: Mapping[str, Callable[[Array, Any], Any]] = field(default_factory=dict)
    single: bool = True
    takes_labels: bool = True
    narrow: bool = False
    only: tuple[int, ...] | None = None
    source: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
