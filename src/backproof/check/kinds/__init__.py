"""What an operation is meant to be, by its names, and whether its forward is that: the mathematics as reference.

A kind is a family of well-known operations. `judge` answers None where no kind fits the names: then nothing is
said about the forward by itself.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backproof.check.kinds import activations, affine, convolution, losses, normalization
from backproof.check.kinds.judgement import Judgement
from backproof.subjects.subject import Operation

KINDS: tuple[Callable[[Operation, np.random.Generator], Judgement | None], ...] = (
    losses.judge,
    activations.judge,
    convolution.judge,
    normalization.judge,
    affine.judge,
)


def judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    """The first kind that knows the operation says whether its forward is what its name promises."""
    for kind in KINDS:
        judgement = kind(operation, rng)
        if judgement is not None:
            return judgement
    return None
