"""Classes that are right as they are made by themselves, and offer another activation."""
import numpy as np


def relu(x, slope=False):
    return (x > 0) * 1.0 if slope else x * (x > 0)


def sigmoid(x, slope=False):
    y = 1 / (1 + np.exp(-x))
    return y * (1 - y) if slope else y


class Full:
    def __init__(self, n_in, n_out, activation=relu):
        self.W = np.random.randn(n_in, n_out)
        self.activation = activation

    def forward(self, x):
        self.x, self.z = x, x @ self.W
        self.y = self.activation(self.z)
        return self.y

    def backward(self, grad):
        inner = grad * self.activation(self.z, slope=True)
        self.dW = self.x.T @ inner
        return inner @ self.W.T


class Named:
    def __init__(self, n_in, n_out, activation="tanh"):
        self.W = np.random.randn(n_in, n_out)
        if activation == "tanh":
            self.f, self.slope = np.tanh, lambda y: 1 - y**2
        elif activation == "sigmoid":
            self.f, self.slope = sigmoid, lambda y: y * (1 - y)

    def forward(self, x):
        self.x = x
        self.y = self.f(x @ self.W)
        return self.y

    def backward(self, grad):
        inner = grad * self.slope(self.y)
        self.dW = self.x.T @ inner
        return inner @ self.W.T


class MeanSquare:
    """The mean is over all entries, the gradient's over the samples: right for one output."""

    def forward(self, y_pred, y_true):
        self.off = y_pred - y_true
        return np.mean(self.off**2)

    def backward(self):
        self.dinputs = 2 * self.off / len(self.off)
        return self.dinputs
