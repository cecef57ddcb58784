"""Objects in place of values that code asks for what they do not have: `'str' object has no attribute 'activate'`.

The error says which value it was and what was asked of it; a class that has that, in the file or beside it, says
what was meant.
"""

from __future__ import annotations

import inspect
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from backproof.subjects.argument_roles import COUNT, words_of
from backproof.subjects.argument_values import call_text
from backproof.subjects.beside import as_given
from backproof.subjects.imports import is_users
from backproof.subjects.parts import by_roles, known_to, made_of
from backproof.subjects.proposal import Proposal

_USUAL = re.compile("sigm|tanh", re.IGNORECASE)
_OF_NUMBERS = COUNT | {"size", "batch", "dim", "width"}


def with_what_was_asked_for(cls: type, proposal: Proposal, error: BaseException | None) -> Proposal | None:
    """The proposal with objects where the error says that a plain value was given; None where none is known."""
    if not isinstance(error, AttributeError) or not isinstance(error.obj, (str, int, float)):
        return None
    given = {**dict(zip(_names(cls), proposal.args, strict=False)), **proposal.kwargs}
    known = _known(cls)
    for name, value in sorted(given.items(), key=lambda each: bool(words_of(each[0]) & _OF_NUMBERS)):
        meant = _meant(value, error.obj, str(error.name), known)
        if meant is not None:
            return _replaced(cls, proposal, name, meant)
    return proposal if _put_inside(given.values(), error.obj, str(error.name), known) else None


def _known(cls: type) -> dict[str, type]:
    """The classes beside this one and beside those that its constructor is annotated with, the likeliest first."""
    annotated = [p.annotation for p in inspect.signature(cls).parameters.values() if p.annotation is not p.empty]
    homes = [cls, *(each for each in annotated if isinstance(each, type) and is_users(each.__module__))]
    found = [item for home in homes for item in known_to(home).values()]
    classes = [item for item in found if isinstance(item, type) and not inspect.isabstract(item)]
    classes.sort(key=lambda each: (each.__module__ != cls.__module__, not _USUAL.search(each.__name__)))
    known: dict[str, type] = {}
    for item in classes:
        known.setdefault(item.__name__, item)
    return known


def _meant(value: Any, plain: Any, attribute: str, known: Mapping[str, type]) -> Any:
    """An object in place of a plain value, or a list of them; None where this is not the value."""
    if value is plain:
        return next(_objects(attribute, (plain,), known), None)
    if not isinstance(value, (list, tuple)) or not any(each is plain for each in value):
        return None
    numbers = all(type(each) is int for each in value)
    pairs = list(itertools.pairwise(value)) if numbers else []
    for sizes in (pairs, [(each,) for each in value]):
        parts = [next(_objects(attribute, size, known), None) for size in sizes]
        if parts and None not in parts:
            return parts
    return None


def _objects(attribute: str, values: tuple[Any, ...], known: Mapping[str, type]) -> Iterator[Any]:
    """Objects that have the attribute, made of these values: sizes, or a word that they may do without."""
    for cls in known.values():
        numbers = all(type(value) is int for value in values)
        made = [by_roles(cls, values[0], values[1], dict(known))] if numbers and len(values) > 1 else []
        made += (
            [made_of(cls, *values), made_of(cls, *values, "tanh"), made_of(cls, *values, *values)]
            if numbers
            else []
        )
        made += [as_given(cls)] if len(values) == 1 else []
        yield from (one for one in made if one is not None and hasattr(one, attribute))


def _put_inside(given: Any, plain: Any, attribute: str, known: Mapping[str, type]) -> bool:
    """Puts the object into what the arguments hold, as the activation of a layer; whether there was a place."""
    each = [part for value in given for part in (value if isinstance(value, (list, tuple)) else [value])]
    places = [(part, n) for part in each if hasattr(part, "__dict__") for n, v in vars(part).items() if v is plain]
    one = next(_objects(attribute, (plain,), known), None) if places else None
    for part, name in places if one is not None else ():
        setattr(part, name, one)
    return one is not None


def _replaced(cls: type, proposal: Proposal, name: str, meant: Any) -> Proposal:
    names = _names(cls)
    args, kwargs = proposal.args, proposal.kwargs
    if name in kwargs:
        kwargs = {**kwargs, name: meant}
    else:
        args = (*args[: names.index(name)], meant, *args[names.index(name) + 1 :])
    return replace(proposal, args=args, kwargs=kwargs, text=call_text(cls, names, args, kwargs))


def _names(cls: type) -> list[str]:
    return list(inspect.signature(cls).parameters)
