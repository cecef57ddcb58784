"""One object that is the whole network: `forward(X)` with `backward(X, y)`, `backprop(x, y)`, `train(x, y, lr)`.

Gradients are returned, left in attributes, or taken from the update of the parameters; the trial finds out which.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from functools import partial
from types import MethodType
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters import network as networks
from backproof.subjects.adapters import odd_layer, odd_loss
from backproof.subjects.adapters.layer import is_layer
from backproof.subjects.container import beside_loss
from backproof.subjects.descent import descent_for
from backproof.subjects.own_source import tree_of
from backproof.subjects.select import functions_used
from backproof.subjects.signatures import parameters, takes_argument
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.training_mode import as_in_training
from backproof.subjects.trial import entries, results
from backproof.subjects.trial.any_labels import AnyLabels
from backproof.subjects.trial.decisions import giving_scores
from backproof.subjects.trial.fitting import try_input
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import fill, role, roles_of
from backproof.subjects.trial.rounds import one_round
from backproof.subjects.trial.surroundings import Surroundings
from backproof.subjects.trial.way import Way

RATE = 0.01


def matches(item: object) -> bool:
    """Something that goes forward and something that goes back or trains, and none of the plainer shapes."""
    if inspect.isclass(item) or inspect.isroutine(item) or not entries.goes_both_ways(type(item)):
        return False
    if networks.is_network(item) and (callable(getattr(item, "gradient", None)) or networks.is_chain(item)):
        return False
    if _loses_forward(item):
        return True
    return entries.is_whole(type(item)) or not (is_layer(item) or odd_layer.matches(item))


def _loses_forward(item: object) -> bool:
    """Whether this is a network whose `forward(x, y)` gives loss and scores: it has weights, a loss has none."""
    forward = next(iter(entries.forwards(entries.methods(item))), None)
    given = [role(name) for name, needed in parameters(forward).items() if needed] if forward is not None else []
    two = len(results.returned_names(forward)) == 2 if forward is not None else False
    return given[1:2] == ["t"] and two and any(a.ndim == 2 for a in reach(item).values())


def is_handed_all_again(item: object) -> bool:
    """Whether it goes back by the input and by what its forward returned: `y, h, u`, then `backprop(e, h, x)`."""
    found = entries.methods(item)
    forward, back = (next(iter(each), None) for each in (entries.forwards(found), entries.going_back(found)))
    if forward is None or back is None:
        return False
    returned = {name for name in results.returned_names(forward) if name}
    return "x" in roles_of(back).values() and bool(returned & set(parameters(back)))


def ways(item: object, gradient: Callable[..., Any] | None = None) -> Iterator[Way]:
    """Every pair of a forward and a backward, the likeliest names first.

    gradient: the way back, where it is a function beside the class that is given the object first.
    """
    found = entries.methods(item)
    forwards = giving_scores(item, found)
    backwards = entries.going_back(found) or entries.matching(found, entries.TRAIN)
    backwards = backwards if gradient is None else [MethodType(gradient, item)]
    backwards = sorted(
        backwards, key=lambda back: ("grad" in back.__name__.lower(), entries.is_called(back, backwards))
    )
    for forward in forwards[:2]:
        for back in backwards[:2]:
            if back.__name__ != forward.__name__:
                yield from _Pair(item, forward, back).ways()
                if any(needed and role(name) == "zero" for name, needed in parameters(back).items()):
                    yield from _Pair(item, forward, back, nothing=1.0).ways()  # "momentum" as a factor of the rate


def ways_with(item: object, back: Callable[..., Any]) -> Iterator[Way]:
    """Every way with this backward, after each of the object's forwards."""
    for forward in entries.forwards(entries.methods(item))[:2]:
        yield from _Pair(item, forward, back).ways()


class _Pair:
    """A forward and a backward of one object, with all that they are to be given.

    nothing: for what adds to the gradient: weight decay, momentum.
    """

    def __init__(
        self, item: Any, forward: Callable[..., Any], back: Callable[..., Any], nothing: float = 0.0
    ) -> None:
        self.item, self.forward, self.back, self.nothing = item, forward, back, nothing
        self.required = [name for name, needed in parameters(forward).items() if needed]
        self.back_roles = entries.roles_of_backward(back)
        self.held_x, self.held_t = (_held(item, what, [forward, back]) for what in ("x", "t"))
        given = roles_of(type(item).__init__).values()
        self.holds_inputs = self.held_x is not None and ("x" in given or not parameters(forward))
        self.feed, self.answers, self.criterion = _feeder(item), _answers(item), _criterion(item)
        read = {n.attr for n in ast.walk(tree_of(back)) if isinstance(n, ast.Attribute)}
        self.left_to_training = self.held_x in read and not self.holds_inputs  # `fit` puts the inputs there
        returned = results.returned_names(forward)
        self.lent = {n for n in returned if n in read and n not in vars(item)}  # training keeps them
        # methods that are handed the object's own weights: `self.forward(X, self.theta)`
        self.own_parts = {
            n for n, v in vars(item).items() if not role(n) and isinstance(v, (list, dict, np.ndarray))
        }
        self.outside = Surroundings([forward, back])
        self.returned: Any = None
        self.drawn = Snapshot()  # the random generators before forward
        self.gives_slope = entries.loss_with_slope(entries.methods(item))
        # forward(x, y) gives the loss too, and backward goes by the labels that it kept
        self.told_labels = role((*self.required, "", "")[1]) == "t" and not parameters(back)
        self.labels = AnyLabels(item)
        own = entries.methods(item)
        bare = entries.goes_back_bare(own) and not entries.losses(own)
        labelled = self.held_t is not None or self.criterion is not None
        self.rebuilds = entries.costs_its_input(own) or (bare and not labelled)

    def ways(self) -> Iterator[Way]:
        """The ways to take the scores from this forward and to hand the labels to this backward."""
        item, forward, back = self.item, self.forward, self.back
        if not self.required and not takes_argument(forward) and self.held_x is None and self.feed is None:
            return
        told = ["t", *_SETTLED] if self.told_labels else _SETTLED
        if any(role(name) not in told and name not in self.own_parts for name in self.required[1:]):
            return
        own = {forward.__name__: forward} if self.told_labels else _own_losses(item, back)
        wanted = self.criterion is not None and (
            _holds(item, self.criterion[0]) or any(map(_LOSS_OBJECT.match, self.back_roles))
        )
        if self.criterion is not None and wanted and not self.told_labels:
            one, value = self.criterion
            own = {type(one).__name__: lambda y, t: np.sum(value(y, t))} | own  # it may give one an entry
        for pick, words in _picks(item, forward, self.call, self.held_x):
            yield Way(
                name=type(item).__name__,
                described=f"{entries.TRIED}: {forward.__name__} and {back.__name__}{words}",
                owner=item,
                roots=(item,),
                forward=partial(_scores, self.call, pick),
                backward=partial(self.backward, pick),
                losses={name: partial(self.loss, function, pick) for name, function in own.items()},
                takes_labels=not self.rebuilds,
                rebuilds=self.rebuilds and not own,
                single=not any(name[:1] == "X" for name in (*self.required, *self.back_roles)),
                errors="t" not in self.back_roles.values() and any(map(_ERRORS.match, self.back_roles)),
                source={
                    "gradient": back,
                    "predict": forward,
                    **({"loss": next(iter(own.values()))} if own else {}),
                },
            )

    def call(self, x: Array) -> Any:
        """What forward returns for x, however it is handed over."""
        if not parameters(self.back):
            self.drawn = Snapshot(self.item, copies=False)
        was = np.array(getattr(self.item, str(self.held_x))) if self.left_to_training else None
        with self._around(x, None):
            self.returned = self._forward(x)
        if was is not None:
            self.left_to_training = np.array_equal(was, getattr(self.item, str(self.held_x)))
        return self.returned

    def _forward(self, x: Array) -> Any:
        if self.told_labels:
            return self.labels.run(x, lambda labels: self.forward(x, labels))
        if names := list(parameters(self.forward)):
            arguments = fill(self.forward, {"training": True, "zero": 0.0}, self._parts() | {names[0]: x})
            return self.forward(*(arguments or [x]))
        if takes_argument(self.forward):
            return self.forward(x)
        if self.feed is not None:
            self.feed(x)
            returned = self.forward()
            return returned if self.answers is None else self.answers()
        setattr(self.item, str(self.held_x), x)
        _resize_labels(self.item, self.held_t, len(x))
        return self.forward()

    def backward(self, pick: Callable[[Any], Any], x: Array, t: Any) -> Any:
        """What backward returns after forward, by name where its code gives names."""
        if self.told_labels:
            self.forward(x, t)
            return results.by_name(self.back, self.back())
        y = pick(self.returned)
        named = self._parts() | self._lend(x, t, y)
        arguments = fill(self.back, self._known(x, t, y), named, self.back_roles)
        if arguments is None:
            raise TypeError(
                f"{self.back.__name__} takes {', '.join(parameters(self.back))}: not known what to give"
            )
        with one_round(self.item), self._around(x, t):
            return results.by_name(self.back, self.back(*arguments))

    def loss(self, function: Callable[..., Any], pick: Callable[[Any], Any], x: Array, t: Any) -> Any:
        """The value of one of its own losses, after forward."""
        self._hold(x, t)
        if self.told_labels:
            return next(part for part in _parts(self.forward(x, t)) if np.size(part) == 1)
        with self._around(x, t), as_in_training(self.item, self.forward):
            return _own(function, x, t, pick(self.returned), self._parts())

    def _known(self, x: Array, t: Any, y: Any) -> dict[str, Any]:
        """What backward may be given, by role."""
        values = {
            "x": x, "t": t, "y": y, "rate": RATE, "once": 1, "zero": self.nothing, "training": True,
            "upstream": self._from_own_loss(y, t), "cache": _cache_in(self.returned), "count": _count(x, t),
        }  # fmt: skip
        if "optimizer" in self.back_roles.values():
            values["optimizer"] = descent_for(self.back)
        return {name: value for name, value in values.items() if value is not None or name == "t"}

    def _from_own_loss(self, y: Any, t: Any) -> Any:
        """What the way back begins with: the slope that its own `loss(scores, labels)` gives too, else y - t."""
        if "upstream" in self.back_roles.values() and self.gives_slope is not None:
            given = self.gives_slope(*(fill(self.gives_slope, {"y": y, "t": t}) or ()))
            if isinstance(given, tuple) and len(given) == 2 and np.shape(given[1]) == np.shape(y):
                return given[1]
        return _difference(y, t)

    def _lend(self, x: Array, t: Any, y: Any) -> dict[str, Any]:
        """Sets what training leaves in the object before backward; gives what backward may want by name."""
        item = self.item
        named = results.named_results(self.forward, self.returned)
        labels = {n for n in named if self.back_roles.get(n) == "t"}  # `return y`, then backward(x, y)
        named = {n: v for n, v in named.items() if v is not None and n not in labels}
        open_ones = [n for n, needed in parameters(self.back).items() if needed and n not in named]
        named |= {n: v for n in open_ones for longer, v in list(named.items()) if longer.startswith(f"{n}_")}
        for name in self.lent & set(named):
            setattr(item, name, named[name])
        self._hold(x, t)
        if self.criterion is not None:
            named |= {name: self.criterion[0] for name in self.back_roles if _LOSS_OBJECT.match(name)}
            with suppress(Exception):  # what backward() without labels goes by; backward(x, t) may need none
                self.criterion[1](y, t)
        if not parameters(self.back):  # it goes by what its own loss has kept
            for each in entries.losses(entries.methods(item)).values():
                self.drawn.hold_random()  # where it goes forward once more
                with suppress(Exception), as_in_training(item, self.forward):  # it takes something else
                    each(*(fill(each, {"x": x, "t": t, "y": y, "zero": 0.0}) or ()))
        return named

    def _parts(self) -> dict[str, Any]:
        """The object's own parts, by their names, as they are now."""
        return {name: getattr(self.item, name) for name in self.own_parts}

    def _hold(self, x: Array, t: Any) -> None:
        """Puts the data where backward takes them from the object."""
        wanted = {"t", "x"} - set(self.back_roles.values())
        if self.held_t is not None and "t" in wanted:
            setattr(self.item, self.held_t, t)
        if (self.holds_inputs or self.left_to_training) and "x" in wanted:
            setattr(self.item, str(self.held_x), x)

    def _around(self, x: Array, t: Any) -> AbstractContextManager[None]:
        """The script's data and their number, where the methods take those from the module."""
        return self.outside.around({"x": x, "t": t, "count": _count(x, t)})


_SETTLED = ["zero", "training"]  # roles of what forward may be given beside its input


def _parts(returned: Any) -> tuple[Any, ...]:
    return returned if isinstance(returned, tuple) else (returned,)


def _held(item: Any, what: str, both: list[Callable[..., Any]]) -> str | None:
    """The attribute that holds the inputs, or the labels; else one that is empty as yet and read."""
    named = {n: v for n, v in vars(item).items() if role(n) == what}
    read = set().union(*map(entries.attributes_read, both)) if not any(map(parameters, both)) else set()
    arrays = [n for n, v in named.items() if isinstance(v, np.ndarray)]
    empty = [n for n, v in named.items() if n in read and (v is None or (isinstance(v, list) and not v))]
    return next(iter([*arrays, *empty]), None)


def _count(x: Array, t: Any) -> int:
    """The number of samples; of a single vector that of its entries, which loops over it want."""
    in_rows = x.ndim == 1 or np.ndim(t) < 1 or len(t) == x.shape[0]
    return int(x.shape[0 if in_rows else -1])


_ERRORS = re.compile(r"^(\w*_)?(err(or)?s?|e|erros?|erreurs?|fehler)$", re.IGNORECASE)
_FEEDS = re.compile(
    r"^(set|load|feed|put|present)_?(the_?)?(input|sample|data|x)s?(_?(values?|data|layer))?$", re.I
)
_ANSWERS = re.compile(r"^(get|read)_?(the_?)?(net_?)?(output|result|prediction|score|answer)s?(_?values?)?$", re.I)


def _feeder(item: Any) -> Callable[..., Any] | None:
    """The method that takes the input of a forward that takes nothing: `set_input(x)`."""
    found = entries.matching(entries.methods(item), _FEEDS)
    return next((method for method in found if sum(parameters(method).values()) == 1), None)


def _answers(item: Any) -> Callable[..., Any] | None:
    """The method that gives the scores after such a forward: `get_results()`."""
    found = entries.matching(entries.methods(item), _ANSWERS)
    return next((method for method in found if not any(parameters(method).values())), None)


_LOSS_OBJECT = re.compile(r"^_*(loss|cost|criterion|error)_?(fn|func\w*|obj\w*|layer|class)?$", re.IGNORECASE)


def _holds(item: Any, one: Any) -> bool:
    return any(value is one for value in vars(item).values())


def _criterion(item: Any) -> tuple[Any, Callable[[Any, Any], Any]] | None:
    """The loss object that it holds, or that stands beside it, and its value of scores and labels."""
    held = [value for name, value in vars(item).items() if _LOSS_OBJECT.match(name)]
    found = [each for each in held if odd_loss.matches(each)]
    if not found and held:
        return None
    beside = beside_loss(type(item)) if not found else None
    one = found[0] if found else beside
    value = odd_loss.value_of(one) if one is not None else None
    return (one, value) if one is not None and value is not None else None


def _picks(
    item: Any, forward: Callable[..., Any], call: Callable[[Array], Any], held_x: str | None
) -> Iterator[tuple[Callable[[Any], Any], str]]:
    """What to take as the scores: what is returned, else an attribute that forward sets."""
    held = {name: results.last(value) for name, value in vars(item).items()}
    before = {name: np.array(value) for name, value in held.items() if isinstance(value, np.ndarray)}
    state = Snapshot(item)
    returned = try_input(item, call)
    names: list[str] = []
    if returned is None or isinstance(returned, str) or _is_number(returned):
        names = results.score_attributes(item)
        names = [
            n for n in names if n not in before or not np.array_equal(before[n], results.last(getattr(item, n)))
        ]
    state.restore()  # a forward may take no second one before it is emptied
    if returned is None or isinstance(returned, str) or _is_number(returned):
        for name in names[:3]:
            yield partial(_attribute, item, name), f", scores in {name}"
        if returned is None and not names:  # it takes nothing: the trial says why
            yield partial(_picked, lambda value: value), ""
        if not _is_number(returned):
            return
    for pick in results.score_picks(forward, returned)[:2]:
        yield partial(_picked, pick), ""


def _is_number(value: Any) -> bool:
    """One number: a loss, or the score of a sample with one output."""
    return isinstance(value, (int, float, np.number)) or (isinstance(value, np.ndarray) and value.size == 1)


def _cache_in(returned: Any) -> Any:
    if isinstance(returned, tuple):
        return next((part for part in reversed(returned) if isinstance(part, (dict, list, tuple))), returned[-1])
    return returned


def _difference(y: Any, t: Any) -> Any:
    try:
        return np.asarray(y, dtype=np.float64) - np.asarray(t, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def _resize_labels(item: Any, held_t: str | None, samples: int) -> None:
    """As many labels as inputs, for a forward that takes both from the object."""
    labels = vars(item).get(held_t or "")
    if held_t is not None and isinstance(labels, np.ndarray) and labels.ndim and len(labels) != samples:
        setattr(item, held_t, np.resize(labels, (samples, *labels.shape[1:])))


def _own_losses(item: Any, back: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Its methods, and the module's functions that it calls, that give a loss."""
    found = entries.losses(entries.methods(item))
    namespace = getattr(getattr(back, "__func__", back), "__globals__", {})
    used = functions_used([type(item)], namespace)
    return found | entries.losses({name: namespace[name] for name in sorted(used)})


def _own(function: Callable[..., Any], x: Array, t: Any, y: Any, named: dict[str, Any]) -> Any:
    """The loss by its own function; a result that can be no loss is refused."""
    turned = np.ndim(t) == 2 and np.shape(y) == np.shape(t)[::-1] != np.shape(t)  # labels as the scores lie
    labels = np.transpose(t) if turned else t
    arguments = fill(function, {"x": x, "t": labels, "y": y, "zero": 0.0, "training": True}, named)
    if arguments is None or not arguments:
        raise TypeError(f"{function.__name__} takes something else")
    value = function(*arguments)
    plain = np.asarray(value[0] if isinstance(value, tuple) else value, dtype=np.float64)
    if plain.size > 1 and (
        np.any(plain < 0) or (np.shape(plain) == np.shape(y) and plain.size == np.size(t) > len(t))
    ):
        raise TypeError(f"{function.__name__} gives an array like the scores: a derivative, not a loss")
    return value


def _scores(call: Callable[[Array], Any], pick: Callable[[Any], Any], x: Array) -> Any:
    return pick(call(x))


def _attribute(item: object, name: str, returned: Any) -> Any:
    return results.last(getattr(item, name))


def _picked(pick: Callable[[Any], Any], returned: Any) -> Any:
    return results.last(pick(returned))
