"""A network over steps that goes back by `bptt`."""

import numpy as np


class Counter:
    def __init__(self, n_in=3, n_hidden=12, n_out=2):
        self.n_hidden = n_hidden
        self.U = np.random.randn(n_in, n_hidden) * 0.3
        self.W = np.random.randn(n_hidden, n_hidden) * 0.3
        self.V = np.random.randn(n_hidden, n_out) * 0.3

    def forward(self, X):
        n, steps, _ = X.shape
        self.X, self.h = X, [np.zeros((n, self.n_hidden))]
        for t in range(steps):
            self.h.append(np.tanh(X[:, t] @ self.U + self.h[-1] @ self.W))
        return self.h[-1] @ self.V

    def compute_loss(self, y_hat, y):
        return 0.5 * ((y_hat - y) ** 2).sum() / len(y)

    def bptt(self, y_hat, y):
        d = (y_hat - y) / len(y)
        self.dV = self.h[-1].T @ d
        self.dU, self.dW = np.zeros_like(self.U), np.zeros_like(self.W)
        dh = d @ self.V.T
        for t in reversed(range(self.X.shape[1])):
            da = dh * (1 - self.h[t + 1] ** 2)
            self.dU += self.X[:, t].T @ da
            self.dW += self.h[t].T @ da
            dh = da @ self.W.T
