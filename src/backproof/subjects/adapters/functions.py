"""Functions with parameters and caches handed from one to the other: `L_model_forward`, `backward_prop` ...

Free ones, or the methods of a class without parameters. The parameters come from `initialize_parameters(...)`
or from the names that forward takes (`W1, b1, W2, b2`), or are the module's own; what forward returns goes into
backward by name. Source of the shape: Ng, Deep Learning Specialization, course 1.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.signatures import parameters, required
from backproof.subjects.trial import entries, results, starts
from backproof.subjects.trial.any_labels import AnyLabels
from backproof.subjects.trial.fitting import try_input
from backproof.subjects.trial.functions import (
    Functions,
    derivatives_apart,
    form_a_network,
    initial_functions,
)
from backproof.subjects.trial.lists_of_layers import are_lists
from backproof.subjects.trial.roles import LOSS, SHRINKING, fill, role, roles_of
from backproof.subjects.trial.starts import Start
from backproof.subjects.trial.surroundings import Surroundings
from backproof.subjects.trial.way import Way

_TO_SCORES = 2  # forward functions tried
_KEPT = 0.8  # of a layer with dropout, where the functions are told how much
_PENALTY = 0.3  # times the weights' squares, where both the loss and the way back are told
_DROPOUT = re.compile(r"(keep|drop|retain)_?(out|prob|rate|p)\w*|p_?(drop|keep)\w*", re.IGNORECASE)
_ASKED_FOR = re.compile(r"(\w+?)_(?:func\w*|fn)")


def matches(item: object) -> bool:
    """A file's functions, or an object whose forward is given the parameters: `forward(X, parameters)`."""
    if isinstance(item, Functions):
        return True
    if inspect.isclass(item) or inspect.isroutine(item):
        return False
    own = entries.methods(item)
    forward = next(iter(entries.matching(own, entries.FORWARD)), None)
    given = [name for name, needed in parameters(forward).items() if needed][1:] if forward else []
    whole = form_a_network(own) and bool(initial_functions(own))
    return bool(whole and given and not any(role(name) in ("zero", "training") for name in given))


def ways(item: Any) -> Iterator[Way]:
    """Every start, forward and backward that go together."""
    if not isinstance(item, Functions):
        item = Functions(type(item).__name__, entries.methods(item))
    own = item.own
    backs = entries.going_back(own)
    backs = [f for f in backs if not (_is_whole(f) and entries.is_called(f, list(filter(_is_whole, backs))))]
    backs = sorted(backs, key=lambda f: ("grad" in f.__name__, "model" not in f.__name__))
    forwards = entries.matching(own, entries.FORWARD, entries.SCORES)
    forwards = sorted(forwards, key=lambda f: "model" not in f.__name__)[:_TO_SCORES]
    made = False
    for initial in initial_functions(own)[:3]:
        for start in starts.made_by(initial):
            for forward in forwards:
                for back in backs[:2]:
                    for way in _Set(item, start, forward, [back]).ways():
                        made = True
                        yield way
    if made:
        return
    for forward in forwards:
        apart = derivatives_apart(own, forward)
        keys = starts.read_by_key([forward])
        if keys and starts.indexed([forward], keys):
            for listed in starts.in_lists(keys):
                start = Start({"": listed.parts}, listed.words, listed.narrow)
                for back in backs[:2]:
                    yield from _Set(item, start, forward, [back]).ways()
            continue
        given = starts.parameter_names(forward)
        if given and backs and are_lists(given, [forward, *backs[:2]]):
            for start in starts.in_lists(given):
                for back in backs[:2]:
                    yield from _Set(item, start, forward, [back]).ways()
            continue
        for names in (given, keys):
            for start in starts.named_so(names) if names else ():
                parts = start.parts if names == given else {"": dict(start.parts)}
                start = Start(parts, start.words, start.narrow)
                for several in [[back] for back in backs[:2]] or [apart]:
                    yield from _Set(item, start, forward, several).ways()
    for forward in forwards:
        for back in backs[:2]:
            if Surroundings([forward, back]).values and not starts.parameter_names(forward):
                yield from _Set(item, Start({}, "the module's arrays"), forward, [back]).ways()


def _is_whole(back: Callable[..., Any]) -> bool:
    """Whether it takes inputs and labels; one of two such that calls the other adds to it, a penalty say."""
    return {"x", "t"} <= set(map(role, required(back)))


class _Set:
    """A start, a forward and its ways back (one, or one a parameter), with all that they are to be given."""

    def __init__(
        self, item: Functions, start: Start, forward: Callable[..., Any], backs: list[Callable[..., Any]]
    ) -> None:
        self.item, self.start, self.forward, self.backs = item, start, forward, backs
        self.whole = start.parts.get("")
        self.whole_as = ""  # the name under which forward takes all parameters as one thing
        self.returned: Any = None
        own = entries.losses(item.own)
        self.told = self._told([forward, *backs, *own.values()])
        penalised = {name: f for name, f in own.items() if any(map(SHRINKING.fullmatch, parameters(f)))}
        back = {n for f in backs for n in parameters(f) if SHRINKING.fullmatch(n)}
        self.told_labels = "t" in map(role, required(forward))  # it gives the loss too
        self.penalty = _PENALTY if back and (penalised or self.told_labels) else 0.0
        self.losses = (self.penalty and penalised) or own
        self.outside = Surroundings([forward, *backs, *self.losses.values()])
        self.labels = AnyLabels(start.parts)

    def ways(self) -> Iterator[Way]:
        """The trial's view of it, for every place that the scores may lie in."""
        roots: tuple[object, ...] = (self.start.parts if self.whole is None else self.whole, self.outside.values)
        self.returned = try_input(roots, self.call)
        if self.returned is None:
            return
        back = self.backs[0]
        loss = {"loss": next(iter(self.losses.values()))} if self.losses else {}
        names = ", ".join(f.__name__ for f in (self.forward, *self.backs))
        given = [
            i for i, n in enumerate(results.returned_names(self.forward)) if self.told_labels and LOSS.search(n)
        ]
        own = {self.forward.__name__: partial(self._given, given[0])} if given else {}
        for pick in results.score_picks(self.forward, self.returned)[:2]:
            yield Way(
                name=self.item.name,
                described=f"functions: {self.start.words}, {names}",
                owner=self.start.parts,
                roots=roots,
                forward=partial(_scores, self.call, pick),
                backward=partial(self.backward, pick),
                losses=own or {name: partial(self.loss, f, pick) for name, f in self.losses.items()},
                single=False,
                narrow=self.start.narrow,
                penalised=bool(self.penalty) and not own,
                source={"gradient": back, "predict": self.forward, **loss},
            )

    # Running it

    def call(self, x: Array) -> Any:
        if self.told_labels:
            self.returned = self.labels.run(x, lambda t: self._forward(x, t))
        else:
            self.returned = self._run(self.forward, {"x": x, "training": True}, {})
        return self.returned

    def _forward(self, x: Array, t: Any) -> Any:
        return self._run(self.forward, {"x": x, "t": t, "training": True, "zero": self.penalty}, {})

    def _given(self, place: int, x: Array, t: Any) -> Any:
        """The loss that forward gives beside its scores."""
        return self._forward(x, t)[place]

    def backward(self, pick: Callable[[Any], Any], x: Array, t: Any) -> Any:
        if self.told_labels:
            self.returned = self._forward(x, t)
        values, named = self._known(x, t, pick(self.returned))
        if len(self.backs) == 1:
            back = self.backs[0]
            return results.by_name(back, self._run(back, values, named))
        return {back.__name__: self._run(back, values, named) for back in self.backs}

    def loss(self, function: Callable[..., Any], pick: Callable[[Any], Any], x: Array, t: Any) -> Any:
        values, named = self._known(x, t, pick(self.returned))
        if "A" in parameters(function) and "y" not in roles_of(function).values():
            named.setdefault("A", values["y"])  # cost(A, Y): the last activation
        value = np.asarray(self._run(function, values, named), dtype=np.float64)
        if value.size > 1:
            raise TypeError(f"{function.__name__} gives no single number")
        return value

    def _run(self, function: Callable[..., Any], values: dict[str, Any], named: dict[str, Any]) -> Any:
        arguments = self._arguments(function, values, named)
        if arguments is None:
            raise TypeError(f"{function.__name__} takes {', '.join(parameters(function))}: not known what to give")
        here = {name: value for name, value in values.items() if name in ("x", "t", "count")}
        if "x" in here:
            here.setdefault("count", here["x"].shape[-1])
        with self.outside.around(here):
            return function(*arguments)

    def _known(self, x: Array, t: Any, y: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What backward and losses may be given, by role and by name."""
        returned = self.returned
        values = {
            "x": x, "t": t, "y": y, "count": x.shape[0 if np.shape(t)[:1] == x.shape[:1] else -1],
            "zero": self.penalty, "rate": 0.01, "training": True,
        }  # fmt: skip
        caches = (
            [p for p in returned if isinstance(p, (dict, list, tuple))]
            if isinstance(returned, tuple)
            else [returned]
        )
        rest = returned[1:] if isinstance(returned, tuple) else (returned,)
        values["cache"] = caches[-1] if caches else rest[0] if len(rest) == 1 else rest
        values["upstream"] = y - t if np.shape(y) == np.shape(t) else None
        named = {n: v for n, v in results.named_results(self.forward, returned).items() if n and v is not None}
        if np.ndim(y) == 2 and np.shape(y) != np.shape(t) and np.shape(y.T) == np.shape(t):  # turned by the script
            values["y"] = y.T
            named |= {name: y.T for name, value in named.items() if value is y}
        return {k: v for k, v in values.items() if v is not None}, named

    def _arguments(
        self, function: Callable[..., Any], values: dict[str, Any], named: dict[str, Any]
    ) -> list[Any] | None:
        """Arguments by name and role; the parameters, where they are one thing, go to what nothing else fits."""
        roles = roles_of(function)
        if "t" in roles.values():  # then a `loss` is a number, or a switch between losses
            named = {name: 0 for name in roles if name == "loss"} | named
        named = {**self.told, **self._functions_asked_for(roles), **named}
        if self.whole is not None:
            inner = dict(self.whole) if isinstance(self.whole, Mapping) else {}
            named = {**{str(k): v for k, v in inner.items()}, **named}
            free = [n for n, w in roles.items() if n not in named and (w not in values or "param" in n.lower())]
            likely = [n for n in free if re.search(r"param|weight|theta|model|network|net|^w$|^ws$", n, re.I)]
            chosen = (likely or [n for n in free if parameters(function)[n]])[:1]
            if self.whole_as in roles and self.whole_as not in named:
                chosen = [self.whole_as]
            if function is self.forward:
                self.whole_as = chosen[0] if chosen else ""
            named |= dict.fromkeys(chosen, self.whole)
        named = {**{k: v for k, v in self.start.parts.items() if k}, **named}
        left = [n for n, needed in parameters(function).items() if needed and n not in named]
        left = [n for n in left if roles[n] not in values]
        kept = isinstance(self.returned, (tuple, list, Mapping))
        if function is not self.forward and len(left) == 1 and kept and "cache" in values:
            named[left[0]] = values["cache"]  # whatever it is called: what forward kept
        return fill(function, values, named, roles)

    def _functions_asked_for(self, roles: Mapping[str, str]) -> dict[str, Callable[..., Any]]:
        """The file's own functions that are to be handed over: `forward_prop_func` for forward_prop."""
        asked = {name: found[1] for name in roles if (found := _ASKED_FOR.fullmatch(name))}
        return {name: self.item.own[wanted] for name, wanted in asked.items() if wanted in self.item.own}

    def _told(self, functions: list[Callable[..., Any]]) -> dict[str, Any]:
        """What several functions are to be told alike: forward's own default, how much dropout leaves."""
        taken = [name for f in functions for name in parameters(f)]
        defaults = {
            p.name: p.default
            for p in inspect.signature(self.forward).parameters.values()
            if p.default is not p.empty and taken.count(p.name) > 1
        }
        settings = {n: v for n, v in defaults.items() if isinstance(v, (str, int, float)) and not role(n)}
        sizes = {name: value for name, value in self.start.given.items() if name in taken and not role(name)}
        return settings | sizes | dict.fromkeys((n for n in taken if _DROPOUT.fullmatch(n)), _KEPT)


def _scores(call: Callable[[Array], Any], pick: Callable[[Any], Any], x: Array) -> Any:
    return pick(call(x))
