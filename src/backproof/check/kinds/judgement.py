"""What a kind answers: the forward is what its name promises, or it is not and what it seems to be instead."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backproof.check import values
from backproof.protocols import Array
from backproof.subjects.signatures import parameters
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


def modest(
    judgement: Judgement | None, operation: Operation, own: str, *, settings: bool = True
) -> Judgement | None:
    """What is right, and what a plain name promises; a name with words beside the kind's own is another design.

    own: the kind's words. SpatialSoftmax, ReluSquared, a sigmoid that is given a steepness may be what they like.
    settings: whether the kind has settings of its own.
    """
    if judgement is None or judgement.right:
        return judgement
    every = re.compile(rf"(?:{own}|{_NEUTRAL})+")
    names = [re.sub(r"[\d_]", "", word.lower()) for word in operation.words]
    of_kind = [name for name in names if re.search(own, name)]
    return judgement if all(map(every.fullmatch, of_kind)) and (settings or not _is_shaped(operation)) else None


_NEUTRAL = (
    "layers?|activations?|act|functions?|func|fn|fun|forward|fwd|naive|simple|basic|custom|my|own|np|numpy|node|op|module"
    "|vectori[sz]ed|stable|d|nn|net|test|class|standard|base|using|compute|calc|calculate|the|in|rows?"
)


def _is_shaped(operation: Operation) -> bool:
    """Whether it keeps a number that its constructor was given: a steepness, a temperature, a threshold."""
    if operation.owner is None or inspect.isclass(operation.owner):
        return False
    given = parameters(type(operation.owner).__init__)
    held = vars(operation.owner) if hasattr(operation.owner, "__dict__") else {}
    numbers = [v for name, v in held.items() if name.strip("_") in given and type(v) in (int, float)]
    return any(v not in (0, 1, -1) and abs(v) > _EPSILON for v in numbers)


_EPSILON = 1e-3  # a number no larger keeps from dividing by zero


def output(operation: Operation, *inputs: Array) -> Array:
    """The forward's value as float64, a copy: it may answer with the same array again."""
    return np.array(operation.forward(*(x.copy() for x in inputs)), dtype=np.float64)


def close(a: Array | float, b: Array | float, relative: float = RELATIVE) -> bool:
    """Equal up to `relative` of the largest entry of b."""
    return values.close(a, b, relative)
