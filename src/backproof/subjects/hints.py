"""What is known of the data that a subject takes: from a person, or from how the subject was made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import role


@dataclass(frozen=True)
class Hints:
    """What is known of the data; None: unknown.

    features of a sample, classes, image (C, H, W): from the constructor's arguments. x (N, ...), t, loss (a name
    in `trial.implied.NAMES`) and layout ("rows", "columns"): told by a person.
    """

    features: int | None = None
    classes: int | None = None
    image: tuple[int, int, int] | None = None
    x: Array | None = field(default=None, compare=False)
    t: Array | None = field(default=None, compare=False)
    loss: str | None = None
    layout: str | None = None


def learn(hints: Hints, name: str, value: Any) -> Hints:
    """What one argument says about the data."""
    kind = role(name)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        if kind in ("input", "width"):
            return replace(hints, features=int(value))
        if kind == "output":
            return replace(hints, classes=int(value))
    if isinstance(value, list | tuple) and value and all(isinstance(size, int) for size in value):
        if kind in ("image", "input") and len(value) == 3:
            return replace(hints, image=tuple(value))
        if kind == "sizes" and len(value) > 1:
            return replace(hints, features=value[0], classes=value[-1])
    if isinstance(value, np.ndarray) and kind == "weight":
        if value.ndim == 4:
            return replace(hints, image=(value.shape[1], 2 * value.shape[2] + 1, 2 * value.shape[3] + 2))
        if value.ndim == 2 and hints.features is None:
            return replace(hints, features=value.shape[0])
    if isinstance(value, np.ndarray) and kind == "gamma":
        return replace(hints, features=value.size)
    return hints
