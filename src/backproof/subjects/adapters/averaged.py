"""Pairs that average every parameter's gradient over the batch and not dx: a convention, not a fault.

The loss then leaves its own division out, as courses that ask for "the average across the batch" have it; layers
are taken in the same way (`odd_layer.py`). One parameter alone that is averaged stays a fault.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.subjects.recording import copied
from backproof.subjects.subject import Operation
from backproof.subjects.trial.matching import DIRECTIONS, SIZES, ratio, step_of
from backproof.subjects.trial.one_layer import AVERAGED

WORDS = f", gradients of the parameters {AVERAGED}"
Make = Callable[[int, np.random.Generator], Operation]


def averages(make: Make) -> bool:
    """Whether dx is exact and the gradients of two parameters or more are 1 / N of theirs, whatever N is."""
    rng = np.random.default_rng(0)
    try:
        return all(_averages(make(n, rng), n, rng) for n in SIZES)
    except Exception:  # the code raises: the examination says so with its place
        return False


def summed(make: Make) -> Make:
    """The same pair with its parameters' gradients times N: their sum over the batch."""

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        found = make(samples, rng)
        back = found.backward
        assert back is not None
        names = {f"d{name}" for name in found.parameters()}

        def backward(dout: Any) -> dict[str, Any]:
            return {n: samples * g if n in names and g is not None else g for n, g in back(dout).items()}

        return replace(found, backward=backward)

    return operation


def _averages(operation: Operation, samples: int, rng: np.random.Generator) -> bool:
    params = operation.parameters()
    if len(params) < 2 or operation.backward is None:
        return False
    inputs = [np.array(x) for x in operation.x]
    dout = rng.standard_normal(np.shape(operation.forward(*copied(tuple(inputs)))))
    found = operation.backward(dout.copy())
    arrays = {**dict(zip(operation.inputs, inputs, strict=True)), **params}
    for name, array in arrays.items():
        aims = [rng.standard_normal(array.shape) / math.sqrt(array.size) for _ in range(DIRECTIONS)]
        kept, step = array.copy(), step_of(array)
        slopes = []
        for aim in aims:
            values = []
            for sign in (1, -1):
                array[...] = kept + sign * step * aim
                values.append(float(np.vdot(dout, operation.forward(*copied(tuple(inputs))))))
            slopes.append((values[0] - values[1]) / (2 * step))
        array[...] = kept
        factor = ratio(np.asarray(found[f"d{name}"], dtype=np.float64), np.array(slopes), aims)
        wanted = 1 / samples if name in params else 1.0
        if factor is None or not abs(factor - wanted) < 1e-3 * wanted:
            return False
    return True
