"""One method does all, and draws the order of the samples first."""

import numpy as np


class Shuffles:
    def __init__(self, n_in, n_hidden, n_out, seed=1):
        self.rng = np.random.default_rng(seed)
        self.W1 = self.rng.normal(size=(n_in, n_hidden))
        self.W2 = self.rng.normal(size=(n_hidden, n_out))

    def train(self, X, Y, lr=0.01, epochs=1):
        for _ in range(epochs):
            order = self.rng.permutation(len(X))
            X, Y = X[order], Y[order]
            hidden = np.tanh(X @ self.W1)
            out = hidden @ self.W2
            d = out - Y
            below = (d @ self.W2.T) * (1 - hidden**2)
            self.W2 -= lr * hidden.T @ d
            self.W1 -= lr * X.T @ below
