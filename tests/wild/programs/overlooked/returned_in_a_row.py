"""Gradients returned in a row, one for each parameter or with more; the loss where one is not learned."""

from typing import NamedTuple

import numpy as np

rng = np.random.default_rng(8)


class Plain:
    def __init__(self, inputs=7, hidden=8, outputs=4):
        self.W1, self.b1 = rng.normal(size=(inputs, hidden)), np.zeros(hidden)
        self.W2, self.b2 = rng.normal(size=(hidden, outputs)), np.zeros(outputs)

    def forward(self, X):
        a = np.tanh(X @ self.W1 + self.b1)
        return a @ self.W2 + self.b2, (X, a)

    def backward(self, cache, Y):
        X, a = cache
        d2 = (self.forward(X)[0] - Y) / len(X)
        d1 = (d2 @ self.W2.T) * (1 - a**2)
        return d1.sum(axis=0), X.T @ d1, d2.sum(axis=0), a.T @ d2


class Frozen(Plain):
    def backward(self, cache, Y):
        X, a = cache
        off = self.forward(X)[0] - Y
        d2 = off / len(X)
        d1 = (d2 @ self.W2.T) * (1 - a**2)
        return 0.5 * np.mean(np.sum(off**2, axis=1)), X.T @ d1, d1.sum(axis=0), a.T @ d2


class Slopes(NamedTuple):
    b1: np.ndarray
    W1: np.ndarray
    b2: np.ndarray
    W2: np.ndarray
    size: float


class Named(Plain):
    def backward(self, cache, Y):
        found = super().backward(cache, Y)
        return Slopes(b1=found[0], W1=found[1], b2=found[2], W2=found[3], size=float(np.abs(found[1]).max()))
