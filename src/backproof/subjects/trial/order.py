"""A training that shuffles its samples, run in the order in which they are given.

What it holds at its end belongs to the samples in the order drawn; only in the given one is it known whose it is.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np


@contextmanager
def in_given_order(item: Any, namespace: MutableMapping[str, Any]) -> Iterator[None]:
    """Whatever the object's code, whose globals are the namespace, shuffles inside stays as it is."""
    swapped = [(*held, other) for held in _held(item, namespace) if (other := _in_order(held[2])) is not None]
    for home, name, _, other in swapped:
        home[name] = other
    try:
        yield
    finally:
        for home, name, value, _ in swapped:
            home[name] = value


def _held(item: Any, namespace: MutableMapping[str, Any]) -> Iterator[tuple[MutableMapping[str, Any], str, Any]]:
    """What may shuffle, and where it is held."""
    yield from ((vars(home), name, vars(home)[name]) for home, name, _ in _SHUFFLING)
    for home in (namespace, vars(item) if hasattr(item, "__dict__") else {}):
        yield from ((home, name, value) for name, value in home.items())


def _in_order(value: Any) -> Any:
    """What takes the place of a generator, or of a function that shuffles; None for anything else."""
    if isinstance(value, np.random.Generator):
        return _Generator(value.bit_generator)
    if isinstance(value, _STATE):
        return _State(value)
    return _INSTEAD.get(id(value))


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
_SHUFFLING: list[tuple[ModuleType, str, Any]] = [
    (np.random, "permutation", _permutation),
    (np.random, "shuffle", _shuffle),
    (np.random, "default_rng", _default_rng),
    (np.random, "RandomState", _State),
    (random, "shuffle", _shuffle),
]
_INSTEAD = {id(getattr(home, name)): other for home, name, other in _SHUFFLING}
