"""A file's free functions, taken together as a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.subjects.trial import entries, starts
from backproof.subjects.trial.loops import TrainingLoop
from backproof.subjects.trial.loss_functions import LossFunctions
from backproof.subjects.trial.sequences import Steps

INITIAL = re.compile(
    r"^(initiali[sz]e|init|create|build|make|get|setup|random)_?(\w*(param|weight|network|model|layers|bias|nn|net|deep)\w*)?$"
    r"|^(initiali[sz]e|init)_?\w*|^\w*(param|weight|bias)\w*_(init|initiali[sz]\w+|creation)$",
    re.IGNORECASE,
)


_OTHERWISE = re.compile("adam|velocity|moment|rms|data|optim", re.IGNORECASE)  # what is not parameters


@dataclass(frozen=True)
class Functions:
    """The functions made in one file, by name."""

    name: str
    own: Mapping[str, Callable[..., Any]]


def form_a_network(own: Mapping[str, Callable[..., Any]]) -> bool:
    """Whether there are a forward of the whole, a backward of the whole, and parameters for them."""
    forwards = entries.matching(own, entries.FORWARD, entries.SCORES)
    backs = entries.going_back(own)
    if not forwards:
        return False
    if backs and (initial_functions(own) or any(map(starts.parameter_names, forwards))):
        return True
    if any(derivatives_apart(own, forward) for forward in forwards):
        return True
    return bool(backs) and (bool(starts.read_by_key(forwards)) or _reads_weights(forwards))


def derivatives_apart(
    own: Mapping[str, Callable[..., Any]], forward: Callable[..., Any]
) -> list[Callable[..., Any]]:
    """The functions that give the gradient of one parameter each: `derivative_w2(Z, T, Y)` for W2."""
    marks = "|".join(("derivative", "deriv", "gradient", "grad", "d"))
    found = []
    for name in starts.parameter_names(forward):
        wanted = re.compile(rf"({marks})_?{name}|{name}_({marks})", re.IGNORECASE)
        found.append(next((f for other, f in own.items() if wanted.fullmatch(other)), None))
    return [f for f in found if f is not None] if found and None not in found else []


def _reads_weights(forwards: list[Callable[..., Any]]) -> bool:
    """Whether some forward uses arrays of its module that by their names are weights."""
    for forward in forwards:
        code, namespace = getattr(forward, "__code__", None), getattr(forward, "__globals__", {})
        names = [n for n in code.co_names if starts.is_weight(n)] if code is not None else []
        if any(isinstance(namespace.get(n), (np.ndarray, list, dict)) for n in names):
            return True
    return False


def entry_functions(item: Functions | LossFunctions | Steps | TrainingLoop) -> list[Callable[..., Any]]:
    """The functions that a check of the whole starts from."""
    if isinstance(item, TrainingLoop):
        return [item.function]
    if isinstance(item, LossFunctions):
        return [item.loss, item.gradient]
    if isinstance(item, Steps):
        return [f for each in (item, *item.others) for f in each.functions]
    own = item.own
    return [
        *entries.matching(own, entries.FORWARD, entries.SCORES),
        *entries.going_back(own),
        *entries.losses(own).values(),
    ]


def initial_functions(own: Mapping[str, Callable[..., Any]]) -> list[Callable[..., Any]]:
    """The functions that make the first parameters, the likeliest first."""
    found = [f for name, f in own.items() if INITIAL.match(name) and not _OTHERWISE.search(name)]
    return sorted(found, key=lambda f: ("deep" not in f.__name__, "param" not in f.__name__, len(f.__name__)))
