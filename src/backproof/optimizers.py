"""Optimizers: how a gradient becomes a step of the parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from backproof.errors import BackproofError, ShapeError
from backproof.protocols import Array


class Optimizer(Protocol):
    """What the trainer needs; `state` and `restore` only where checkpoints are written."""

    def update(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        """Change the arrays in `params` in place."""
        ...

    def state(self) -> dict[str, Array]:
        """Everything that the next `update` depends on, as arrays."""
        ...

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take back what `state` gave."""
        ...


class SGD:
    """Stochastic gradient descent, W ← W − η ∂L/∂W (book, section 4.4.1), in place.

    learning_rate: η, a positive finite number; may be set anew between steps.
    Raises BackproofError for any other learning rate, or where a parameter has no gradient; ShapeError where a
    gradient does not have the shape of its parameter.
    """

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate
        self._scaled: dict[str, Array] = {}  # η ∂L/∂W, one array a parameter, used again each step

    @property
    def learning_rate(self) -> float:
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            raise BackproofError(f"learning_rate must be a positive number such as 0.1, got {value!r}")
        self._learning_rate = number

    def update(self, params: Mapping[str, Array], grads: Mapping[str, Array]) -> None:
        """One step: every array in `params` is changed in place; `grads` is only read."""
        rate = self._learning_rate
        for name, param in params.items():
            scaled = self._scaled.get(name)
            if scaled is None or scaled.shape != param.shape or scaled.dtype != param.dtype:
                scaled = self._scaled[name] = np.empty_like(param)
            grad = grads.get(name)
            if grad is None:
                raise BackproofError(
                    f"parameter {name!r} has no gradient: the network gave gradients for {sorted(grads)}"
                )
            if grad.shape != param.shape:
                raise ShapeError(f"parameter {name!r} has shape {param.shape}, its gradient {grad.shape}")
            np.multiply(grad, rate, out=scaled)
            np.subtract(param, scaled, out=param)

    def state(self) -> dict[str, Array]:
        """The learning rate: plain descent remembers nothing else."""
        return {"learning_rate": np.array(self._learning_rate)}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Take back what `state` gave."""
        self.learning_rate = float(state["learning_rate"])
