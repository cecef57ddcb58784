"""What the rest of Backproof relies on: the shapes of a layer, a loss layer and a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Parameters: TypeAlias = dict[str, Array]


@runtime_checkable
class Layer(Protocol):
    """`forward` remembers what `backward` needs; `backward` returns dx and leaves `grads`."""

    params: Parameters
    grads: Parameters

    def forward(self, x: Array) -> Array: ...

    def backward(self, dout: Array) -> Array: ...

    def parameter_gradients(self, dout: Array) -> None:
        """`backward` without dx: only `grads`."""
        ...


@runtime_checkable
class LossLayer(Protocol):
    """The end of a network: a scalar from scores and labels, and its gradient."""

    def forward(self, x: Array, t: Array) -> float: ...

    def backward(self, dout: float = 1.0) -> Array: ...


@runtime_checkable
class Network(Protocol):
    """What the trainer needs: any object of this shape trains."""

    @property
    def params(self) -> Mapping[str, Array]: ...

    def predict(self, x: Array) -> Array: ...

    def loss(self, x: Array, t: Array) -> float: ...

    def accuracy(self, x: Array, t: Array) -> float: ...

    def loss_and_gradients(self, x: Array, t: Array) -> tuple[float, Parameters]:
        """Loss and gradients from one forward pass; keys as in `params`."""
        ...


Float = np.floating[Any]
