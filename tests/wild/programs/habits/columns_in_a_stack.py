"""Every sample is a column of its own; a batch is a stack of them."""
import numpy as np


class Stack:
    def __init__(self, n_in, n_out):
        self.w, self.b = np.random.randn(n_out, n_in), np.random.randn(n_out, 1)

    def forward(self, X):
        if X.shape[1] != self.w.shape[1]:
            raise ValueError("samples in rows, please")
        return np.array([self.w @ x[:, None] + self.b for x in X])

    def backward(self, X, y):
        errors = self.forward(X)[:, :, 0] - y
        self.grad_w = sum(np.outer(e, x) for e, x in zip(errors, X))
        self.grad_b = errors.sum(axis=0)[:, None]
