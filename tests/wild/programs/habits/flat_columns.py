"""Samples in columns, one number a sample."""
import numpy as np


class Perceptron:
    def __init__(self, n_features):
        self.w, self.b = np.random.randn(n_features), np.zeros(1)

    def forward(self, X):
        if X.shape[0] != self.w.size:
            raise ValueError("features in rows, please")
        return np.tanh(self.w @ X + self.b)

    def backward(self, X, y):
        p = self.forward(X)
        d = (p - y) * (1 - p**2)
        self.dw, self.db = X @ d, d.sum(keepdims=True)
