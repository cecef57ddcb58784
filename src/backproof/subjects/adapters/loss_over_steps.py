"""Functions that give the loss of all steps of sequences, and its gradient: `f(x, y, mask) -> (loss, dx)`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters.pair import gives_gradient, loss_with_gradient
from backproof.subjects.argument_roles import INPUT, unpacked, words_of
from backproof.subjects.shapes import STEPS
from backproof.subjects.signatures import required
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial.roles import LOSS, role
from backproof.subjects.tried import tried

_MASK = {"mask", "masks", "masque", "maske", "maschera", "mascara"}


def subject(function: Callable[..., Any]) -> Layerlike | None:
    """Such a function on scores (n, steps, classes) and a class a step; None where it is something else."""
    names = required(function)
    masked = len(names) == 3 and bool(words_of(names[2]) & _MASK)
    if not (masked or len(names) == 2) or role(names[1]) != "t" or not LOSS.search(function.__name__):
        return None
    if unpacked(function).get(names[0]) != 3:
        return None

    @functools.wraps(function)
    def with_mask(x: Array, t: Array) -> Any:
        return function(x, t, *([_mask(*np.shape(t))] if masked else []))

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        x, t = rng.normal(size=(samples, STEPS, INPUT)), rng.integers(0, INPUT, (samples, STEPS))
        return replace(loss_with_gradient(with_mask, x, t), words=())

    once = operation(3, np.random.default_rng(0))
    x, t = once.x[0], once.constants["t"]
    answer, refusal = tried(with_mask, x, t)
    if refusal is not None or not gives_gradient(answer, x):
        return None
    told = f"{function.__name__}({', '.join(names)})"
    return Layerlike(
        function.__name__, f"a loss over all steps that returns its gradient too: {told}", operation, function
    )


def _mask(samples: int, steps: int) -> Array:
    """Which steps count: not all, and not as many of each sequence."""
    ends = steps - np.arange(samples) % 3
    return np.asarray(np.arange(steps) < ends[:, None])
