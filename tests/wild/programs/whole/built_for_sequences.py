"""Layers for sequences (samples, steps, channels), whose `build` takes the shape of one sample apart."""
import numpy as np


class Windows:
    def __init__(self, filters, kernel_size):
        self.filters, self.kernel_size = filters, kernel_size
        self.weights, self.slopes = {}, {}

    def build(self, shape):
        steps, channels = shape
        self.weights["K"] = 0.3 * np.random.randn(self.kernel_size, channels, self.filters)
        self.weights["c"] = np.zeros(self.filters)
        return steps - self.kernel_size + 1, self.filters

    def forward(self, X):
        self.X = X
        steps = X.shape[1] - self.kernel_size + 1
        return self.weights["c"] + sum(
            X[:, k:k + steps] @ self.weights["K"][k] for k in range(self.kernel_size)
        )

    def backward(self, up):
        steps, dX = up.shape[1], np.zeros_like(self.X)
        self.slopes["K"] = np.zeros_like(self.weights["K"])
        for k in range(self.kernel_size):
            self.slopes["K"][k] = np.einsum("ntc,ntf->cf", self.X[:, k:k + steps], up)
            dX[:, k:k + steps] += up @ self.weights["K"][k].T
        self.slopes["c"] = up.sum(axis=(0, 1))
        return dX


class Folded:
    """A dense layer that bends where it is told so; by default it does not."""

    def __init__(self, units, activation=None):
        self.units, self.activation = units, activation

    def build(self, input_dim):
        self.W = 0.3 * np.random.randn(input_dim, self.units)

    def forward(self, X):
        self.X, self.Z = X, X @ self.W
        return np.tanh(self.Z) if self.activation == "tanh" else self.Z

    def backward(self, up):
        if self.activation == "tanh":
            up = up * (1 - np.tanh(self.Z) ** 2)
        self.dW = self.X.T @ up
        return up @ self.W.T
