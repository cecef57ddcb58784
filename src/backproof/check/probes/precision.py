"""How small a change of the input does the forward still notice? Integers and float16 inside answer in steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backproof.check.suspicion import Suspicion
from backproof.protocols import Array
from backproof.subjects.subject import Operation

LARGE_STEP = 0.3  # of the input's own magnitude: what moves at all moves here
SMALL_STEP = 1e-5  # float32 still notices it, float16 and integers do not
NOTICED = 0.5  # of the entries that move at the large step


def staircase(
    operation: Operation, xs: tuple[Array, ...], evaluate: Callable[[], Array], rng: np.random.Generator
) -> list[Suspicion]:
    """A finding where most of the output stands still for a small change though it moves for a large one.

    xs: the arrays that `evaluate` reads; the parameters are tried as well. Steps where entries are compared with
    a threshold (a step function, a mask) do not move at the large step either, most of the time, or are few.
    """
    named = {"x": xs[0]} | dict(operation.parameters())
    for name, array in named.items():
        if array.dtype.kind != "f" or array.size == 0 or _is_step(operation):
            continue
        kept = array.copy()
        scale = float(np.abs(kept).max()) or 1.0
        direction = rng.choice([-1.0, 1.0], size=array.shape)
        try:
            here = evaluate()
            array += LARGE_STEP * scale * direction
            far = evaluate()
            array[...] = kept + SMALL_STEP * scale * direction
            near = evaluate()
        finally:
            array[...] = kept
        if not here.shape == far.shape == near.shape:
            continue
        moving = far != here
        if moving.sum() < 2 or (near != here)[moving].mean() >= NOTICED:
            continue
        return [
            Suspicion(
                "dtype",
                operation.name,
                "output",
                "rounds-inside",
                f"{operation.name}.forward answers in steps: a change of {name} by {SMALL_STEP:g} of its "
                "size leaves most of the output as it was; something inside is rounded to integers or to float16",
                operation.source.get("forward"),
                {
                    "entries that move at a large step": int(moving.sum()),
                    "at a small one": int((near != here).sum()),
                },
            )
        ]
    return []


def _is_step(operation: Operation) -> bool:
    return any("step" in word.lower() or "heaviside" in word.lower() for word in operation.words)
