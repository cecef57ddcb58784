"""One method that goes forward and back by itself, `train(X, y)` or `backprop(x, y)`, with no forward beside it.

The scores are what the method holds at its end, in a variable or in an attribute: each that may be they is tried,
and the slopes of a loss tell.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from types import FrameType, SimpleNamespace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.own_source import text_of
from backproof.subjects.signatures import parameters, required
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial import entries, results
from backproof.subjects.trial.any_labels import AnyLabels
from backproof.subjects.trial.fitting import try_input
from backproof.subjects.trial.order import in_given_order
from backproof.subjects.trial.roles import fill, role
from backproof.subjects.trial.rounds import one_round
from backproof.subjects.trial.way import Way
from backproof.subjects.walked import trains_layers

RATE = 0.01
_MOST = (2, 1)  # variables and attributes that are tried for the scores


def matches(item: object) -> bool:
    """An object whose class has such a method."""
    if inspect.isclass(item) or inspect.isroutine(item):
        return False
    return entries.goes_in_one(type(item)) or trains_layers(type(item))


def further_ways(item: Any) -> Iterator[Way]:
    """The ways of an object that has a forward too: where its own way back gives no gradients, its training may.

    Only where a training does one round when told so.
    """
    if matches(item):
        yield from ways(item, [method for method in entries.in_one(item) if goes_one_round(item, method)])


def goes_one_round(item: Any, method: Callable[..., Any]) -> bool:
    """Whether a training goes through its data once, by itself or when told so."""
    named = [*entries.roles_in_one(method).values(), *map(role, vars(item))]
    return "once" in named or re.search(r"\brange\(|\bwhile\b", text_of(method)) is None


def ways(item: Any, methods: list[Callable[..., Any]] | None = None) -> Iterator[Way]:
    """Every such method, with every place that its scores may lie in."""
    for method in (entries.in_one(item) if methods is None else methods)[:2]:
        rounds = _Rounds(item, method)
        own = _own_losses(item)
        first = next(iter(own.values()), None)
        seen = try_input(item, rounds.look)
        if seen is None:
            continue
        for which, held in enumerate(seen):
            names = [
                name for name in results.score_attributes(held) if not (which and _is_as_before(item, held, name))
            ]
            for name in names[: _MOST[which]]:
                yield Way(
                    name=type(item).__name__,
                    described=f"{entries.TRIED}: {method.__name__} alone, scores in {'self.' * which}{name}",
                    owner=item,
                    roots=(item,),
                    forward=partial(rounds.scores, which, name),
                    backward=rounds.back,
                    losses=own,
                    source={"gradient": method, "predict": method, **({"loss": first} if first else {})},
                )


def _own_losses(item: Any) -> dict[str, Callable[..., Any]]:
    """Its losses that take inputs and labels and nothing else: `cost(X, y)`."""
    found = entries.losses(entries.methods(item))
    return {name: f for name, f in found.items() if [role(n) for n in required(f)] == ["x", "t"]}


def _is_as_before(item: Any, held: SimpleNamespace, name: str) -> bool:
    """Whether a round leaves this attribute of the object as it is: no scores."""
    before = results.last(getattr(item, name, None))
    return isinstance(before, np.ndarray) and np.array_equal(before, results.last(vars(held)[name]))


class _Rounds:
    """One method of an object, run once on inputs and labels and looked at."""

    def __init__(self, item: Any, method: Callable[..., Any]) -> None:
        self.item, self.method = item, method
        self.labels = AnyLabels(item)
        self.namespace = getattr(getattr(method, "__func__", method), "__globals__", {})

    def back(self, x: Array, t: Any) -> Any:
        """One round on x and t; what it returns."""
        given = {"x": x, "t": t, "rate": RATE, "once": 1, "zero": 0.0, "training": True, "count": len(x)}
        for name, value in list(vars(self.item).items()):
            if isinstance(value, np.ndarray) and role(name) in ("x", "t"):
                setattr(self.item, name, given[role(name)])
        arguments = fill(self.method, given, roles=entries.roles_in_one(self.method))
        if arguments is None:
            raise TypeError(
                f"{self.method.__name__} takes {', '.join(parameters(self.method))}: not known what to give"
            )
        with one_round(self.item):
            return results.by_name(self.method, self.method(*arguments))

    def scores(self, which: int, name: str, x: Array) -> Any:
        """What lies in that variable (0) or attribute (1) after a round on x."""
        value = vars(self.look(x, variables=not which)[which])[name]
        return value[-1] if isinstance(value, list) else value

    def look(self, x: Array, *, variables: bool = True) -> tuple[SimpleNamespace, SimpleNamespace]:
        """The method's variables and its object's attributes after a round on x; the object is put back.

        The scores are there before labels matter, so that any labels do with which nothing raises.
        variables: whether they are wanted; to see them slows all calls.
        """
        here = Snapshot(self.item)

        def attempt(labels: Any) -> tuple[SimpleNamespace, SimpleNamespace]:
            inside: dict[str, Any] = {}
            with (
                in_given_order(self.item, self.namespace),
                _watched(self.method, inside) if variables else nullcontext(),
            ):
                self.back(np.array(x), labels)
            own = {name: value for name, value in inside.items() if name not in parameters(self.method)}
            return SimpleNamespace(**_copied(own)), SimpleNamespace(**_copied(vars(self.item)))

        try:
            seen: tuple[SimpleNamespace, SimpleNamespace] = self.labels.run(x, attempt)
            return seen
        finally:
            here.restore()


@contextmanager
def _watched(method: Callable[..., Any], variables: dict[str, Any]) -> Iterator[None]:
    """Fills in the method's own variables as they are when it ends or raises."""
    code = inspect.unwrap(getattr(method, "__func__", method)).__code__

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        if event == "return" and frame.f_code is code:
            variables.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)


def _copied(held: dict[str, Any]) -> dict[str, Any]:
    """The arrays, numbers and lists that end with an array, apart from what later rounds do to them."""
    found: dict[str, Any] = {}
    for name, value in held.items():
        if isinstance(value, (np.ndarray, float)):
            found[name] = np.array(value)
        elif isinstance(value, (list, tuple)) and value and isinstance(value[-1], np.ndarray):
            found[name] = [value[-1].copy()]
    return found
