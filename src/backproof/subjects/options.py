"""Options of a class as its own file sets them: `Conv(3, 8, stride=2)` where the stride is 1 by default."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from backproof.subjects.argument_roles import role, words_of
from backproof.subjects.calls import own_calls
from backproof.subjects.trial.roles import SHRINKING
from backproof.subjects.trial.roles import role as trial_role

# What a network is made of and how it is trained says nothing of how its gradients are reckoned.
_OTHERS = {
    "input", "hidden", "output", "sizes", "hidden list", "width", "channels", "filters", "kernel", "filter size",
    "image", "pool", "weight", "bias", "gamma", "beta", "initialiser", "weight std", "seed", "rate", "decay",
    "momentum", "epsilon",
}  # fmt: skip
# With these a layer leaves its own gradient, or a factor of it, to others.
_ELSEWHERE = {
    "train",
    "training",
    "trainable",
    "frozen",
    "freeze",
    "test",
    "eval",
    "inference",
    "first",
    "last",
    "final",
}
_FUSED = {"softmax", "linear", "none", "identity"}


def set_in_calls(cls: type, given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(parameter, value) of every option that a call in its file or beside it sets otherwise than is given."""
    parameters = inspect.signature(cls).parameters
    seen: set[tuple[str, Any]] = set()
    for call in own_calls(cls):
        for name, value in call.items():
            plain = isinstance(value, (int, float)) or (isinstance(value, str) and value.lower() not in _FUSED)
            if plain and (name, value) not in seen and _is_option(parameters[name]):
                seen.add((name, value))
                if value != given.get(name, parameters[name].default):
                    yield name, value


def _is_option(parameter: inspect.Parameter) -> bool:
    """Whether it changes what is computed and may be left out."""
    if parameter.default is parameter.empty or SHRINKING.fullmatch(parameter.name.strip("_")):
        return False
    known = role(parameter.name) in _OTHERS or trial_role(parameter.name) in ("training", "rate", "once")
    return not known and not words_of(parameter.name) & _ELSEWHERE
