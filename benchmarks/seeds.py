"""The book network as the five seeds train it, written anew with all they do and nothing more.

float64 parameters, one-hot float64 labels, a mask in `Relu`, a `dx` of the first layer, `np.random.choice` for
each batch, and a second forward pass for the loss after each update. The softmax is that of seed 003, row by row.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


class Relu:
    def forward(self, x: Array) -> Array:
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout: Array) -> Array:
        dout[self.mask] = 0
        return dout


class Affine:
    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        self.x = x.reshape(x.shape[0], -1)
        return np.dot(self.x, self.W) + self.b

    def backward(self, dout: Array) -> Array:
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


def softmax(x: Array) -> Array:
    x = x.T
    x = x - np.max(x, axis=0)
    y: Array = np.exp(x) / np.sum(np.exp(x), axis=0)
    return y.T


def cross_entropy_error(y: Array, t: Array) -> float:
    if t.size == y.size:
        t = t.argmax(axis=1)
    return float(-np.sum(np.log(y[np.arange(len(y)), t] + 1e-7)) / len(y))


class SoftmaxWithLoss:
    def forward(self, x: Array, t: Array) -> float:
        self.t = t
        self.y = softmax(x)
        return cross_entropy_error(self.y, t)

    def backward(self, dout: float = 1) -> Array:
        return (self.y - self.t) / len(self.t)


class TwoLayerNet:
    """Any number of layers: sizes (784, 50, 10) is the seeds' own."""

    def __init__(self, *sizes: int) -> None:
        self.params: dict[str, Array] = {}
        self.layers: OrderedDict[str, Any] = OrderedDict()
        for i, (before, after) in enumerate(pairwise(sizes), start=1):
            self.params[f"W{i}"] = 0.01 * np.random.randn(before, after)
            self.params[f"b{i}"] = np.zeros(after)
            self.layers[f"Affine{i}"] = Affine(self.params[f"W{i}"], self.params[f"b{i}"])
            if i < len(sizes) - 1:
                self.layers[f"Relu{i}"] = Relu()
        self.last = SoftmaxWithLoss()

    def predict(self, x: Array) -> Array:
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x: Array, t: Array) -> float:
        return self.last.forward(self.predict(x), t)

    def accuracy(self, x: Array, t: Array) -> float:
        y = np.argmax(self.predict(x), axis=1)
        return float(np.sum(y == np.argmax(t, axis=1)) / float(x.shape[0]))

    def gradient(self, x: Array, t: Array) -> dict[str, Array]:
        self.loss(x, t)
        dout = self.last.backward()
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for i in range(1, len(self.params) // 2 + 1):
            affine = self.layers[f"Affine{i}"]
            grads[f"W{i}"], grads[f"b{i}"] = affine.dW, affine.db
        return grads

    def numerical_gradient(self, x: Array, t: Array) -> dict[str, Array]:
        return {key: numerical_gradient(lambda _: self.loss(x, t), array) for key, array in self.params.items()}


def numerical_gradient(f: Callable[[Array], float], x: Array) -> Array:
    h = 1e-4
    grad = np.zeros_like(x)
    it = np.nditer(x, flags=["multi_index"], op_flags=[["readwrite"]])
    while not it.finished:
        index = it.multi_index
        value = x[index]
        x[index] = float(value) + h
        above = f(x)
        x[index] = value - h
        below = f(x)
        grad[index] = (above - below) / (2 * h)
        x[index] = value
        it.iternext()
    return grad


def train(network: TwoLayerNet, x: Array, t: Array, steps: int, batch_size: int, losses: list[float]) -> None:
    for _ in range(steps):
        mask = np.random.choice(len(x), batch_size)
        x_batch, t_batch = x[mask], t[mask]
        grad = network.gradient(x_batch, t_batch)
        for key in network.params:
            network.params[key] -= 0.1 * grad[key]
        losses.append(network.loss(x_batch, t_batch))
