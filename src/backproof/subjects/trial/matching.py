"""How arrays that may be gradients match the slopes of a loss: by their names, and by one common factor.

A gradient is known by value: along random directions it must be one common multiple of the loss's own slope.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.trial import implied
from backproof.subjects.trial.reach import reach

FITS = 1e-4  # relative; the slope of the loss is a central difference


NAMESAKE = 4  # kinship of `dW1` and `W1`


def left_behind(roots: tuple[object, ...], params: set[str], backward: Callable[[], Any]) -> dict[str, Array]:
    """Copies of all that a backward returns, leaves in reach or takes off the parameters, by path."""
    before = {path: (id(a), a.copy()) for path, a in reach(*roots, scalars=True).items()}
    returned = reach({"": backward()}, scalars=True)
    found = {f"returned{path[4:]}": np.array(a, dtype=np.float64) for path, a in returned.items()}
    arrays = reach(*roots)  # lists of numbers are read as copies: only their entries tell
    for path, array in reach(*roots, scalars=True).items():
        if path in params:
            change = np.asarray(before[path][1] - array, dtype=np.float64)
            if np.any(change):
                found[f"update of {path}"] = change
        elif (
            path not in before
            or array.shape != before[path][1].shape
            or (path in arrays and id(array) != before[path][0])
            or not np.array_equal(array, before[path][1], equal_nan=True)
        ):
            found[path] = np.array(array, dtype=np.float64)
    return found


def step_of(array: Array) -> float:
    """How far to move a parameter for its slope: single precision rounds short steps away."""
    return 1e-5 if array.dtype == np.float64 else 3e-3


def ratio(gradient: Array, slopes: Array, aims: list[Array], *, single: bool = False) -> float | None:
    """The factor between a gradient and the loss's slopes along the aims; None where there is no one factor.

    single: the slopes are those of a parameter in single precision.
    """
    if gradient.size != aims[0].size:
        return None
    mine = np.array([float(np.vdot(gradient.reshape(aim.shape), aim)) for aim in aims])
    size = float(np.abs(slopes).max())
    if size < 1e-9:
        return math.nan if float(np.abs(mine).max()) < 1e-9 else None  # a dead parameter fits any factor
    factor = float(mine @ slopes) / float(slopes @ slopes)
    off = float(np.abs(mine - factor * slopes).max())
    fits = 20 * FITS if single else FITS
    return factor if factor != 0 and off <= fits * abs(factor) * size else None


def in_line(name: str, paths: Mapping[str, str], found: Mapping[str, Array]) -> str | None:
    """The place beside its neighbours' places: `returned[1][0]` for weight[0], as [1][2] is for weight[2]."""
    for other, place in paths.items():
        mine, theirs, there = _ITEM.fullmatch(name), _ITEM.fullmatch(other), _ITEM.fullmatch(place)
        if mine and theirs and there and theirs[2] == there[2] and (mine[1], mine[3]) == (theirs[1], theirs[3]):
            beside = f"{there[1]}[{mine[2]}]{there[3]}"
            if beside in found:
                return beside
    return None


_ITEM = re.compile(r"(.*)\[(\d+)\]([^\[\]]*)")


def with_penalty(
    gradient: Array, slopes: Array, aims: list[Array], along_self: Array
) -> tuple[float, float] | None:
    """(factor, penalty) where the gradient is the slope plus a multiple of the parameter itself."""
    if gradient.size != aims[0].size:
        return None
    mine = np.array([float(np.vdot(gradient.reshape(aim.shape), aim)) for aim in aims])
    basis = np.stack([slopes, along_self], axis=1)
    solution, *_ = np.linalg.lstsq(basis, mine, rcond=None)
    if not np.all(np.isfinite(solution)) or abs(solution[0]) < 1e-12 or len(aims) < 4:
        return None
    off = float(np.abs(basis @ solution - mine).max())
    share = solution[1] / solution[0]
    fits = off <= FITS * float(np.abs(mine).max()) and share > 0
    return (float(solution[0]), float(solution[1])) if fits else None


def common(ratios: Mapping[str, list[float]]) -> tuple[set[str], list[float]]:
    """The largest set of parameters with the same factors, and those."""
    best: set[str] = set()
    factors = [1.0] * len(SIZES)
    for pair in ratios.values():
        if any(map(math.isnan, pair)):
            continue
        same = {
            name
            for name, other in ratios.items()
            if all(math.isnan(b) or abs(a - b) <= 10 * FITS * abs(a) for a, b in zip(pair, other, strict=True))
        }
        if len(same) > len(best):
            best, factors = same, pair
    return best, factors


def alike(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return a == b or tuple(n for n in a if n != 1) == tuple(n for n in b if n != 1)


def short(path: str) -> str:
    """`params['W1']` → W1, `layers[0].weights` stays: what tells parameters apart and no more."""
    found = re.fullmatch(r"(?:\w+)?\['?(\w+)'?\]", path)
    return found[1] if found and not found[1].isdigit() else path


_MARKS = re.compile(r"nabla|gradients?|grads?|delta|deriv\w*|^d_?|_d$|^g_|returned|sum|diff", re.IGNORECASE)


_SHORT = {"weights": "w", "weight": "w", "biases": "b", "bias": "b"}


@cache
def kinship(candidate: str, parameter: str) -> int:
    """How well a gradient's path names a parameter."""

    def words(path: str) -> tuple[str, str]:
        last = re.findall(r"\w+", path)
        names = [w for w in last if not w.isdigit()]
        index = next((w for w in reversed(last) if w.isdigit()), "")
        return (names[-1] if names else ""), index

    name, index = words(parameter)
    other, other_index = words(candidate)
    name, stripped = name.strip("_").lower(), _MARKS.sub("", other).strip("_").lower()
    score = 0
    if stripped and _SHORT.get(stripped, stripped) == _SHORT.get(name, name):
        score += 4
    elif stripped and (stripped[0] == name[:1]):
        score += 1
    if index and index == other_index:
        score += 2
    return score


SIZES = (3, 5)  # numbers of samples: what holds for one only is luck


DIRECTIONS = 5


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
        return other is None or len(self.agreeing) > len(other.agreeing)


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
    near = round(power)
    power = float(near) if abs(power - near) < 1e-2 else power
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
