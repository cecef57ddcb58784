"""How small a change of the input does the forward still notice? Integers and float16 inside answer in steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backproof.check.suspicion import Suspicion
from backproof.protocols import Array
from backproof.subjects.subject import Operation

AT_MOST = 10_000  # entries: a larger array is left alone, the others tell as much
LARGE_STEP = 0.3  # of the input's own magnitude: integers move here
MIDDLE_STEP = 1e-2  # float16 moves here
SMALL_STEP = 1e-5  # float32 still notices it, float16 and integers do not
FLOAT32 = 3e-6  # of the output: what float32 inside can make of a small step
STEPPING = 0.5  # of the entries that move at the middle step, those that answer two small ones out of proportion
TRIALS = 3  # at values apart, all of which must answer in steps
MOVING = 0.5  # of all entries, those that must move at the large step before their rest is telling


def staircase(
    operation: Operation,
    xs: tuple[Array, ...],
    here: Array,
    evaluate: Callable[[], Array],
    rng: np.random.Generator,
) -> list[Suspicion]:
    """A finding where most of the output answers a small change with nothing, or with a jump.

    xs: the arrays that `evaluate` reads, here: its answer as they stand; the parameters are tried as well. Where
    entries are compared with a threshold (a mask, a step function) few of them cross it, and the others move in
    proportion.
    """
    for array in (*xs[:1], *operation.parameters().values()):
        if array.dtype.kind != "f" or not 0 < array.size <= AT_MOST or _is_step(operation):
            continue
        kept = array.copy()
        try:
            counts = [_counts(array, kept, here, evaluate, rng)]
            while counts[-1] is not None and len(counts) < TRIALS:  # a chance crossing does not come again
                array[...] = other = kept * (1 + 0.1 * rng.standard_normal(kept.shape))
                counts.append(_counts(array, other, evaluate(), evaluate, rng))
        finally:
            array[...] = kept
        seen = counts[-1]
        if seen is None:
            continue
        return [
            Suspicion(
                "dtype",
                operation.name,
                "output",
                "rounds-inside",
                operation.source.get("forward"),
                {"entries that move at a large step": seen[0], "at a small one": seen[1]},
            )
        ]
    return []


def _counts(
    array: Array, base: Array, here: Array, evaluate: Callable[[], Array], rng: np.random.Generator
) -> tuple[int, int] | None:
    """How many entries of the output move at a large step and at a small one; None where it answers smoothly."""
    scale = float(np.abs(base).max()) or 1.0
    direction = rng.choice([-1.0, 1.0], size=array.shape)
    moved = []
    for step in (LARGE_STEP, MIDDLE_STEP, 2 * SMALL_STEP, SMALL_STEP):
        array[...] = base + step * scale * direction
        moved.append(evaluate() - here)
    large, middle = (difference != 0 for difference in moved[:2])
    in_steps = middle.sum() > 1 and _in_jumps(here, *moved[1:])[middle].mean() > STEPPING
    in_whole_numbers = not middle.any() and large.mean() > MOVING and large.sum() > 1
    return (int(large.sum()), int((moved[-1] != 0).sum())) if in_steps or in_whole_numbers else None


def _in_jumps(here: Array, middle: Array, double: Array, small: Array) -> Array:
    """The entries that stand still though float32 would move, or move for 2h by something else than twice."""
    noise = FLOAT32 * np.abs(here)
    still = (double == 0) & (small == 0) & (np.abs(middle) * (2 * SMALL_STEP / MIDDLE_STEP) > noise)
    jumping: Array = np.abs(double - 2 * small) > np.maximum(noise, 0.3 * np.abs(double))
    either: Array = still | jumping
    return either


def _is_step(operation: Operation) -> bool:
    return any("step" in word.lower() or "heaviside" in word.lower() for word in operation.words)
