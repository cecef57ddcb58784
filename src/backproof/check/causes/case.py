"""One wrong quantity at one point: what the code claims, what the differences say, and what it was made of."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backproof.check.verdict import Probe
from backproof.differences import CUBE_ROOT_EPS
from backproof.protocols import Array

FITS = 1e-6  # of the claimed gradient's size
ENTRIES = 1024  # up to here every entry of the numeric gradient is taken
SAMPLED = 128  # of a larger one, at random


@dataclass
class Case:
    """claimed: the code's gradient; positions: flat indices where the numeric gradient `numeric` was taken.

    x, y, dout: the operation's input, output and incoming gradient (1.0 for a loss); labels: rows, for a loss.
    """

    quantity: str
    kind: str  # what the operation is meant to be, "" where unknown
    samples: int
    claimed: Array
    positions: Array
    numeric: Array
    x: Array
    y: Array
    dout: Any
    target: Array  # the array that the gradient is of
    parameters: Mapping[str, Array]
    labels: Array | None = None
    words: tuple[str, ...] = ()
    truth_values: bool = False  # whether the code gave it as True and False

    def worst(self, count: int) -> Array:
        """Flat positions of the entries at which claimed and numeric gradient differ most."""
        order = np.argsort(-np.abs(self.at(self.claimed) - self.numeric), kind="stable")
        found: Array = self.positions[order[:count]]
        return found

    @property
    def whole(self) -> Array | None:
        """The full numeric gradient, where every entry was taken."""
        return self.numeric.reshape(self.claimed.shape) if self.positions.size == self.claimed.size else None

    def at(self, array: Array) -> Array:
        """The entries of an array of the gradient's shape where the numeric gradient is known."""
        picked: Array = np.broadcast_to(array, self.claimed.shape).reshape(-1)[self.positions]
        return picked


@dataclass(frozen=True)
class Hypothesis:
    """A gradient that the mistake `cause` would have produced."""

    cause: str
    array: Array


@dataclass(frozen=True)
class Named:
    """The cause that was found, with what speaks for it."""

    cause: str
    evidence: dict[str, Any] = field(default_factory=dict)


def measured(
    probe: Probe, rng: np.random.Generator, entries: int = ENTRIES, sampled: int = SAMPLED
) -> tuple[Array, Array]:
    """(positions, numeric): central differences at every entry of at most `entries`, or at `sampled` of more."""
    n = probe.array.size
    positions = np.arange(n) if n <= entries else np.sort(rng.choice(n, sampled, replace=False))
    return positions, measured_at(probe, positions)


def measured_at(probe: Probe, positions: Array) -> Array:
    """The numeric gradient at these flat positions, by central differences."""
    h = CUBE_ROOT_EPS * probe.scale
    moved = [probe.at(int(i), h) - probe.at(int(i), -h) for i in positions]
    probe.restore()
    slopes: Array = np.array([float(probe.cotangent @ m) for m in moved]) / (2 * h)
    return slopes


def fits(case: Case, candidate: Any) -> bool:
    """Whether the candidate is the claimed gradient, up to FITS of its size."""
    candidate = np.asarray(candidate)
    if candidate.shape != case.claimed.shape:
        return False
    size = float(np.abs(case.claimed).max(initial=0.0))
    if not np.all(np.isfinite(candidate)) or not math.isfinite(size) or size == 0:
        return size == 0 and not candidate.any()
    return bool(np.abs(candidate - case.claimed).max(initial=0.0) <= FITS * size)


def plain_factor(case: Case, candidate: Any) -> str:
    """The name of the plain factor between candidate and claimed gradient; "" where there is none."""
    candidate = np.asarray(candidate, dtype=np.float64)
    if candidate.shape != case.claimed.shape or not np.all(np.isfinite(candidate)) or not candidate.any():
        return ""
    ratio = float(np.vdot(candidate, case.claimed) / np.vdot(candidate, candidate))
    if not fits(case, ratio * candidate):
        return ""
    n = case.samples
    for name, value in (("-1", -1.0), ("2", 2.0), ("1/2", 0.5), ("N", float(n)), ("1/N", 1 / n), ("-1/N", -1 / n)):
        if math.isclose(ratio, value, rel_tol=FITS):
            return name
    return ""
