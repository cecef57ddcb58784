"""Correct networks drawn at random, and PyTorch's own gradients as layers: a fault found here is a false alarm.

Each network has a serial number that settles everything about it: family, sizes, batch, dtype, scale of
the parameters (1e-6 to 1e6), zero or random biases, and the kind of input: ordinary, with samples of
zeros, whole numbers (exact ReLU kinks, ties in max pooling), or large enough to saturate the loss.
"""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from .subjects import PROGRAM, load

Array = Any
Rng = np.random.Generator
INPUTS = ("ordinary", "ordinary", "zero samples", "whole numbers", "saturated")


@dataclass
class Case:
    """A correct subject with an input and labels; `settings` describes it in a line."""

    serial: int
    settings: str
    subject: Any
    x: Array
    t: Array | None


@functools.cache
def _module(program: str) -> ModuleType:
    return load(PROGRAM[program].path)


def _labels(rng: Rng, n: int, classes: int, one_hot: bool) -> Array:
    t = rng.integers(0, classes, n)
    return np.eye(classes)[t] if one_hot else t


def _width(rng: Rng, largest: int = 12) -> int:
    return int(rng.integers(2, largest + 1))


def _mlp(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    d, h, c = _width(rng), _width(rng), _width(rng, 10)
    net = _module("book_two_layer").TwoLayerNet(d, h, c)
    return net, (d,), _labels(rng, n, c, bool(rng.integers(2)))


def _sigmoid(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    d, c = _width(rng), _width(rng, 10)
    hidden = [_width(rng) for _ in range(rng.integers(1, 4))]
    net = _module("book_multi_layer").MultiLayerNet(
        d, hidden, c, weight_decay_lambda=float(rng.choice([0.0, 0.1]))
    )
    return net, (d,), _labels(rng, n, c, False)


def _matrix(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    d, h, c = _width(rng), _width(rng), _width(rng, 10)
    return _module("book_matrix_net").TwoLayerNet(d, h, c), (d,), _labels(rng, n, c, True)


def _batch_norm(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    d, h, c = _width(rng), _width(rng), _width(rng, 6)
    return _module("book_batch_norm").BatchNormNet(d, h, c), (d,), rng.standard_normal((n, c))


def _conv(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    channels, size, c = int(rng.integers(1, 3)), int(rng.choice([4, 6])), _width(rng, 6)
    filters = {"filter_num": int(rng.integers(1, 4)), "filter_size": 3, "pad": 1, "stride": 1}
    net = _module("book_conv_net").SimpleConvNet((channels, size, size), filters, c)
    return net, (channels, size, size), _labels(rng, n, c, True)


def _residual(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    d, h, c = _width(rng), _width(rng), _width(rng, 10)
    return _module("book_residual").ResNet(d, h, c), (d,), _labels(rng, n, c, False)


def _framework_dict(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    d, h, c = _width(rng), _width(rng), _width(rng, 10)
    return _module("framework_dict").NeuralNet(d, h, c), (d,), _labels(rng, n, c, False)


def _framework_list(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    d, h, c = _width(rng), _width(rng), _width(rng, 10)
    return _module("framework_list").TwoLayerNet(d, h, c), (d,), _labels(rng, n, c, bool(rng.integers(2)))


def _framework_conv(rng: Rng, n: int) -> tuple[Any, tuple[int, ...], Array]:
    size, c = int(rng.choice([4, 6])), _width(rng, 6)
    net = _module("framework_conv").ConvNet(size=size, channels=int(rng.integers(1, 4)), classes=c)
    return net, (1, size, size), _labels(rng, n, c, True)


FAMILIES: dict[str, Callable[[Rng, int], tuple[Any, tuple[int, ...], Array]]] = {
    "MLP": _mlp,
    "sigmoid": _sigmoid,
    "batch norm": _batch_norm,
    "convolution": _conv,
    "residual": _residual,
    "matrices": _matrix,
    "framework, dicts": _framework_dict,
    "framework, lists": _framework_list,
    "framework, images": _framework_conv,
}


def _replaced(item: Any, change: Callable[[Array], Array], memo: dict[int, tuple[Any, Any]]) -> Any:
    """Every float array reachable from `item` through `change`, shared arrays once and still shared.

    `memo` keeps the old objects too: an id is only good while its object lives.
    """
    if id(item) in memo:
        return memo[id(item)][1]
    if isinstance(item, np.ndarray) and item.dtype.kind == "f":
        memo[id(item)] = (item, change(item))
        return memo[id(item)][1]
    memo[id(item)] = (item, item)
    if isinstance(item, dict | OrderedDict):
        for key in item:
            item[key] = _replaced(item[key], change, memo)
    elif isinstance(item, list):
        item[:] = [_replaced(value, change, memo) for value in item]
    elif hasattr(item, "__dict__") and not isinstance(item, type):
        for key, value in vars(item).items():
            setattr(item, key, _replaced(value, change, memo))
    return item


def _input(rng: Rng, kind: str, shape: tuple[int, ...]) -> Array:
    x = rng.standard_normal(shape)
    if kind == "zero samples":
        x[rng.random(len(x)) < 0.5] = 0.0
    elif kind == "whole numbers":
        x = rng.integers(-2, 3, shape).astype(np.float64)
    elif kind == "saturated":
        x *= 1e3
    return x


def network(serial: int) -> Case:
    """The correct network with this serial number."""
    rng = np.random.default_rng([2, serial])
    family = list(FAMILIES)[serial % len(FAMILIES)]
    n = int(rng.integers(2 if family == "batch norm" else 1, 8))
    np.random.seed(serial)
    net, shape, t = FAMILIES[family](rng, n)
    precision = np.float32 if rng.random() < 0.3 else np.float64
    scale = 10.0 ** rng.uniform(-6, 6) if rng.random() < 0.5 else 0.5
    zero_biases = rng.random() < 0.5

    def change(array: Array) -> Array:
        if array.ndim == 1:
            new = np.zeros(array.shape) if zero_biases else scale * rng.standard_normal(array.shape)
        else:
            new = scale * rng.standard_normal(array.shape)
        return new.astype(precision)

    _replaced(net, change, {})
    kind = INPUTS[int(rng.integers(len(INPUTS)))]
    x = _input(rng, kind, (n, *shape)).astype(precision)
    settings = (
        f"{family}, batch {n}, {np.dtype(precision)}, scale {scale:.1e}, "
        f"{'zero' if zero_biases else 'random'} biases, input {kind}"
    )
    return Case(serial, settings, net, x, t)


# ---- PyTorch's own gradients -----------------------------------------------------------------------------


class TorchLayer:
    """A torch.nn module behind forward(x) / backward(dout): its derivative is PyTorch's."""

    def __init__(self, module: Any) -> None:
        self.module = module.double()
        self.params = {name: p.detach().numpy() for name, p in module.named_parameters()}
        self.grads: dict[str, Array] = {}

    def forward(self, x: Array) -> Array:
        import torch

        self.x = torch.tensor(np.array(x), dtype=torch.float64, requires_grad=True)
        self.out = self.module(self.x)
        return self.out.detach().numpy().copy()

    def backward(self, dout: Array) -> Array:
        import torch

        self.module.zero_grad()
        gradients = torch.autograd.grad(
            self.out, [self.x, *self.module.parameters()], torch.tensor(np.array(dout)), retain_graph=True
        )
        self.grads = dict(zip(self.params, (g.numpy().copy() for g in gradients[1:]), strict=True))
        return gradients[0].numpy().copy()


class TorchLoss:
    """A torch.nn loss behind forward(x, t) / backward(dout)."""

    def __init__(self, module: Any) -> None:
        self.module = module

    def forward(self, x: Array, t: Array) -> float:
        import torch

        self.x = torch.tensor(np.array(x), dtype=torch.float64, requires_grad=True)
        self.out = self.module(self.x, torch.from_numpy(np.array(t)))
        return float(self.out.detach())

    def backward(self, dout: float = 1.0) -> Array:
        import torch

        (gradient,) = torch.autograd.grad(self.out, [self.x], retain_graph=True)
        return dout * gradient.numpy().copy()


def torch_names() -> list[str]:
    return [
        "Linear", "Conv2d", "strided Conv2d", "BatchNorm1d", "LayerNorm", "MaxPool2d", "AvgPool2d", "ReLU",
        "LeakyReLU", "ELU", "GELU", "SiLU", "Softplus", "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Flatten",
        "CrossEntropyLoss", "MSELoss", "HuberLoss", "BCEWithLogitsLoss",
    ]  # fmt: skip


def torch_layer(name: str, serial: int) -> Case:
    """One of torch.nn's modules as a layer, with sizes by the serial number."""
    import torch
    from torch import nn

    torch.manual_seed(serial)
    rng = np.random.default_rng([5, serial])
    n, d, m = int(rng.integers(2, 7)), _width(rng, 8), _width(rng, 8)
    vector, image = (n, d), (n, int(rng.integers(1, 4)), 6, 6)
    layers: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
        "Linear": (lambda: nn.Linear(d, m), vector),
        "Conv2d": (lambda: nn.Conv2d(image[1], 3, 3, padding=1), image),
        "strided Conv2d": (lambda: nn.Conv2d(image[1], 2, 3, stride=2), image),
        "BatchNorm1d": (lambda: nn.BatchNorm1d(d), vector),
        "LayerNorm": (lambda: nn.LayerNorm(d), vector),
        "MaxPool2d": (lambda: nn.MaxPool2d(2), image),
        "AvgPool2d": (lambda: nn.AvgPool2d(2), image),
        "Softmax": (lambda: nn.Softmax(dim=1), vector),
        "LogSoftmax": (lambda: nn.LogSoftmax(dim=1), vector),
        "Flatten": (lambda: nn.Flatten(), image),
    }
    if name.endswith("Loss"):
        subject: Any = type(name, (TorchLoss,), {})(getattr(nn, name)())
        x = rng.standard_normal(vector)
        t: Array = rng.integers(0, d, n) if name == "CrossEntropyLoss" else rng.random(vector)
        return Case(serial, f"torch {name} {vector}", subject, x, t)
    make, shape = layers.get(name, (getattr(nn, name, None), vector))
    assert make is not None
    subject = type(name.split()[-1], (TorchLayer,), {})(make())
    return Case(serial, f"torch {name} {shape}", subject, rng.standard_normal(shape), None)
