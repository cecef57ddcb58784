"""Networks: layers one after another with a loss at the end, and the same written as bare matrix products."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import numpy as np
import numpy.typing as npt

from backproof.blas import limited
from backproof.differences import numerical_gradient
from backproof.errors import BackproofError, DtypeError, ShapeError
from backproof.functions import as_labels, sigmoid, softmax, softmax_loss
from backproof.layers import Affine, Layer, Relu, Sigmoid, SoftmaxWithLoss
from backproof.layers.base import Drawn, ParameterDict
from backproof.protocols import Array, LossLayer
from backproof.stacked import stacked_gradient

_ACTIVATIONS: Mapping[str, type[Layer]] = {"relu": Relu, "sigmoid": Sigmoid}


class Sequential:
    """Layers in order, a loss layer last (book, section 5.7).

    layers: a mapping from names to layers, or the layers alone, which are then named `Affine1, Relu1, Affine2`.
    `params` names the parameters `W1, b1, W2, b2`: the number counts the layers that have any. The arrays are
    the layers' own; `params["W1"] = new` copies into them.
    Raises BackproofError where one layer object stands in two places: it remembers only its last input.
    """

    def __init__(self, layers: Mapping[str, Layer] | Iterable[Layer], last_layer: LossLayer | None = None) -> None:
        self.layers: OrderedDict[str, Layer] = OrderedDict(
            layers if isinstance(layers, Mapping) else _named(layers)
        )
        if len({id(layer) for layer in self.layers.values()}) < len(self.layers):
            raise BackproofError(
                f"one layer object stands in two places of {', '.join(self.layers)}: it remembers only its last "
                "input, so backward would be wrong; make one object for each place"
            )
        self.last_layer: LossLayer = SoftmaxWithLoss() if last_layer is None else last_layer
        self.params: dict[str, Array] = ParameterDict(
            {name: layer.params[key] for name, layer, key in self._parameters()}
        )

    @property
    def lastLayer(self) -> LossLayer:
        """The book's first spelling of `last_layer`."""
        return self.last_layer

    def predict(self, x: Array) -> Array:
        """The scores, before the softmax. x: (N, ...) or one sample; returns (N, K) or (K,)."""
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x: Array, t: Array) -> float:
        """The loss, averaged over the samples. t: class indices (N,) or rows (N, K)."""
        return self.last_layer.forward(self.predict(x), t)

    def accuracy(self, x: Array, t: Array) -> float:
        """The share of samples, 0 to 1, whose largest score is that of their class."""
        return _accuracy(self.predict(x), t)

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        """The gradient of the loss for every parameter, by backpropagation through all layers; fresh arrays."""
        self.loss(x, t)
        dout = self.last_layer.backward()
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        return self._gradients()

    def loss_and_gradients(self, x: Array, t: Array) -> tuple[float, dict[str, Array]]:
        """Loss and gradients from one forward pass; the way back stops at the first layer with parameters."""
        loss = self.loss(x, t)
        layers = list(self.layers.values())
        first = next((i for i, layer in enumerate(layers) if layer.params), len(layers))
        if first < len(layers):
            dout = self.last_layer.backward()
            for layer in reversed(layers[first + 1 :]):
                dout = layer.backward(dout)
            layers[first].parameter_gradients(dout)
        return loss, self._gradients()

    def numerical_gradient(self, x: Array, t: Array) -> dict[str, Array]:
        """The same gradient by central differences, in float64 whatever the network's own type.

        Every entry is perturbed. Where the layers allow it, many at a time (see `stacked`); elsewhere, and where
        the network or its last layer has a loss of its own, one after the other, which is slow.
        """
        x, t = np.asarray(x, dtype=np.float64), np.asarray(t)
        if x.ndim == 1:
            x, t = x[None], t[None]
        with limited(1), self._in_float64() as params:
            gradients = self._stacked_gradients(x, t)
            for name, array in params.items():
                if name not in gradients:
                    gradients[name] = numerical_gradient(lambda _: self.loss(x, t), array)
            return {name: gradients[name] for name in params}

    def _stacked_gradients(self, x: Array, t: Array) -> dict[str, Array]:
        """The numerical gradients of those parameters whose layers let themselves be run on stacked copies."""
        self.loss(x, t)  # whatever is wrong with x and t is said here
        end = self.last_layer
        ours = (
            (self.loss, Sequential.loss),
            (self.predict, Sequential.predict),
            (end.forward, SoftmaxWithLoss.forward),
        )
        replaced = any(getattr(method, "__func__", None) is not function for method, function in ours)
        if replaced or not isinstance(end, SoftmaxWithLoss):
            return {}
        gradients, layers, given = {}, list(self.layers.values()), [x]
        for layer in layers:
            given.append(layer.forward(given[-1]))
        for name, layer, key in self._parameters():
            at = layers.index(layer)

            def rest(rows: Array, samples: Array, later: list[Layer] = layers[at + 1 :]) -> Array:
                for layer in later:
                    rows = layer.forward(rows)
                losses: Array = end.losses(rows, t[samples]) / len(t)
                return losses

            forward = partial(layer.forward, given[at])
            gradient = stacked_gradient(forward, layer.params[key], rest)
            if gradient is not None:
                gradients[name] = gradient
        self.loss(x, t)  # all layers remember (x, t) again
        return gradients

    def summary(self) -> None:
        """Print a table of layers: output shape, parameters and, after a run, the norms of their gradients."""
        from backproof.xray.structure import summary  # slow to import, and only needed here

        print(summary(type(self).__name__, self._all_layers()))

    def _repr_html_(self) -> str:
        from backproof.xray.structure import fragment_of_layers

        return fragment_of_layers(type(self).__name__, self._all_layers())

    def _all_layers(self) -> dict[str, object]:
        return {**self.layers, type(self.last_layer).__name__: self.last_layer}

    def _parameters(self) -> Iterator[tuple[str, Layer, str]]:
        with_parameters = (layer for layer in self.layers.values() if layer.params)
        for number, layer in enumerate(with_parameters, start=1):
            for key in layer.params:
                yield f"{key}{number}", layer, key

    def _gradients(self) -> dict[str, Array]:
        return {name: layer.grads[key] for name, layer, key in self._parameters()}

    @contextmanager
    def _in_float64(self) -> Iterator[dict[str, Array]]:
        """Let the layers work on float64 copies of their parameters for a while."""
        own, own_params = [(layer, layer.params) for layer in self.layers.values()], self.params
        try:
            for layer, params in own:
                layer.params = ParameterDict({key: array.astype(np.float64) for key, array in params.items()})
            self.params = ParameterDict({name: layer.params[key] for name, layer, key in self._parameters()})
            yield self.params  # the network's own too: a loss with weight decay reads it
        finally:
            self.params = own_params
            for layer, params in own:
                layer.params = params


class TwoLayerNet(Sequential):
    """Affine, activation, Affine, softmax with loss: the network of the book's chapter 5.

    activation: "relu" or "sigmoid"; dtype: "float32" or "float64"; weights are N(0, weight_init_std²), biases 0,
    drawn with `seed`, or from NumPy's global generator where it is None, so that `np.random.seed` is honoured.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        activation: str = "relu",
        dtype: npt.DTypeLike = "float64",
        seed: int | None = None,
    ) -> None:
        if activation not in _ACTIVATIONS:
            raise BackproofError(f"activation must be one of {', '.join(_ACTIVATIONS)}, got {activation!r}")
        p = _initial_parameters(input_size, hidden_size, output_size, weight_init_std, dtype, seed)
        activation_layer = _ACTIVATIONS[activation]()
        super().__init__(
            {
                "Affine1": Affine(p["W1"], p["b1"]),
                f"{type(activation_layer).__name__}1": activation_layer,
                "Affine2": Affine(p["W2"], p["b2"]),
            }
        )


class MatrixTwoLayerNet(Drawn):
    """The two-layer network with a sigmoid inside, its gradient written directly as matrix products.

    The book's chapter 4 network with the gradient of its appendix: no layer objects, the same numbers.
    Arguments as for `TwoLayerNet`. `predict` returns probabilities, as there.
    Raises ShapeError for an input that is not (N, D) or (D,), LabelError.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        output_size: int,
        weight_init_std: float = 0.01,
        dtype: npt.DTypeLike = "float64",
        seed: int | None = None,
    ) -> None:
        self.params: dict[str, Array] = ParameterDict(
            _initial_parameters(input_size, hidden_size, output_size, weight_init_std, dtype, seed)
        )

    def predict(self, x: Array) -> Array:
        """The probabilities of the classes. x: (N, D) or (D,); returns (N, K) or (K,)."""
        return softmax(self._forward(x)[1])

    def loss(self, x: Array, t: Array) -> float:
        """Cross entropy, averaged over the samples. t: class indices (N,) or rows (N, K)."""
        return softmax_loss(self._forward(x)[1], t)

    def accuracy(self, x: Array, t: Array) -> float:
        """The share of samples, 0 to 1, whose largest score is that of their class."""
        return _accuracy(self._forward(x)[1], t)

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        """The gradient of the loss for W1, b1, W2, b2 as matrix products; fresh arrays."""
        return self.loss_and_gradients(x, t)[1]

    def loss_and_gradients(self, x: Array, t: Array) -> tuple[float, dict[str, Array]]:
        """Loss and gradients from one forward pass."""
        x, t = np.asarray(x), np.asarray(t)
        if x.ndim == 1:
            x, t = x[None], t[None]
        z1, a2 = self._forward(x)
        t = as_labels(t, a2.shape)
        y = softmax(a2)

        if t.ndim == 1:
            t = np.eye(y.shape[1], dtype=y.dtype)[t]
        dy = ((y * t.sum(axis=1, keepdims=True) - t) / len(x)).astype(y.dtype, copy=False)
        da1 = dy @ self.params["W2"].T * z1 * (1 - z1)
        return softmax_loss(a2, t), {
            "W1": x.T @ da1,
            "b1": da1.sum(axis=0),
            "W2": z1.T @ dy,
            "b2": dy.sum(axis=0),
        }

    def numerical_gradient(self, x: Array, t: Array) -> dict[str, Array]:
        """The same gradient by central differences, in float64 whatever the network's own type; slow."""
        x = np.asarray(x, dtype=np.float64)
        own = self.params
        try:
            self.params = ParameterDict({name: array.astype(np.float64) for name, array in own.items()})
            return {
                name: numerical_gradient(lambda _: self.loss(x, t), array) for name, array in self.params.items()
            }
        finally:
            self.params = own

    def summary(self) -> None:
        """Print a table of the parameters; they belong to no layer objects, and their gradients are not kept."""
        from backproof.xray.structure import summary  # slow to import, and only needed here

        print(summary(type(self).__name__, {"matrix form": self}))

    def _forward(self, x: Array) -> tuple[Array, Array]:
        """The hidden layer's output z1 and the scores a2."""
        p = self.params
        x = np.asarray(x)
        if x.ndim not in (1, 2) or x.shape[-1] != len(p["W1"]):
            raise ShapeError(
                f"MatrixTwoLayerNet expected an input of shape (N, {len(p['W1'])}), got {x.shape}; "
                "images are given as rows: x.reshape(len(x), -1)"
            )
        z1 = sigmoid(x @ p["W1"] + p["b1"])
        return z1, z1 @ p["W2"] + p["b2"]


def _named(layers: Iterable[Layer]) -> Iterator[tuple[str, Layer]]:
    """`Affine1, Relu1, Affine2`: the class and a number that counts the layers of that class."""
    seen: dict[str, int] = {}
    for layer in layers:
        kind = type(layer).__name__
        seen[kind] = seen.get(kind, 0) + 1
        yield f"{kind}{seen[kind]}", layer


def _initial_parameters(
    input_size: int, hidden_size: int, output_size: int, std: float, dtype: npt.DTypeLike, seed: int | None
) -> dict[str, Array]:
    try:
        known = np.dtype(dtype) in (np.float32, np.float64)
    except TypeError:
        known = False
    if not known:
        raise DtypeError(f"dtype must be float32 or float64, got {dtype!r}")
    for name, size in (
        ("input_size", input_size),
        ("hidden_size", hidden_size),
        ("output_size", output_size),
    ):
        if not isinstance(size, int | np.integer) or size < 1:
            raise BackproofError(f"{name} must be a whole number of at least 1, got {size!r}")
    draw = np.random.standard_normal if seed is None else np.random.default_rng(seed).standard_normal
    return {
        "W1": (std * draw((input_size, hidden_size))).astype(dtype),
        "b1": np.zeros(hidden_size, dtype),
        "W2": (std * draw((hidden_size, output_size))).astype(dtype),
        "b2": np.zeros(output_size, dtype),
    }


def _accuracy(scores: Array, t: Array) -> float:
    t = as_labels(t, scores.shape)
    classes = t.argmax(axis=-1) if t.ndim == scores.ndim else t
    return float(np.mean(scores.argmax(axis=-1) == classes))
