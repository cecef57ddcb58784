"""Gaussian directions of unit length, drawn once for all arrays of a shape.

A direction misses an error δ of the gradient where ⟨d, δ⟩ happens to be small, whatever else it was used for: so
the same one may serve every array of its shape. Only where it crosses a kink is another one drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any, Protocol

import numpy as np

from backproof.protocols import Array

LARGE = 1_000_000  # entries, from which on a direction is kept in levels
LEVELS = 256
IN_CACHE = 1 << 15  # entries of three arrays that are gone through together
QUANTILES = np.array([NormalDist().inv_cdf((i + 0.5) / LEVELS) for i in range(LEVELS)])


class Direction(Protocol):
    """What is read of a direction: its entries, part by part."""

    def __getitem__(self, part: Any, /) -> Array: ...


class Leveled:
    """A Gaussian direction in 256 equally likely levels, none of them 0: a byte an entry, cheap to draw."""

    def __init__(self, shape: tuple[int, ...], rng: np.random.Generator) -> None:
        self.levels = np.frombuffer(rng.bytes(math.prod(shape)), np.uint8).reshape(shape)
        counts = sum(np.bincount(self.levels[p].ravel(), minlength=LEVELS) for p in parts(self.levels))
        self.values = QUANTILES / math.sqrt(float(counts @ QUANTILES**2))

    def __getitem__(self, part: Any) -> Array:
        found: Array = self.values[self.levels[part]]
        return found


@dataclass
class Directions:
    """Draws from `rng`; the directions for a shape are drawn when first asked for, and kept."""

    rng: np.random.Generator
    kept: dict[tuple[int, ...], list[Direction]] = field(default_factory=dict)

    def number(self, i: int, shape: tuple[int, ...]) -> Direction:
        """The i-th direction for arrays of this shape."""
        known = self.kept.setdefault(shape, [])
        while len(known) <= i:
            known.append(self._drawn(shape))
        return known[i]

    def _drawn(self, shape: tuple[int, ...]) -> Direction:
        if math.prod(shape) >= LARGE:
            return Leveled(shape, self.rng)
        direction = self.rng.standard_normal(shape)
        direction *= 1 / math.sqrt(float(np.vdot(direction, direction)))
        return direction


def parts(array: Array) -> Iterator[Any]:
    """An array in parts that stay in the cache, along its first axis."""
    if array.size <= IN_CACHE or array.ndim == 0:
        yield ...
        return
    rows = max(1, IN_CACHE * len(array) // array.size)
    for start in range(0, len(array), rows):
        yield slice(start, start + rows)
