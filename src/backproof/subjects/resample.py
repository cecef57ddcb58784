"""More samples like the given ones: another batch size, other labels, a little noise away from kinks and ties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.protocols import Array

NOISE = 0.1  # of the data's own spread


def jittered(x: Array, rng: np.random.Generator) -> Array:
    """x with a little noise; positive data, such as probabilities, stay positive."""
    x = np.asarray(x, dtype=np.float64)
    if x.size and x.min() > 0:
        return x * np.exp(NOISE * rng.standard_normal(x.shape))
    spread = float(x.std()) if x.size > 1 else 0.0
    return x + NOISE * (spread or 1.0) * rng.standard_normal(x.shape)


def more_inputs(x: Array, samples: int, rng: np.random.Generator) -> Array:
    """`samples` rows drawn from those of x, jittered; all zeros become noise."""
    rows = np.asarray(x, dtype=np.float64)
    rows = rows[rng.permutation(np.arange(max(samples, len(rows))) % len(rows))[:samples]]
    return jittered(rows, rng)


def more_indices(x: Array, samples: int, rng: np.random.Generator) -> Array:
    """`samples` rows of whole numbers like those of x, up to its largest: places in a table."""
    drawn: Array = rng.integers(0, int(x.max()) + 1, (samples, *x.shape[1:])).astype(x.dtype)
    drawn.flat[:2] = x.max()  # one of them twice: what is set where it should be added shows
    return drawn


def are_indices(call: Callable[[Array], Any], x: Any) -> bool:
    """Whether x holds whole numbers that the code looks up by: the same numbers as floats it refuses."""
    if not (isinstance(x, np.ndarray) and x.dtype.kind in "iu"):
        return False
    try:
        call(x.astype(np.float64))
    except IndexError:
        return True
    except Exception:  # whatever else it has against floats says nothing
        return False
    return False


def more_labels(t: Array, samples: int, classes: int, rng: np.random.Generator) -> Array:
    """`samples` labels of the form of t, as many different ones as there can be, the highest class among them."""
    t = np.asarray(t)
    if classes == 1 and t.dtype.kind in "iub":  # 0 and 1, or -1 and 1, for one output
        drawn = rng.permutation(np.resize(np.unique(t), samples))
        return (
            drawn.reshape(samples, *t.shape[1:])
            if t.ndim == 1 or t.shape[1] == 1
            else more_inputs(t, samples, rng)
        )
    drawn = rng.permutation(np.arange(max(samples, classes)) % classes)[:samples]
    if classes - 1 not in drawn:  # code that counts the classes by the labels
        drawn[-1] = classes - 1
    if t.dtype.kind in "iub" and t.ndim == 1:
        return drawn.astype(t.dtype)
    if t.ndim == 2 and t.shape[1] == classes and classes > 1 and is_one_hot(t):
        return np.eye(classes, dtype=t.dtype)[drawn]  # type: ignore[no-any-return]
    if t.ndim == 2 and t.shape[1] == 1 and t.dtype.kind in "iub":
        return drawn.astype(t.dtype)[:, None]
    if is_probability(t):
        return rng.dirichlet(np.ones(t.shape[-1]), size=samples).astype(t.dtype)
    return more_inputs(t, samples, rng)


def is_one_hot(t: Array) -> bool:
    return bool(np.all((t == 0) | (t == 1)) and np.all(t.sum(axis=-1) == 1))


def is_probability(t: Array) -> bool:
    return bool(t.ndim == 2 and t.shape[1] > 1 and np.all(t >= 0) and np.allclose(t.sum(axis=-1), 1))
