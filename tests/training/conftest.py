"""A small problem, and a network that shares no code with ours: the trainer takes any object of that shape."""

from collections.abc import Callable

import numpy as np
import pytest


class Softmax:
    """Softmax regression by hand: p = softmax(x W + b). `on_step` is called with the number of each step."""

    def __init__(self, features=4, classes=3, dtype="float64", seed=0):
        draw = np.random.default_rng(seed)
        self.params = {
            "W": draw.normal(0, 0.1, (features, classes)).astype(dtype),
            "b": np.zeros(classes, dtype),
        }
        self.on_step: Callable[[int], None] = lambda step: None
        self.steps = 0

    def predict(self, x):
        z = x @ self.params["W"] + self.params["b"]
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def loss(self, x, t):
        return float(-np.log(self.predict(x)[np.arange(len(x)), t]).mean())

    def accuracy(self, x, t):
        return float((self.predict(x).argmax(axis=1) == t).mean())

    def loss_and_gradients(self, x, t):
        self.steps += 1
        self.on_step(self.steps)
        delta = self.predict(x)
        delta[np.arange(len(x)), t] -= 1
        delta /= len(x)
        return self.loss(x, t), {"W": x.T @ delta, "b": delta.sum(axis=0)}


def problem(samples=60, features=4, classes=3, seed=0):
    """Noisy labels, so that the loss has a finite minimum."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(samples, features))
    t = (x @ draw.normal(size=(features, classes)) + 2 * draw.normal(size=(samples, classes))).argmax(axis=1)
    return x, t


@pytest.fixture
def network():
    return Softmax()


@pytest.fixture
def data():
    """((x_train, t_train), (x_test, t_test)), 60 and 25 samples."""
    return problem(60), problem(25, seed=1)


@pytest.fixture
def new_network():
    return Softmax
