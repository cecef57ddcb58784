"""The layer contract: what every layer owns, remembers and refuses.

`forward(x)` returns the output and remembers what the way back needs; `backward(dout)` returns the gradient
with respect to x and leaves the parameters' gradients in `grads`. No layer writes into an array it was given.
"""

from __future__ import annotations

import math
from collections.abc import MutableMapping
from typing import Any

import numpy as np

from backproof.errors import DtypeError, OrderError, ShapeError
from backproof.protocols import Array


class ParameterDict(dict[str, Array]):
    """Named parameter arrays that are never rebound: `params["W"] = new` copies into the array that is there.

    So the array a layer holds and the one in `network.params` stay the same object.
    Raises ShapeError where the new value has another shape, KeyError for an unknown name.
    """

    def __setitem__(self, name: str, value: Any) -> None:
        array, value = self[name], np.asarray(value)
        if value.shape != array.shape:
            raise ShapeError(f"parameter {name} has shape {array.shape}, got a value of shape {value.shape}")
        if value is not array:
            array[...] = value

    update = MutableMapping.update  # through __setitem__, where dict's own would rebind
    __ior__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[ParameterDict], tuple[dict[str, Array]]]:
        """For copy.deepcopy, which would otherwise fill an empty dictionary by assignment."""
        return ParameterDict, (dict(self),)


class Parameter:
    """Reads and writes `layer.params[name]` as `layer.name`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, layer: Layer | None, owner: type[Layer]) -> Array:
        if layer is None:
            raise AttributeError(f"{self.name} belongs to a layer, not to the class {owner.__name__}")
        return layer.params[self.name]

    def __set__(self, layer: Layer, value: Array) -> None:
        layer.params[self.name] = value


class Gradient:
    """Reads and writes `layer.grads[name]` as `layer.dname`; None before the first `backward`, as in the book."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, layer: Layer | None, owner: type[Layer]) -> Array | None:
        if layer is None:
            raise AttributeError(f"d{self.name} belongs to a layer, not to the class {owner.__name__}")
        return layer.grads.get(self.name)

    def __set__(self, layer: Layer, value: Array) -> None:
        layer.grads[self.name] = value


class Drawn:
    """Something with parameters that a notebook shows as a drawing."""

    def _repr_html_(self) -> str:
        from backproof.xray.structure import fragment_of_layers  # slow to import, and only needed here

        return fragment_of_layers(type(self).__name__, {type(self).__name__: self})


class Layer(Drawn):
    """A differentiable operation with its parameters, their gradients and a memory of its last input."""

    def __init__(self, **params: Array) -> None:
        for name, value in params.items():
            if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
                kind = value.dtype if isinstance(value, np.ndarray) else type(value).__name__
                raise DtypeError(
                    f"{type(self).__name__}: parameter {name} must be an array of floats, got {kind}: "
                    f"use np.asarray({name}, dtype=np.float64)"
                )
        self.params: dict[str, Array] = ParameterDict(params)
        self.grads: dict[str, Array] = {}
        self._x: Array | None = None
        self._x_shape: tuple[int, ...] = ()

    def forward(self, x: Array) -> Array:
        """The output for input `x`, a fresh array."""
        raise NotImplementedError

    def backward(self, dout: Array) -> Array:
        """The gradient with respect to `x`, fresh; the parameters' gradients are left in `grads`."""
        raise NotImplementedError

    def parameter_gradients(self, dout: Array) -> None:
        """`backward` without dx, for the first layer of a network that has parameters.

        This does the whole `backward`; a layer that can spare the work for dx overrides it.
        """
        self.backward(dout)

    def _expect(self, x: Array, features: int) -> Array:
        """Remember x, (N, ...) or (D,), as rows (N, features) together with its shape."""
        rows = x = np.asarray(x)
        if x.shape[1:] != (features,):
            sample = x.shape[1:] if x.ndim > 1 else x.shape
            if math.prod(sample) != features:
                raise ShapeError(
                    f"{type(self).__name__}.forward expected {features} features per sample, "
                    f"got an input of shape {x.shape}, which has {math.prod(sample)}"
                )
            rows = x.reshape(-1, features)
        self._x, self._x_shape = rows, x.shape
        return rows

    def _saved(self) -> Array:
        """What `forward` remembered; an error where there was no `forward`."""
        if self._x is None:
            raise OrderError(
                f"{type(self).__name__}.backward was called before forward: call forward(x) first, "
                "backward uses what it remembers"
            )
        return self._x

    def _upstream(self, dout: Array, shape: tuple[int, ...]) -> Array:
        """`dout` as an array of `shape`, the shape of the remembered output."""
        dout = np.asarray(dout)
        if dout.shape != shape:
            raise ShapeError(
                f"{type(self).__name__}.backward expected a gradient of shape {shape}, that of its output, "
                f"got {dout.shape}"
            )
        return dout
