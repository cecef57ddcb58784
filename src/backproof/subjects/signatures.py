"""What a function says of its own arguments, by position."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def parameters(function: Callable[..., Any]) -> dict[str, bool]:
    """The positional parameters, each with whether it must be given; {} where they cannot be read."""
    if inspect.isfunction(function):
        return dict(_of_function(function))
    if inspect.ismethod(function) and inspect.isfunction(function.__func__):
        return dict(_of_function(function.__func__)[1:])
    return dict(_read(function))


@functools.lru_cache(2048)  # asked for at every evaluation
def _of_function(function: Callable[..., Any]) -> tuple[tuple[str, bool], ...]:
    return _read(function)


def _read(function: Callable[..., Any]) -> tuple[tuple[str, bool], ...]:
    return tuple((p.name, p.default is p.empty) for p in _own(function) or [] if p.kind in _POSITIONAL)


def _own(function: Callable[..., Any]) -> list[inspect.Parameter] | None:
    """What it says it takes; None where that cannot be read, as with functions written in C."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return None


def required(function: Callable[..., Any]) -> list[str]:
    """The names of the positional parameters without a default."""
    return [name for name, needed in parameters(function).items() if needed]


def wanted(function: Callable[..., Any]) -> list[str]:
    """What a function must be given to say anything: where nothing is required, a first one of None or `*xs`.

    `["x"]` where its parameters cannot be read, as with a NumPy function.
    """
    found = _own(function)
    if found is None:
        return ["x"]
    asks = [p.name for p in found[:1] if p.default is None or p.kind is p.VAR_POSITIONAL]
    return required(function) or asks


def takes_argument(function: Callable[..., Any]) -> bool:
    """Whether it takes any positional argument: a loss layer's backward may go without."""
    found = _own(function)
    return found is None or any(p.kind in (*_POSITIONAL, p.VAR_POSITIONAL) for p in found)


def argument_names(function: Callable[..., Any], count: int) -> list[str]:
    """Names for the first `count` arguments: its own, then x1, x2."""
    names = list(parameters(function))
    return [*names, *(f"x{i}" for i in range(len(names), count))][:count]
