"""A network that goes forward by a name nobody knows; one call of its way back takes many steps."""
import numpy as np


class Zwilling:
    def __init__(self, layer_sizes):
        self.w = [np.random.randn(n, m) for m, n in zip(layer_sizes[:-1], layer_sizes[1:])]

    def antworte(self, x):
        self.a = [x]
        for w in self.w:
            self.a.append(np.tanh(self.a[-1] @ w.T))
        return self.a[-1]

    def backprop(self, x, ziel, prediction, iterations=50, momentum=1.0):
        for _ in range(iterations):
            self.antworte(x)
            d = (self.a[-1] - ziel) * (1 - self.a[-1] ** 2)
            for i in reversed(range(len(self.w))):
                below = (d @ self.w[i]) * (1 - self.a[i] ** 2)
                self.w[i] = self.w[i] - 0.1 * d.T @ self.a[i]
                d = below
