"""A file's free functions, taken together as a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backproof.subjects.trial import entries

INITIAL = re.compile(
    r"^(initiali[sz]e|init|create|build|make|get|setup|random)_?(\w*(param|weight|network|model|layers|bias|nn|net)\w*)?$",
    re.I,
)


@dataclass(frozen=True)
class Functions:
    """The functions made in one file, by name."""

    name: str
    own: Mapping[str, Callable[..., Any]]


def form_a_network(own: Mapping[str, Callable[..., Any]]) -> bool:
    """Whether there are a forward of the whole, a backward of the whole and a start for the parameters."""
    forward, back = entries.matching(own, entries.FORWARD, entries.SCORES), entries.going_back(own)
    return bool(forward and back and initial_functions(own))


def entry_functions(own: Mapping[str, Callable[..., Any]]) -> list[Callable[..., Any]]:
    """The functions that a check of the whole starts from."""
    return [
        *entries.matching(own, entries.FORWARD, entries.SCORES),
        *entries.going_back(own),
        *entries.losses(own).values(),
    ]


def initial_functions(own: Mapping[str, Callable[..., Any]]) -> list[Callable[..., Any]]:
    """The functions that make the first parameters, the likeliest first."""
    found = [f for name, f in own.items() if INITIAL.match(name) and not re.search("adam|velocity|moment", name)]
    return sorted(found, key=lambda f: ("deep" not in f.__name__, "param" not in f.__name__, len(f.__name__)))
