"""A training that shuffles its samples, run in the order in which they are given.

What it holds at its end belongs to the samples in the order drawn; only in the given one is it known whose it is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def in_given_order(item: Any, namespace: MutableMapping[str, Any]) -> Iterator[None]:
    """Whatever the object's code, whose globals are the namespace, shuffles inside stays as it is."""
    kept: list[tuple[MutableMapping[str, Any], str, Any]] = []
    held = vars(item) if hasattr(item, "__dict__") else {}
    for home in (vars(np.random), vars(random), namespace, held):
        for name, value in list(home.items()):
            if (other := _in_order(value)) is not None:
                kept.append((home, name, value))
                home[name] = other
    try:
        yield
    finally:
        for home, name, value in kept:
            home[name] = value


def _in_order(value: Any) -> Any:
    """What takes the place of a generator, or of a function that shuffles; None for anything else."""
    if isinstance(value, np.random.Generator):
        return _Generator(value.bit_generator)
    if isinstance(value, _STATE):
        return _State(value)
    return next((other for usual, other in _INSTEAD if value is usual), None)


def _permutation(values: Any, *_: Any, **__: Any) -> Any:
    return np.arange(values) if np.ndim(values) == 0 else np.array(values)


def _shuffle(*_: Any, **__: Any) -> None:
    """Leaves all in its place."""


class _Generator(np.random.Generator):
    permutation = staticmethod(_permutation)  # type: ignore[assignment]
    permuted = staticmethod(_permutation)  # type: ignore[assignment]
    shuffle = staticmethod(_shuffle)


class _State(np.random.RandomState):
    permutation = staticmethod(_permutation)  # type: ignore[assignment]
    shuffle = staticmethod(_shuffle)

    def __init__(self, seed: Any = None) -> None:
        super().__init__(None if isinstance(seed, _STATE) else seed)
        if isinstance(seed, _STATE):
            self.set_state(seed.get_state())


def _default_rng(seed: Any = None) -> np.random.Generator:
    return _Generator(_MADE(seed).bit_generator)


_MADE, _STATE = np.random.default_rng, np.random.RandomState  # others stand there for a while
_INSTEAD: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
    (np.random.permutation, _permutation),
    (np.random.shuffle, _shuffle),
    (random.shuffle, _shuffle),
    (np.random.default_rng, _default_rng),
    (np.random.RandomState, _State),
]
