"""Activations as layers. Each remembers what its backward pass needs."""
import math

import numpy as np


class LeakyReLU:
    def __init__(self, alpha=0.2):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, grad_output):
        slope = np.ones_like(self.x)
        slope[self.x <= 0] = self.alpha
        return grad_output * slope


class ELU:
    def __init__(self, alpha=1.5):
        self.alpha = alpha

    def forward(self, x):
        self.x = x
        self.out = np.where(x > 0, x, self.alpha * (np.exp(np.minimum(x, 0)) - 1))
        return self.out

    def backward(self, grad_output):
        return grad_output * np.where(self.x > 0, 1, self.out + self.alpha)


class PReLU:
    """One learned slope per feature."""

    def __init__(self, num_features=6):
        self.a = np.full(num_features, 0.25)
        self.da = np.zeros_like(self.a)

    def forward(self, x):
        self.x = x
        return np.maximum(0, x) + self.a * np.minimum(0, x)

    def backward(self, grad_output):
        self.da = np.sum(grad_output * np.minimum(0, self.x), axis=0)
        return np.where(self.x > 0, grad_output, self.a * grad_output)


class Swish:
    def forward(self, x):
        self.x = x
        self.sig = 1.0 / (1.0 + np.exp(-x))
        return x * self.sig

    def backward(self, grad_output):
        return grad_output * (self.sig + self.x * self.sig * (1 - self.sig))


class GELU:
    """The approximation by tanh."""

    def forward(self, x):
        self.x = x
        self.t = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))
        return 0.5 * x * (1 + self.t)

    def backward(self, grad_output):
        x, t = self.x, self.t
        inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x ** 2)
        return grad_output * (0.5 * (1 + t) + 0.5 * x * (1 - t ** 2) * inner)


class Softplus:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, grad_output):
        return grad_output / (1 + np.exp(-self.x))


class HardTanh:
    def forward(self, x):
        self.x = x
        return np.clip(x, -1, 1)

    def backward(self, grad_output):
        inside = (self.x > -1) & (self.x < 1)
        return grad_output * inside
