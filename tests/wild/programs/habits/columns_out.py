"""Samples go in by rows and come out by columns; the step takes class numbers."""

import numpy as np


class Turned:
    def __init__(self, n_features, n_classes):
        self.w = 0.1 * np.random.randn(n_classes, n_features)
        self.c = np.zeros((n_classes, 1))

    def forward(self, X):
        z = self.w @ X.T + self.c
        e = np.exp(z - z.max(axis=0))
        return e / e.sum(axis=0)

    def backward(self, dZ, X):
        self.w -= 0.1 * (dZ @ X) / len(X)
        self.c -= 0.1 * dZ.sum(axis=1, keepdims=True) / len(X)

    def train_step(self, X, y):
        self.backward(self.forward(X) - np.eye(len(self.w))[:, y], X)
