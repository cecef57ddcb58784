"""The same object made otherwise: another activation that its class offers, a penalty, other options."""

from __future__ import annotations

import inspect
import itertools
import sys
from collections.abc import Callable, Iterator
from typing import Any

from backproof.subjects.argument_roles import role
from backproof.subjects.construct import prepared
from backproof.subjects.layer_specs import other_activations
from backproof.subjects.options import set_in_calls
from backproof.subjects.penalty import SWITCHED_ON, is_off
from backproof.subjects.proposal import Proposal
from backproof.subjects.uses import choices

_BENDS = {"relu", "sigmoid", "tanh", "logistic"}  # smooth enough, and made for the inside of a network
_MOST = 2  # of a kind


def variants(cls: type, proposal: Proposal, *, penalised: bool) -> Iterator[tuple[Any, str]]:
    """Objects made as this one but for one argument, each with how it was made.

    Another activation, a word or a function; options as the file around sets them; penalised: the weight of a
    penalty that is zero otherwise.
    """
    try:
        signature = inspect.signature(cls)
        given = signature.bind_partial(*proposal.args, **proposal.kwargs)
    except (TypeError, ValueError):
        return
    bends, further = [], []
    paired = sum(map(inspect.isfunction, given.arguments.values())) > 1  # one alone would not fit its derivative
    for name, parameter in signature.parameters.items():
        value = given.arguments.get(name, parameter.default)
        bend = role(name) == "activation" or str(value).lower() in _BENDS  # Activation(kind="relu")
        others = _others(cls, name, value) if bend else other_activations(cls, name, value)
        bends += [(name, other) for other in others if not (paired and inspect.isfunction(value))]
        further += [(name, SWITCHED_ON)] if penalised and is_off(parameter, value) else []
    tried = set(map(repr, bends))
    further += [option for option in set_in_calls(cls, given.arguments) if repr(option) not in tried]
    for changes in (bends, further):
        yield from itertools.islice(_made(cls, given, changes), _MOST)


def _made(cls: type, given: inspect.BoundArguments, changes: list[tuple[str, Any]]) -> Iterator[tuple[Any, str]]:
    """An object for each change of one argument that constructs."""
    for name, other in changes:
        changed = inspect.BoundArguments(given.signature, {**given.arguments, name: other})
        try:
            instance = cls(*changed.args, **changed.kwargs)
            prepared(instance)
        except (Exception, SystemExit):  # it is offered and does not construct
            continue
        yield instance, f"{cls.__name__}(..., {name}={getattr(other, '__name__', repr(other))})"


def offers_others(cls: type) -> bool:
    """Whether a class is made with one of several activations, by a word."""
    try:
        given = inspect.signature(cls).parameters.values()
    except (TypeError, ValueError):
        return False
    words = ({word.lower() for word in choices(cls, p.name)} & _BENDS for p in given)
    return any(len(known) + (p.default is None) > 1 for p, known in zip(given, words, strict=True) if known)


def _others(cls: type, name: str, value: Any) -> list[Any]:
    """What may stand in the place of this activation."""
    if value is None or isinstance(value, str):
        return [word for word in choices(cls, name) if word.lower() in _BENDS and word != value]
    if inspect.isfunction(value):
        beside = vars(sys.modules[value.__module__]) if value.__module__ in sys.modules else {}
        alike = [f for f in beside.values() if inspect.isfunction(f) and f.__module__ == value.__module__]
        return [f for f in alike if f.__name__.lower() in _BENDS and f is not value and _takes_the_same(f, value)]
    return []


def _takes_the_same(one: Callable[..., Any], other: Callable[..., Any]) -> bool:
    names = [list(inspect.signature(each).parameters) for each in (one, other)]
    return len(names[0]) == len(names[1]) and names[0][1:] == names[1][1:]
