"""How arrays that may be gradients match the slopes of a loss: by their names, and by one common factor.

A gradient is known by value: along random directions it must be one common multiple of the loss's own slope.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np

from backproof.protocols import Array
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


def meant_for(
    name: str, places: Iterable[str], found: Mapping[str, Array], params: Mapping[str, Array]
) -> str | None:
    """The place of a gradient that fits nothing, where others are at hand too: by name, else by shape."""
    places = list(places)
    namesakes = [place for place in places if kinship(place, name) >= NAMESAKE]
    shaped = [place for place in places if alike(found[place].shape, params[name].shape)]
    return next(iter([*namesakes, *shaped]), None)


def as_its_fellow(name: str, other: str, place: str) -> str | None:
    """Where the gradient of a parameter lies if it lies as that of its fellow, of which one number tells it apart.

    `cells[0].boxes[0].diff` for cells[0].boxes[0].data, as cells[2].boxes[0].diff is for cells[2].boxes[0].data.
    """
    update = "update of " if place == f"update of {other}" else ""
    mine, theirs, there = (_NUMBERS.split(path) for path in (name, other, place.removeprefix(update)))
    apart = [i for i, (a, b) in enumerate(zip(mine, theirs, strict=False)) if a != b]
    if (
        len(mine) != len(theirs)
        or len(apart) != 1
        or apart[0] % 2 == 0
        or there[: apart[0] + 1] != theirs[: apart[0] + 1]
    ):
        return None
    there[apart[0]] = mine[apart[0]]
    return update + "".join(f"[{part}]" if i % 2 else part for i, part in enumerate(there))


_NUMBERS = re.compile(r"\[(\d+)\]")
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
    """The largest set of parameters with the same factors, and those; of two as large the one that comes first."""
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


_MARKS = re.compile(
    r"^d_?[LJE]_?d_?|nabla|gradients?|grads?|delta|deriv\w*|^d_?|_d$|^g_|returned|sum|diff", re.IGNORECASE
)


LETTERS = {"weights": "w", "weight": "w", "biases": "b", "bias": "b"}


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
    if stripped and LETTERS.get(stripped, stripped) == LETTERS.get(name, name):
        score += 4
    elif stripped and (stripped[0] == name[:1]):
        score += 1
    if index and index == other_index:
        score += 2
    return score


SIZES = (3, 5)  # numbers of samples: what holds for one only is luck


DIRECTIONS = 5
