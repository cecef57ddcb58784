"""How the gradients of code relate to one loss: where they lie, their common factor, a penalty on the weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from backproof.subjects.trial import implied
from backproof.subjects.trial.matching import FITS, SIZES

_NEAR = 1e-2  # of a power of N


@dataclass
class Fit:
    """How the gradients relate to one loss, at both numbers of samples."""

    loss: str
    paths: dict[str, str]  # where each parameter's gradient lies
    agreeing: set[str]
    factors: list[float]
    penalty: float = 0.0
    penalised: set[str] = field(default_factory=set)

    def better_than(self, other: Fit | None) -> bool:
        """Whether more parameters agree, or as many with a steadier factor."""
        if other is None or len(self.agreeing) != len(other.agreeing):
            return other is None or len(self.agreeing) > len(other.agreeing)
        return bool(self.agreeing) and self.steady and not other.steady

    @property
    def steady(self) -> bool:
        """Whether the common factor is a number times a power of N: else it depends on the data."""
        a, b = self.factors
        if a * b <= 0:
            return False
        power = math.log(b / a) / math.log(SIZES[1] / SIZES[0])
        return abs(power - round(power)) < _NEAR


_BASES = (math.log(10), math.log(2))  # of logarithms that are mistaken for the natural one


def factor_of(fit: Fit, updates: bool, descends: bool, errors: bool) -> Callable[[int], float]:
    """The common factor of the gradients as a function of the number of samples.

    What no learning rate explains is left for the proof to find: another sign where the code goes down along its
    gradient (descends), unless errors are given, whose sign is the caller's; the base of another logarithm in its
    own loss.
    """
    a, b = fit.factors
    if a * b <= 0:
        return lambda n: a
    power = math.log(b / a) / math.log(SIZES[1] / SIZES[0])
    power = float(round(power)) if fit.steady else power
    downhill = descends or (updates and fit.loss in implied.LOSSES)
    start = abs(a) if downhill and not errors else a
    whole = abs(start) / SIZES[0] ** power
    base = next((c for b in _BASES for c in (b, 1 / b) if abs(whole / c - 1) < FITS), 1.0)
    if fit.loss not in implied.LOSSES:
        start /= base
    usual = float(f"{abs(start) / SIZES[0] ** power:.2g}")  # 0.01, 2e-05: a rate is not measured exactly
    if usual and abs(abs(start) / SIZES[0] ** power / usual - 1) < 20 * FITS:
        start = math.copysign(usual * SIZES[0] ** power, start)
    near_one = 1.0 if abs(start - round(start)) < 20 * FITS and round(start) else None
    start = float(round(start)) if near_one else start
    return lambda n: start * (n / SIZES[0]) ** power


def scale_words(fit: Fit) -> str:
    a, b = fit.factors
    if not fit.agreeing or a * b <= 0 or (abs(a - 1) < 1e-3 and abs(b - 1) < 1e-3):
        return ""
    power = round(math.log(b / a) / math.log(SIZES[1] / SIZES[0]))
    factor = a / SIZES[0] ** power
    of_n = {1: " N", -1: " / N"}.get(power, "")
    return " times N" if of_n == " N" and abs(factor - 1) < 1e-3 else f" times {factor:.4g}{of_n}"
