"""What the X-ray keeps of an array: exact figures of all of it, and a copy that is thinned where it is large."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.protocols import Array

ENTRIES_KEPT = 2**18  # entries of one array that are copied; of larger ones every k-th row and column
CHUNK = 2**16  # entries taken at a time through a large array
BINS = 32


@dataclass
class Value:
    """One array or number as it was at one moment.

    low, mean, high, norm (2-norm) are those of the finite entries, None where there are none; zeros is the share,
    0 to 1, of entries that are 0. counts and edges: the histogram of the finite entries, between low and high.
    array holds the entries themselves, or every steps[i]-th along axis i where there are more than ENTRIES_KEPT.
    dead and constant count the units (the axes after the first taken as one) that are 0 for all samples, and that
    are one number for all samples; None where there are fewer than two samples.
    """

    shape: tuple[int, ...]
    dtype: str
    size: int
    low: float | None
    mean: float | None
    high: float | None
    norm: float | None
    zeros: float
    nan: int
    inf: int
    array: Array
    steps: tuple[int, ...]
    counts: tuple[int, ...] = ()
    edges: tuple[float, float] = (0.0, 0.0)
    dead: int | None = None
    constant: int | None = None
    units: int = 0

    @property
    def is_whole(self) -> bool:
        return self.array.size == self.size

    @property
    def is_number(self) -> bool:
        return self.size == 1

    @property
    def number(self) -> float:
        """The one number, where it is one."""
        return float(self.array.reshape(-1)[0])

    @property
    def rms(self) -> float:
        """Root mean square of the finite entries: the norm, made comparable between sizes."""
        finite = self.size - self.nan - self.inf
        return (self.norm or 0.0) / math.sqrt(finite) if finite else 0.0

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready figures; up to 64 entries are given themselves, NaN and inf as words."""
        data: dict[str, Any] = {
            "shape": list(self.shape),
            "dtype": self.dtype,
            "min": self.low,
            "mean": self.mean,
            "max": self.high,
            "norm": self.norm,
            "zeros": self.zeros,
            "nan": self.nan,
            "inf": self.inf,
        }
        if self.size <= 64 and self.array.dtype.kind in "fiub":
            data["value"] = plain(self.array.tolist())
        return data


def keep(value: Any) -> Any:
    """The Value of an array or number, of each inside tuples and lists; anything else as it is."""
    if isinstance(value, (tuple, list)):
        return tuple(keep(item) for item in value)
    if isinstance(value, (np.ndarray, np.number, float, int, bool, np.bool_)):
        return value_of(np.asarray(value))
    return value


@np.errstate(all="ignore")  # NaN, inf and overflow are what is looked for
def value_of(a: Array) -> Value:
    """Figures, histogram and thinned copy of `a`, made without a copy of all of it."""
    if a.dtype.kind not in "fiub":
        return Value(a.shape, str(a.dtype), a.size, None, None, None, None, 0.0, 0, 0, np.empty(0), ())
    steps = _steps(a.shape)
    thin = a[tuple(slice(None, None, step) for step in steps)] if a.ndim else a
    low, high, total, squares, zeros, nan, inf = _figures(a)
    finite = a.size - nan - inf
    value = Value(
        shape=a.shape,
        dtype=str(a.dtype),
        size=a.size,
        low=low if finite else None,
        mean=total / finite if finite else None,
        high=high if finite else None,
        norm=squares,
        zeros=zeros / a.size if a.size else 0.0,
        nan=nan,
        inf=inf,
        array=np.array(thin),
        steps=steps,
    )
    if finite and a.size > 1:
        value.counts, value.edges = _histogram(a, low, high)
    if a.ndim > 1 and len(a) > 1 and 0 < a.size // len(a) <= ENTRIES_KEPT:
        value.units = a.size // len(a)
        value.dead = value.units - int(np.count_nonzero(np.any(a, axis=0)))
        value.constant = int(np.count_nonzero(a.max(axis=0) == a.min(axis=0)))
    return value


def _steps(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Take every steps[i]-th entry along axis i, the longest axis first, until ENTRIES_KEPT are left."""
    left, steps = list(shape), [1] * len(shape)
    while math.prod(left) > ENTRIES_KEPT:
        longest = left.index(max(left))
        rest = math.prod(left) // left[longest]
        shortest_wanted = max(ENTRIES_KEPT // rest, 256 if max(left) > 256 else 1)
        step = math.ceil(left[longest] / shortest_wanted)
        steps[longest] *= max(step, 2)
        left[longest] = math.ceil(shape[longest] / steps[longest])
    return tuple(steps)


def _chunks(a: Array) -> Iterator[Array]:
    """The entries of `a`, at most CHUNK at a time, as flat float64 arrays."""
    if a.size <= CHUNK:
        yield a.astype(np.float64).reshape(-1)
        return
    for part in np.nditer(a, ["external_loop", "buffered"], order="K", buffersize=CHUNK):
        yield np.asarray(part).astype(np.float64)


def _figures(a: Array) -> tuple[float, float, float, float, int, int, int]:
    """(min, max, sum, 2-norm) of the finite entries, and how many are 0, NaN, infinite.

    The norm is taken relative to the largest entry so far: 1e200 must not overflow, nor 1e-200 vanish.
    """
    low, high, total, scale, squares = math.inf, -math.inf, 0.0, 0.0, 0.0
    zeros = nan = inf = 0
    for part in _chunks(a):
        zeros += part.size - int(np.count_nonzero(part))
        sound = math.isfinite(float(part.sum()))
        if not sound:
            finite = np.isfinite(part)
            not_numbers = int(np.count_nonzero(np.isnan(part)))
            nan += not_numbers
            inf += part.size - int(np.count_nonzero(finite)) - not_numbers
            part = part[finite]
        if part.size:
            low, high = min(low, float(part.min())), max(high, float(part.max()))
            total += float(part.sum())
            largest = max(abs(low), abs(high))
            if largest > scale:
                squares *= (scale / largest) ** 2
                scale = largest
            if scale:
                part /= scale
                squares += float(np.square(part, out=part).sum())  # no BLAS: its threads cost more than they give
    return low, high, total, scale * math.sqrt(squares), zeros, nan, inf


def _histogram(a: Array, low: float, high: float) -> tuple[tuple[int, ...], tuple[float, float]]:
    """Counts of the finite entries in BINS equal bins between low and high."""
    counts = np.zeros(BINS, dtype=np.int64)
    width = high / 2 - low / 2  # halves: the difference of two finite numbers may overflow
    for part in _chunks(a):
        if not width:
            counts[BINS // 2] += np.count_nonzero(np.isfinite(part))
            continue
        place = part / 2 - low / 2
        place /= width  # BINS / width would overflow where all entries are nearly 0
        place *= BINS
        place = place[np.isfinite(place)] if not np.isfinite(place.sum()) else place
        counts += np.bincount(np.minimum(place.astype(np.intp), BINS - 1), minlength=BINS)[:BINS]
    return tuple(int(count) for count in counts), (low, high)


def plain(value: Any) -> Any:
    """Nested lists and dicts with NaN and inf as the words that JSON can carry."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    return value
