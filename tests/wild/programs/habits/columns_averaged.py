"""Samples in columns, all gradients averaged over them: one column alone would not show another average."""
import numpy as np


class Deep:
    def __init__(self, sizes):
        self.W = [0.5 * np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]

    def forward(self, X):
        self.A = [X]
        for W in self.W:
            self.A.append(1 / (1 + np.exp(-W @ self.A[-1])))
        return self.A[-1]

    def backward(self, Y):
        m = Y.shape[1]
        d = (self.A[-1] - Y) * self.A[-1] * (1 - self.A[-1])
        dW = []
        for W, A in zip(self.W[::-1], self.A[-2::-1]):
            dW.insert(0, d @ A.T / m)
            d = W.T @ d * A * (1 - A)
        return dW

    def fit(self, X, Y, rate=0.1):
        self.forward(X)
        self.W = [W - rate * dW for W, dW in zip(self.W, self.backward(Y))]
