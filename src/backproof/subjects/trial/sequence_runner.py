"""Runs functions that go through a sequence: what they are given, their loss, their scores, their gradients."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from backproof.subjects.signatures import parameters
from backproof.subjects.trial import entries, results
from backproof.subjects.trial.roles import fill, key
from backproof.subjects.trial.sequences import Steps, argument_roles, is_loss_name
from backproof.subjects.trial.starts import Start
from backproof.subjects.trial.surroundings import Surroundings

RATE = 0.01
_LENGTH = re.compile(
    r"(t|seq|sequence|time|num|n|bptt)?(steps?|len|length)|seqsize|timesteps|(num|n)(time)?steps|t"
)
_CUT_OFF = re.compile(r"trunc", re.IGNORECASE)


class SequenceRunner:
    """The functions with one start and one shape of the state."""

    def __init__(self, steps: Steps, start: Start, state: tuple[int, ...] | None) -> None:
        self.steps, self.start = steps, start
        self.state = None if state is None else 0.5 * np.random.default_rng(4).standard_normal(state)
        found = entries.losses({n: f for n, f in steps.own.items() if f not in steps.functions})
        self.losses = {n: f for n, f in found.items() if "t" in argument_roles(f).values()}
        self.outside = Surroundings([*steps.functions, *self.losses.values()])
        first = steps.owner if steps.owner is not None else start.parts.get("", start.parts)
        self.roots: tuple[object, ...] = (first, self.outside.values)
        self.vocabulary = 0  # how many tokens there are, once that is known

    def forward(self, x: Any, t: Any) -> Any:
        """What forward returns."""
        return self._call(self.steps.forward, x, t)

    def gradients(self, x: Any, t: Any) -> Any:
        """What is returned beside the loss, by name."""
        last, returned = self.steps.forward, self.forward(x, t)
        place = None
        if self.steps.back is None:
            place = self._loss_place(_parts(returned))
        else:
            last, returned = self.steps.back, self._call(self.steps.back, x, t, self._handed_on(returned))
        names = results.returned_names(last)
        kept = {i: part for i, part in enumerate(_parts(returned)) if i != place}
        return {names[i] if i < len(names) and names[i] else str(i): part for i, part in kept.items()}

    def own_loss(self, x: Any, t: Any) -> Any:
        """The loss that forward returns."""
        parts = _parts(self.forward(x, t))
        place = self._loss_place(parts)
        if place is None:
            raise TypeError(f"{self.steps.forward.__name__} gives no loss")
        return _single(parts[place])

    def loss_beside(self, function: Callable[..., Any], place: int | None, x: Any, t: Any) -> Any:
        """A loss beside it: of inputs and labels, or of what forward returned at that place."""
        returned = self.forward(x, t)
        more = self._handed_on(returned)
        if place is not None:
            unknown = [n for n, what in argument_roles(function).items() if what in ("y", "") and n not in more]
            more |= dict.fromkeys(unknown[:1], _parts(returned)[place])
        return _single(self._call(function, x, t, more))

    def scores(self, place: int | None, x: Any) -> Any:
        """What forward returned at that place, a row a step."""
        returned = self.forward(x, None)
        chosen = returned if place is None else returned[place]
        rows = np.stack([np.asarray(chosen[i], dtype=np.float64).reshape(-1) for i in range(len(x))])
        if not (rows.size and np.isfinite(rows).all()):
            raise ValueError("no scores")
        return rows

    def _loss_place(self, parts: list[Any]) -> int | None:
        names = results.returned_names(self.steps.forward)
        named = [i for i, name in enumerate(names[: len(parts)]) if is_loss_name(name)]
        single = [i for i, part in enumerate(parts) if not isinstance(part, _GROUPS) and np.size(part) == 1]
        return next(iter([*named, *single]), None)

    def _handed_on(self, returned: Any) -> dict[str, Any]:
        """What the way back is handed of what forward returned: by name, else, in order, what is asked for."""
        named = results.named_results(self.steps.forward, returned)
        back = self.steps.back
        parts, names = _parts(returned), results.returned_names(self.steps.forward)
        if len(names) == len(parts):
            named |= {name: part for name, part in zip(names, parts, strict=True) if name}
        if back is None:
            return named
        roles = argument_roles(back)
        open_ones = [n for n, needed in parameters(back).items() if needed and n not in named]
        rest = [part for i, part in enumerate(parts) if i >= len(names) or names[i] not in roles]
        rest = [part for part in rest if isinstance(part, _GROUPS) or np.size(part) > 1]
        if rest:
            named |= dict.fromkeys((n for n in open_ones if roles[n] == "cache"), rest[-1])
        if "" not in self.start.parts:
            free = [n for n in open_ones if roles[n] in ("", "y") and n not in self.start.parts]
            named |= dict(zip(free, rest, strict=False))
        return named

    def _call(self, function: Callable[..., Any], x: Any, t: Any, more: Mapping[str, Any] | None = None) -> Any:
        roles, taken = argument_roles(function), parameters(function)
        if t is None and any(what == "t" and taken[name] for name, what in roles.items()):
            raise TypeError(f"{function.__name__} takes labels")
        values = {"x": x, "t": t, "count": len(x), "zero": 0.0, "training": True, "rate": RATE}
        named = {name: part for name, part in self.start.parts.items() if name} | dict(more or {})
        for name, what in roles.items():
            if what == "state" and name not in named and self.state is not None:
                named[name] = self.state.copy()
            elif what == "vocabulary" and self.vocabulary:
                named[name] = self.vocabulary
            elif _CUT_OFF.search(name):
                named[name] = len(x)
        if "" in self.start.parts:
            free = [n for n in roles if n not in named and roles[n] not in values]
            named |= dict.fromkeys(free[:1], self.start.parts[""])
        arguments = fill(function, values, named, roles)
        if arguments is None:
            raise TypeError(f"{function.__name__} takes {', '.join(taken)}: not known what to give")
        with self.outside.around({}), _as_long(self.steps, len(x)):
            return function(*arguments)


_GROUPS = (tuple, list, dict)


def _parts(returned: Any) -> list[Any]:
    return list(returned) if isinstance(returned, (tuple, list)) else [returned]


def _single(value: Any) -> Any:
    array = np.asarray(value, dtype=np.float64)
    if array.size != 1 or not np.isfinite(array).all():
        raise TypeError("no single number")
    return array


@contextmanager
def _as_long(steps: Steps, length: int) -> Iterator[None]:
    """For one call: the numbers of steps that the code has in its object or module are this sequence's.

    A way back that is cut off after some steps is not: it is no gradient then.
    """
    homes = [vars(steps.owner)] if hasattr(steps.owner, "__dict__") else []
    module = sys.modules.get(getattr(steps.forward, "__module__", ""))
    homes += [vars(module)] if module is not None else []
    before: list[tuple[dict[str, Any], str, int]] = []
    for home in homes:
        for name, value in home.items():
            if type(value) is int and (_LENGTH.fullmatch(key(name)) or _CUT_OFF.search(name)):
                before.append((home, name, value))
    try:
        for home, name, value in before:
            home[name] = max(value, length) if _CUT_OFF.search(name) else length
        yield
    finally:
        for home, name, value in before:
            home[name] = value
