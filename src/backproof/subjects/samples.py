"""Samples that a loss takes: small, random, float64, as wide as the code asks, labels in a form it accepts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import OUTPUT
from backproof.subjects.hints import Hints
from backproof.subjects.shapes import arrays_within, inputs_of, shapes_for
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.tried import Refusal, SampleError, called, listed, tried

FORMS = ("one-hot", "one-hot integers", "indices")  # in order of preference: `y - t` needs rows


@dataclass(frozen=True)
class Sample:
    """An input (n, ...) and labels that work; `accepted` names every label form that did not raise."""

    x: Array
    t: Array
    form: str
    accepted: tuple[str, ...]


def find_sample(
    call: Callable[[Array, Array], Any],
    hints: Hints = Hints(),  # noqa: B008 (frozen)
    n: int = 3,
    rng: np.random.Generator | None = None,
    *,
    holder: object = None,
) -> Sample:
    """(x, t) that `call` takes without raising, with a finite result; n samples in a row each.

    holder: the object that the call belongs to; its parameters tell the width, its `predict` the classes.
    One-hot rows are preferred where several forms pass. Raises SampleError.
    """
    rng = rng or np.random.default_rng(0)
    refusals: list[Refusal] = []
    snapshot = Snapshot(holder)  # a try that failed halfway has left shapes behind: running means, caches
    shapes = list(shapes_for(hints, holder, n))
    for x in inputs_of(shapes, refusals, holder, n, rng):
        for classes in _class_counts(hints, holder, x):
            accepted: dict[str, Array] = {}
            for form in FORMS:
                t = labels(form, n, classes, rng)
                refusal = tried(call, x, t)[1]
                if refusal is None:
                    accepted[form] = t
                else:
                    refusals.append(refusal)
                    snapshot.restore()
            if accepted:
                form = next(iter(accepted))
                return Sample(x, accepted[form], form, tuple(accepted))
    raise SampleError(
        f"no input was found that {called(call)} takes. Tried x of shape {listed(shapes)} "
        f"with labels as one-hot rows and as class indices; the first try ended with {refusals[0].words}",
        refusals[0].error,
    )


def labels(form: str, n: int, classes: int, rng: np.random.Generator) -> Array:
    """Labels of n samples, their classes different as far as there are: rows (n, classes) or indices (n,)."""
    if classes == 1:  # one output: 0 or 1 a row
        binary = (np.arange(n) % 2).astype(np.float64)
        return binary[:, None] if form == "one-hot" else binary.astype(np.int64)[:, None]
    indices = rng.permutation(classes)[np.arange(n) % classes]
    if form == "indices":
        return indices
    return np.eye(classes, dtype=np.float64 if form == "one-hot" else np.int64)[indices]


def _class_counts(hints: Hints, holder: object, x: Array) -> list[int]:
    """How many classes there may be, the likeliest first."""
    counts: list[int] = []
    predict = getattr(holder, "predict", None)
    if callable(predict):
        scores, refusal = tried(predict, x)
        if refusal is None and np.ndim(scores) == 2:
            counts.append(int(np.shape(scores)[1]))
        elif refusal is None and np.shape(scores) == (len(x),):  # one score a sample: 0 or 1
            counts.append(2)
    if hints.classes is not None:
        counts.append(hints.classes)
    matrices = [array for array in arrays_within(holder) if array.ndim == 2]
    counts += [matrices[-1].shape[1]] if matrices else []
    counts += [x.shape[-1], OUTPUT, 10] if x.ndim == 2 else [OUTPUT, 10]
    return list(dict.fromkeys(counts))
