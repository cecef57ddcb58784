"""A training step whose arithmetic between the matrix products is compiled: an optional extra, with numba."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from backproof.errors import BackproofError
from backproof.functions import as_labels
from backproof.layers import Affine, Relu, Sigmoid, SoftmaxWithLoss
from backproof.networks import Sequential
from backproof.optimizers import SGD
from backproof.protocols import Array
from backproof.training.batches import Batches, as_inputs

_FLOATS = (np.dtype(np.float32), np.dtype(np.float64))
_INPUTS = (np.dtype(np.uint8), *_FLOATS)
_compiled: set[tuple[np.dtype[Any], np.dtype[Any]]] = set()  # types of (parameters, x) met in this process


def load_kernels() -> ModuleType:
    """The compiled functions. Raises BackproofError where numba cannot be imported."""
    try:
        from backproof.training import kernels
    except ImportError as error:
        raise BackproofError(
            f"a compiled step needs numba ({error}): python -m pip install numba, "
            "or leave the option out and train by NumPy"
        ) from error
    return kernels


class CompiledStep:
    """`step(i)`: loss and gradients on batch i, the update of plain descent, and the loss of before it.

    network: `Sequential` or `TwoLayerNet`, any number of Affine, Relu and Sigmoid in any order, SoftmaxWithLoss
    last; all parameters float32 or all float64. They are updated in place, in the network's own arrays; where the
    loss is not finite they are left as they were. The layers themselves remember nothing of it.
    x: (S, ...), uint8, float32 or float64, divided by `divide_by` in the type of the parameters; t: (S,) indices.

    Matrix products are NumPy's own, so that there is one BLAS with one number of threads. Numbers agree with the
    NumPy step to rounding, not bit for bit. Reads `learning_rate` anew at each step.
    Raises BackproofError for what it does not support; ShapeError, LabelError where x or t do not fit.
    """

    def __init__(
        self, network: Any, optimizer: Any, x: Array, t: Array, batches: Batches, divide_by: float | None
    ) -> None:
        self._kernels = load_kernels()
        reason = next(_unsupported(network, optimizer, x, t), None)
        if reason is not None:
            raise BackproofError(
                f"the compiled step does not support {reason}; without `compiled` NumPy trains it"
            )
        dtype = next(iter(network.params.values())).dtype
        with np.errstate(all="ignore"):  # as in training: what is not finite is looked for
            self._divisor = dtype.type(1 if divide_by is None else divide_by)
            scores = network.predict(as_inputs(x[:1], dtype, divide_by))  # a wrong shape is named by its layer
        # A copy of the labels: what has been checked is what is read, whatever becomes of t.
        self._labels = as_labels(t, (len(t), scores.shape[-1])).astype(np.intp)
        self._optimizer: SGD = optimizer
        self._batches = batches
        self._source = x.reshape(len(x), math.prod(x.shape[1:]))
        self._x = y = np.empty((batches.batch_size, self._source.shape[1]), dtype)
        self._layers: list[_Affine | _Activation] = []
        for layer in network.layers.values():
            has_parameters_below = any(isinstance(below, _Affine) for below in self._layers)
            part = (
                _Affine(self._kernels, layer, y, has_parameters_below)
                if isinstance(layer, Affine)
                else _Activation(self._kernels, layer, y)
            )
            self._layers.append(part)
            y = part.y
        self._scores, self._dscores = y, np.empty_like(y)
        self._affines = [part for part in self._layers if isinstance(part, _Affine)]
        first = self._layers.index(self._affines[0])
        self._backward = [*self._layers[:first:-1], self._affines[0]]
        self._types = dtype, x.dtype

    @property
    def is_compiled(self) -> bool:
        """Whether a step with arrays of these types has been made in this process: the first takes seconds."""
        return self._types in _compiled

    def __call__(self, i: int) -> float:
        kernels, indices = self._kernels, self._batches.indices(i)
        kernels.gather(self._source, indices, self._divisor, self._x)
        for layer in self._layers:
            layer.forward()
        loss = float(kernels.softmax_loss(self._scores, self._labels, indices, self._dscores))
        if not np.isfinite(loss):
            return loss
        dy = self._dscores
        for layer in self._backward:
            dy = layer.backward(dy)
        rate = self._dscores.dtype.type(self._optimizer.learning_rate)
        for affine in reversed(self._affines):  # after the last gradient: dx needs W as it was
            affine.descend(rate)
        _compiled.add(self._types)
        return loss


class _Affine:
    """y = x W + b into an array of its own; dW, db and, where somebody below needs it, dx."""

    def __init__(self, kernels: ModuleType, layer: Affine, x: Array, has_parameters_below: bool) -> None:
        self._kernels = kernels
        self._x, self._W, self._b = x, np.asarray(layer.W), np.asarray(layer.b)  # a memmap as a plain array
        self._dW, self._db = np.empty_like(self._W), np.empty_like(self._b)
        self._dx = np.empty_like(x) if has_parameters_below else None
        self.y = np.empty((len(x), len(layer.b)), x.dtype)
        self._flat = self._W.reshape(-1), self._dW.reshape(-1)

    def forward(self) -> None:
        np.matmul(self._x, self._W, out=self.y)
        self._kernels.add_bias(self.y, self._b)

    def backward(self, dy: Array) -> Array:
        np.matmul(self._x.T, dy, out=self._dW)
        self._kernels.sum_rows(dy, self._db)
        return dy if self._dx is None else np.matmul(dy, self._W.T, out=self._dx)

    def descend(self, rate: Any) -> None:
        self._kernels.descend(*self._flat, rate)
        self._kernels.descend(self._b, self._db, rate)


class _Activation:
    """y = f(x) into an array of its own; backward turns dy into dx where it stands."""

    def __init__(self, kernels: ModuleType, layer: Relu | Sigmoid, x: Array) -> None:
        names = ("relu", "relu_backward") if isinstance(layer, Relu) else ("sigmoid", "sigmoid_backward")
        self._forward, self._backward = (getattr(kernels, name) for name in names)
        self.y = np.empty_like(x)
        self._flat = x.reshape(-1), self.y.reshape(-1)

    def forward(self) -> None:
        self._forward(*self._flat)

    def backward(self, dy: Array) -> Array:
        self._backward(self._flat[1], dy.reshape(-1))
        return dy


def _unsupported(network: Any, optimizer: Any, x: Array, t: Array) -> Iterator[str]:
    """What stands in the way, in words; nothing where all is supported."""
    methods = ("predict", "loss", "loss_and_gradients", "_parameters", "_gradients")
    if not (isinstance(network, Sequential) and _inherits(network, Sequential, methods)):
        yield f"the network ({type(network).__name__}): it must be a Sequential that overrides nothing"
        return
    for name, layer in network.layers.items():
        kind = type(layer)
        if kind not in (Affine, Relu, Sigmoid) or not _inherits(
            layer, kind, ("forward", "backward", "parameter_gradients")
        ):
            yield f"layer {name} ({kind.__name__}): only Affine, Relu and Sigmoid as they are"
    last = network.last_layer
    if type(last) is not SoftmaxWithLoss or not _inherits(
        last, SoftmaxWithLoss, ("forward", "losses", "backward")
    ):
        yield f"the loss layer ({type(last).__name__}): only SoftmaxWithLoss as it is"
    if type(optimizer) is not SGD or not _inherits(optimizer, SGD, ("update",)):
        yield f"the optimizer ({type(optimizer).__name__}): only SGD as it is"
    own = [array for layer in network.layers.values() for array in layer.params.values()]
    if not own:
        yield "a network without an Affine layer: it has no parameters"
    if [id(array) for array in own] != [id(array) for array in network.params.values()]:
        yield "layers whose parameters are not those in network.params"
    for name, array in network.params.items():
        if array.dtype not in _FLOATS or array.dtype != own[0].dtype:
            yield f"parameter {name} of type {array.dtype}: all must be float32, or all float64"
        if not (array.flags.c_contiguous and array.flags.writeable):
            yield f"parameter {name}: its array must be contiguous (order C) and writeable"
    if x.dtype not in _INPUTS:
        yield f"x of type {x.dtype}: it must be uint8, float32 or float64, as x.astype(np.float32) makes it"
    if x.ndim < 2:
        yield f"x of shape {x.shape}: it must be (N, ...), one row or image per sample"
    if not x.flags.c_contiguous:
        yield "x that is not contiguous in memory: np.ascontiguousarray(x) makes a copy that is"
    if t.ndim != 1:
        yield f"labels of shape {t.shape}: only class indices, as t.argmax(axis=1) makes them of one-hot rows"


def _inherits(thing: object, kind: type, names: tuple[str, ...]) -> bool:
    """Whether these methods of `thing` are those that `kind` has."""
    return all(getattr(getattr(thing, name), "__func__", None) is getattr(kind, name) for name in names)
