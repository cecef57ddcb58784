"""What a kind answers: the forward is what its name promises, or it is not and what it seems to be instead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backproof.check import values
from backproof.protocols import Array
from backproof.subjects.subject import Operation

RELATIVE = 1e-4  # between a reference and the user's forward: room for an epsilon inside a logarithm or a root


@dataclass
class Judgement:
    """kind: "relu", "softmax loss" ...; right: the forward fits; scale: a loss that fits but for a factor."""

    kind: str
    right: bool
    cause: str = "unknown"
    evidence: dict[str, Any] = field(default_factory=dict)
    mixes_samples: bool = False  # the kind is allowed to let samples depend on each other
    scale: str = ""
    reference: Array | float | None = None
    tentative: bool = False  # believed only where the gradient disagrees as well


def named(operation: Operation, pattern: str, unless: str = r"(?!)") -> bool:
    """Whether one of the operation's names fits the pattern and none fits `unless`."""
    words = [word.lower() for word in operation.words]
    return any(re.search(pattern, w) for w in words) and not any(re.search(unless, w) for w in words)


def output(operation: Operation, *inputs: Array) -> Array:
    """The forward's value as float64, a copy: it may answer with the same array again."""
    return np.array(operation.forward(*(x.copy() for x in inputs)), dtype=np.float64)


def close(a: Array | float, b: Array | float, relative: float = RELATIVE) -> bool:
    """Equal up to `relative` of the largest entry of b."""
    return values.close(a, b, relative)
