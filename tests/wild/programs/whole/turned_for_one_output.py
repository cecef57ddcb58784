"""Made for one output; its gradients of weights lie the other way round and are turned when they are used."""
import numpy as np


def squash(z):
    return 1 / (1 + np.exp(-z))


class Columns:
    def __init__(self, sizes):
        self.w = [np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]
        self.c = [np.random.randn(b, 1) for b in sizes[1:]]

    def feedforward(self, x):
        self.a = [x]
        for w, c in zip(self.w, self.c):
            self.a.append(squash(w @ self.a[-1] + c))
        return self.a[-1]

    def cost(self, X, y):
        return 0.5 * (self.feedforward(X) - y) ** 2

    def slopes(self, X, y):
        self.feedforward(X)
        d = (self.a[-1] - y) * self.a[-1] * (1 - self.a[-1])
        self.dw, self.db = [d * self.a[-2]], [d]
        for i in range(2, len(self.a)):
            d = (self.w[-i + 1].T @ d) * self.a[-i] * (1 - self.a[-i])
            self.dw.insert(0, self.a[-i - 1] @ d.T)
            self.db.insert(0, d)
        return self.dw, self.db

    def improve(self, X, y, rate):
        self.slopes(X, y)
        self.w = [w - rate * dw.T for w, dw in zip(self.w, self.dw)]
        self.c = [c - rate * db for c, db in zip(self.c, self.db)]
