"""Analytic against numeric: agree, disagree, kink or cannot tell; with the tolerance and why.

The quantity under test is g = ∂⟨c, F⟩/∂a for an array a that is perturbed in place, F the black box and c a
fixed cotangent. Central differences at two step sizes give value and error estimate:
τ = 10 · (|D(h) − D(2h)| + 8 · eps · Σ|c F| / h), the sum over the entries of F that moved, and a floor far below
what matters. Where D(h) along a direction is the claimed value down to that floor, D(2h) is spared.
Small arrays are taken entry by entry; larger ones along Gaussian directions of unit length, which miss an error δ
with probability at most (√(2n/π) · τ / ‖δ‖)^k.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from backproof.check.directions import Direction, Directions, dot, parts
from backproof.check.values import VERY_LARGE
from backproof.differences import CUBE_ROOT_EPS, EPS
from backproof.findings import Outcome, Verdict
from backproof.protocols import Array

ENTRIES_AT_MOST = 24  # entry by entry up to here, along directions above; `full` lifts it
KINKED_AT_MOST = 1024  # entries, up to which an array full of kinks is taken entry by entry after all
DIRECTIONS = 2  # each misses an error of a thousandth of the gradient with a probability of about 1e-5
REDRAWS = 4
STEP_LADDER = (1.0, 32.0, 1024.0)  # longer steps for code that computes in float32 inside
TINY_STEP = 1e-10  # of the array's magnitude: float64 notices it, float32 does not
EPS32 = float(np.finfo(np.float32).eps)
VANISHING = 1e-6  # a gradient below this share of Σ|c F| / |a| is zero where the difference says so too
ROUNDING = 1e-9  # of Σ|c F| / |a|: what rounding inside F can fake
COUNTS_BELOW = 0.01  # a direction counts where its tolerance is below this share of the gradient
NEGLIGIBLE = 1e-5  # relative; a difference that the code's own epsilon makes, a note and no fault
CHANCE = 1e-3  # the smallest visible error is that which is missed with at most this probability


@dataclass
class Probe:
    """φ(a) = ⟨cotangent, evaluate()⟩, where `evaluate` reads the live array `a`.

    here: what `evaluate` gives with the array as it is, where that is known. A very large array is put back only
    up to rounding: a copy of it would count.
    """

    array: Array
    evaluate: Callable[[], Array]
    cotangent: Array
    evaluations: int = 0
    eps: float = EPS  # relative rounding inside F
    here: Array | None = None

    def __post_init__(self) -> None:
        self.base = self.array.copy() if self.array.size < VERY_LARGE else None
        self.moved: tuple[Direction, float] | None = None  # where an array without a base stands
        # The array's own magnitude: its root mean square; 1 for an array of zeros.
        rms = math.sqrt(float(np.vdot(self.array, self.array)) / max(self.array.size, 1))
        self.scale = rms if rms > 0 and math.isfinite(rms) else 1.0
        if self.array.dtype.kind == "f":  # a step is rounded to what the array can hold
            self.eps = max(self.eps, float(np.finfo(self.array.dtype).eps))

    def at(self, direction: Direction | int, step: float) -> Array:
        """F at a + step · direction (an array, or the number of one entry)."""
        if isinstance(direction, int):
            own = self.array.flat[direction]
            self.array.flat[direction] = own + step
            try:
                return self._value()
            finally:
                self.array.flat[direction] = own
        self._move(direction, step)
        return self._value()

    def _value(self) -> Array:
        self.evaluations += 1
        value = self.evaluate()
        # an output that changes its shape has no derivative
        return value if value.shape == self.cotangent.shape else np.full(self.cotangent.shape, math.nan)

    def _move(self, direction: Direction, step: float) -> None:
        """Let the array be a + step · direction, once through memory and without a temporary of its size."""
        steps, by = direction.steps, step * direction.unit
        if self.base is not None:
            for part in parts(self.array):
                np.multiply(steps[part], by, out=self.array[part], dtype=np.float64)
                self.array[part] += self.base[part]
            return
        if self.moved is not None and self.moved[0] is not direction:
            self.restore()
        by -= self.moved[1] if self.moved is not None else 0.0
        for part in parts(self.array):
            self.array[part] += by * np.asarray(steps[part], np.float64)
        self.moved = (direction, step * direction.unit)

    def restore(self) -> None:
        """Put the array back."""
        if self.base is not None:
            self.array[...] = self.base
        elif self.moved is not None:
            self._move(self.moved[0], 0.0)
            self.moved = None

    def at_start(self) -> Array:
        """F with the array as it was given."""
        if self.here is None:
            self.restore()
            self.here = self._value()
        return self.here

    def natural(self) -> float:
        """Σ|c F| / |a|: the gradient of an output that grows in proportion to the array."""
        return float(np.abs(self.cotangent) @ np.abs(self.at_start())) / self.scale

    def central(self, direction: Direction | int, h: float) -> tuple[float, float]:
        """(D(h), τ): the central difference and the tolerance that its second step size earns it."""
        d1, noise = self._difference(direction, h)
        d2, _ = self._difference(direction, 2 * h)
        return d1, 10 * (abs(d1 - d2) + noise)

    def along(
        self, direction: Direction, h: float, claimed: float, norm: float, natural: float
    ) -> tuple[float, float, float]:
        """(D(h), τ, ‖g‖) for a claim of norm ‖g‖; no second step where D(h) is what is claimed down to τ's floor.

        To pass wrongly, D(h) would have to be off by just what the claim is off by.
        """
        root = math.sqrt(self.array.size)
        value, noise = self._difference(direction, h)
        size = max(norm, abs(value) * root)
        floor = 1e-9 * size / root + ROUNDING * natural
        tau = 10 * noise + floor
        if not abs(claimed - value) <= floor:
            second, _ = self._difference(direction, 2 * h)
            tau += 10 * abs(value - second)
        return value, tau, size

    def centrals(self, h: float) -> tuple[Array, Array]:
        """`central` for every entry, both (n,); a whole row of entries at once where columns are apart."""
        n = self.array.size
        values, tolerances = np.zeros(n), np.zeros(n)
        if self._columns_apart(h):
            direction = Direction(np.zeros(self.array.shape))
            rows = direction.steps.reshape(-1, self.array.shape[-1])
            for i, places in enumerate(np.arange(n).reshape(rows.shape)):
                rows[i] = 1
                d1, noise = self._differences(direction, h)
                d2, _ = self._differences(direction, 2 * h)
                values[places], tolerances[places] = d1, 10 * (np.abs(d1 - d2) + noise)
                rows[i] = 0
            self.restore()
        else:
            for i in range(n):
                values[i], tolerances[i] = self.central(i, h)
        return values, tolerances

    def _columns_apart(self, h: float) -> bool:
        """Whether entry (..., j) of the array moves the places (..., j) of F alone, as in `backproof.stacked`.

        Tried with the columns whose number has a certain bit, and with those that have it not: any two columns
        are parted by one of these sets, of which there are few.
        """
        columns = self.array.shape[-1] if self.array.ndim else 1
        here = self.at_start()
        if columns == 1 or here.size % columns:
            return False
        numbers = np.arange(columns)
        try:
            for bit in range((columns - 1).bit_length()):
                for value in (0, 1):
                    chosen = (numbers >> bit) & 1 == value
                    # steps of different sizes, so that effects of two columns do not cancel
                    direction = Direction(np.broadcast_to(chosen * (1 + numbers / columns), self.array.shape))
                    moved = self.at(direction, h) != here
                    if moved.reshape(-1, columns)[:, ~chosen].any():
                        return False
            return True
        finally:
            self.restore()

    def find_eps(self, h: float) -> None:
        """Set `eps` to that of float32 where F moves for a step h as if it should for a tiny one, and does not."""
        direction = Direction(np.random.default_rng(0).choice([-1.0, 1.0], size=self.array.shape))
        here = self.at_start()
        tiny, far = (self.at(direction, step) for step in (TINY_STEP * self.scale, h))
        self.restore()
        plainly = np.abs(far - here) > 1e-8 * np.abs(here)  # float64 would show 1e-5 of this
        if plainly.any() and np.mean((tiny != here)[plainly]) < 0.5:
            self.eps = EPS32

    def one_sided(self, direction: Direction | int, h: float) -> tuple[float, float]:
        """The differences to the left and to the right."""
        here = self.at_start()
        below, above = (self.at(direction, step) for step in (-h, h))
        return float(self.cotangent @ (here - below)) / h, float(self.cotangent @ (above - here)) / h

    def _difference(self, direction: Direction | int, h: float) -> tuple[float, float]:
        above, below = self.at(direction, h), self.at(direction, -h)
        moved = above - below
        weight = np.abs(self.cotangent) * (moved != 0)
        noise = 8 * self.eps * float(weight @ np.abs(above)) / h
        return float(self.cotangent @ moved) / (2 * h), noise

    def _differences(self, direction: Direction, h: float) -> tuple[Array, Array]:
        """`_difference` by columns of F."""
        above, below = self.at(direction, h), self.at(direction, -h)
        moved = above - below
        noise = np.abs(self.cotangent * above) * (moved != 0)
        by_column = (-1, self.array.shape[-1])
        slope: Array = (self.cotangent * moved).reshape(by_column).sum(axis=0) / (2 * h)
        return slope, 8 * self.eps * noise.reshape(by_column).sum(axis=0) / h


@dataclass
class Comparison:
    """The outcome for one array, before it is put into a Verdict."""

    outcome: Outcome
    method: str
    error: float = 0.0
    tolerance: float = 0.0
    relative: float = 0.0
    smallest_visible: float = 0.0
    unverified: int = 0
    evaluations: int = 0
    numeric: Array | None = None  # the whole numeric gradient where it was taken entry by entry
    worst: list[tuple[tuple[int, ...], float, float]] = field(default_factory=list)
    why: str = ""

    @property
    def fault(self) -> bool:
        return self.outcome == "disagree" and self.relative > NEGLIGIBLE

    @property
    def negligible(self) -> bool:
        return self.outcome == "disagree" and not self.fault


def compare(
    probe: Probe,
    analytic: Array,
    draws: Directions,
    *,
    directions: int = DIRECTIONS,
    entries_at_most: int = ENTRIES_AT_MOST,
) -> Comparison:
    """Compare `analytic`, the gradient the code claims, with the numeric one. The array is put back."""
    try:
        if probe.array.size == 0:
            return Comparison("agree", "entries", why="it has no entries")
        if probe.array.size <= entries_at_most:
            return by_entries(probe, analytic)
        comparison = along_directions(probe, analytic, draws, directions)
        probe.restore()
        if comparison.outcome == "cannot tell" and probe.array.size <= KINKED_AT_MOST:
            comparison = by_entries(probe, analytic)  # kinks: only entry by entry can tell
        return comparison
    finally:
        probe.restore()


def by_entries(probe: Probe, analytic: Array) -> Comparison:
    """Every entry by itself; an entry on a kink is accepted inside its one-sided differences and counted."""
    n = probe.array.size
    kinks = np.zeros(n, dtype=bool)
    flat = np.asarray(analytic, dtype=np.float64).ravel()
    h = CUBE_ROOT_EPS * probe.scale
    numeric, tolerance = probe.centrals(h)
    size = _size(numeric, flat)
    natural = probe.natural()
    tolerance += 1e-9 * size + ROUNDING * natural  # the floor: far below anything that matters to training
    unsure = ~(tolerance <= COUNTS_BELOW * size)
    if (unsure | ~(np.abs(flat - numeric) <= tolerance) | ~(tolerance <= COUNTS_BELOW * np.abs(flat).max())).any():
        probe.find_eps(h)
    if probe.eps > EPS:  # two steps that agree by chance: no entry is to be trusted
        unsure[:], tolerance[:] = True, math.inf
    for j in np.flatnonzero(unsure):
        for step in STEP_LADDER[1:]:
            value, tau = probe.central(int(j), step * h)
            if not tolerance[j] <= tau:
                numeric[j], tolerance[j] = value, tau + 1e-9 * size
    size = _size(np.where(tolerance <= np.abs(numeric), numeric, 0.0), flat)
    for j in np.flatnonzero(~(np.abs(flat - numeric) <= tolerance)):
        kinks[j] = _settle(probe, int(j), flat[j], h, numeric, tolerance, size)
    unclear = ~np.isfinite(numeric) | ~(tolerance <= COUNTS_BELOW * size)
    zero = VANISHING * natural
    unclear &= ~((np.abs(flat) <= tolerance) & (np.abs(numeric) <= tolerance) & (tolerance <= zero))
    error = np.where(unclear | kinks, 0.0, np.abs(flat - numeric))
    bad = ~unclear & ~kinks & ~(error <= tolerance)
    order = np.argsort(-error, kind="stable")[:5]
    worst = [(_index(i, probe.array.shape), float(flat[i]), float(numeric[i])) for i in order]
    bad_tolerance = float(tolerance[int(np.argmax(error))]) if n else 0.0
    outcome: Outcome = "agree"
    if bad.any():
        outcome = "disagree"
    elif unclear.sum() > n // 2:
        outcome = "cannot tell"
    elif kinks.any():
        outcome = "kink"
    seen = tolerance[~unclear & ~kinks]
    return Comparison(
        outcome,
        "entries",
        error=float(error.max(initial=0.0)),
        tolerance=bad_tolerance,
        relative=_relative(float(error.max(initial=0.0)), size, natural),
        smallest_visible=float(seen.max(initial=0.0)),
        unverified=int(kinks.sum() + unclear.sum()),
        evaluations=probe.evaluations,
        numeric=numeric.reshape(probe.array.shape),
        worst=worst,
        why=f"central differences at h = {h:.1e} and 2h, ten times their disagreement and rounding",
    )


def _settle(probe: Probe, i: int, claimed: float, h: float, numeric: Array, tolerance: Array, size: float) -> bool:
    """An entry disagrees at h: does it at h/4 and 4h too? Or is it a kink, or a longer step's business?

    Leaves the best numeric value and its tolerance in the arrays; True where the entry sits on a kink and the
    claimed value lies between its one-sided differences.
    """
    floor = 1e-9 * size
    best = (tolerance[i], numeric[i])
    if probe.eps > EPS:
        h *= STEP_LADDER[-1]
    for step in (h / 4, 4 * h, 64 * h, 4096 * h) if probe.eps == EPS else (h / 4, 4 * h):
        value, tau = probe.central(i, step)
        if not math.isfinite(value):
            continue
        if step <= 4 * h and abs(claimed - value) <= tau + floor:
            numeric[i], tolerance[i] = value, tau + floor
            return False
        if not best[0] <= tau:
            best = (tau, value)
    left, right = probe.one_sided(i, h)
    near_left, near_right = probe.one_sided(i, h / (16 if probe.eps == EPS else 4))
    gap, near_gap = abs(left - right), abs(near_left - near_right)
    noise = max(best[0], 1e-7 * size)
    if gap > noise and near_gap > 0.5 * gap:
        return bool(min(near_left, near_right) - noise <= claimed <= max(near_left, near_right) + noise)
    numeric[i], tolerance[i] = best[1], best[0] + (0.0 if best[0] == tolerance[i] else floor)
    return False


def along_directions(probe: Probe, analytic: Array, draws: Directions, k: int) -> Comparison:
    """Along k Gaussian directions of unit length that count; a kink or noise on the way means another draw."""
    n = probe.array.size
    analytic = np.asarray(analytic)
    norm = math.sqrt(dot(analytic, analytic))
    length = probe.scale * math.sqrt(n)  # of the array; the step is along the direction
    counted: list[tuple[float, float, float]] = []  # (claimed, numeric, τ)
    base_h = CUBE_ROOT_EPS * length
    natural = probe.natural() / math.sqrt(n)  # along one direction
    drawn = 0
    rung = 0
    while len(counted) < k and drawn < k + REDRAWS:
        direction = draws.number(drawn, probe.array.shape)
        drawn += 1
        claimed = direction.unit * dot(direction.steps, analytic)
        for step in STEP_LADDER[rung:]:
            value, tau, size = probe.along(direction, step * base_h, claimed, norm, natural)
            if math.isfinite(value) and (size == 0 or tau * math.sqrt(n) < COUNTS_BELOW * size):
                if abs(claimed - value) <= tau or _stands(probe, direction, claimed, step * base_h):
                    counted.append((claimed, value, tau))
                    rung = STEP_LADDER.index(step)
                break  # where it does not stand at every step size: draw again
        else:
            if max(abs(claimed), abs(value)) <= tau <= VANISHING * natural:
                counted.append((claimed, value, tau))
    if len(counted) < k and not any(abs(a - v) > t for a, v, t in counted):
        return Comparison(
            "cannot tell",
            "directions",
            evaluations=probe.evaluations,
            why=f"{len(counted)} of {drawn} directions were free of kinks and noise",
        )
    errors = [abs(a - v) for a, v, _ in counted]
    at = int(np.argmax(errors))
    size = max([norm / math.sqrt(n), *(abs(v) for _, v, _ in counted)])
    tau = max(t for _, _, t in counted)
    bad = any(e > t for e, (_, _, t) in zip(errors, counted, strict=True))
    return Comparison(
        "disagree" if bad else "agree",
        "directions",
        error=errors[at],
        tolerance=counted[at][2],
        relative=_relative(errors[at], size, natural),
        smallest_visible=math.sqrt(2 * n / math.pi) * tau / CHANCE ** (1 / max(len(counted), 1)),
        evaluations=probe.evaluations,
        worst=[((), *counted[at][:2])],
        why=f"{len(counted)} Gaussian directions, central differences, ten times the disagreement of two steps",
    )


def _stands(probe: Probe, direction: Direction, claimed: float, h: float) -> bool:
    """Whether the disagreement is there at h/4 and 4h too, and is no kink that both sides meet at the start."""
    for step in (h / 4, 4 * h):
        value, tau = probe.central(direction, step)
        if not abs(claimed - value) > tau:
            return False
    left, right = probe.one_sided(direction, h)
    near_left, near_right = probe.one_sided(direction, h / 16)
    gap, near_gap = abs(left - right), abs(near_left - near_right)
    return not (gap > tau and 0.5 * gap < near_gap < 2 * gap)


def to_verdict(comparison: Comparison, layer: str, quantity: str, point: str, samples: int) -> Verdict:
    """The comparison as the plain data that a report carries."""
    return Verdict(
        layer=layer,
        quantity=quantity,
        outcome="agree" if comparison.negligible else comparison.outcome,
        method="entries" if comparison.method == "entries" else "directions",
        point="own" if point == "own" else "generic",
        samples=samples,
        error=comparison.error,
        tolerance=comparison.tolerance,
        why=comparison.why,
        smallest_visible=comparison.smallest_visible,
        unverified=comparison.unverified,
        evaluations=comparison.evaluations,
        worst=tuple(comparison.worst),
    )


def _relative(error: float, size: float, natural: float) -> float:
    """The error against the gradient, or against a ten-thousandth of its natural size where it vanishes."""
    reference = max(size, 1e-4 * natural)
    return error / reference if reference else 0.0


def _size(*gradients: Array) -> float:
    finite = [np.abs(g[np.isfinite(g)]).max(initial=0.0) for g in gradients]
    return float(max(finite))


def _index(i: int | np.intp, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(j) for j in np.unravel_index(int(i), shape))
