"""Gaussian directions of unit length, drawn once for all arrays of a shape.

A direction misses an error δ of the gradient where ⟨d, δ⟩ happens to be small, whatever else it was used for: so
the same one may serve every array of its shape. Only where it crosses a kink is another one drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np

from backproof.check.values import VERY_LARGE
from backproof.protocols import Array

IN_CACHE = 1 << 15  # entries of three arrays that are gone through together
# 256 equally likely quantiles of the normal distribution in 44ths of its deviation, away from 0: −127 to 127.
_QUANTILES = [44 * NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256)]
_ROUNDED = np.array([math.copysign(math.ceil(abs(q)), q) for q in _QUANTILES], np.int8).tobytes()


@dataclass(frozen=True, eq=False)
class Direction:
    """unit · steps: an array of any number type, and the factor that makes it as long as it should be."""

    steps: Array
    unit: float = 1.0


@dataclass
class Directions:
    """Draws from `rng`; the directions for a shape are drawn when first asked for, and kept."""

    rng: np.random.Generator
    kept: dict[tuple[int, ...], list[Direction]] = field(default_factory=dict)

    def number(self, i: int, shape: tuple[int, ...]) -> Direction:
        """The i-th direction for arrays of this shape."""
        known = self.kept.setdefault(shape, [])
        while len(known) <= i:
            steps, _ = gaussian(shape, self.rng)
            known.append(Direction(steps, 1 / math.sqrt(dot(steps, steps))))
        return known[i]


def gaussian(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[Array, float]:
    """Normal deviates and their standard deviation; very many of them in whole numbers, a byte each."""
    n = math.prod(shape)
    if n < VERY_LARGE:
        return rng.standard_normal(shape), 1.0
    return np.frombuffer(rng.bytes(n).translate(_ROUNDED), np.int8).reshape(shape), 44.0


def dot(a: Array, b: Array) -> float:
    """⟨a, b⟩ of two arrays of one shape in float64, without a temporary of their size."""
    return sum(
        float(np.vdot(np.asarray(a[part], np.float64), np.asarray(b[part], np.float64))) for part in parts(a)
    )


def parts(array: Array) -> Iterator[Any]:
    """An array in parts that stay in the cache, along its first axis."""
    if array.size <= IN_CACHE or array.ndim == 0:
        yield ...
        return
    rows = max(1, IN_CACHE * len(array) // array.size)
    for start in range(0, len(array), rows):
        yield slice(start, start + rows)
