"""A batch is a stack of columns; backward is given the labels and an object that is the loss."""

import numpy as np


class SumOfSquaresLoss:
    def __call__(self, h, target):
        return np.sum((h - target) ** 2) / len(h)

    def d(self, h, target):
        return 2 * (h - target) / len(h)


class Column:
    def __init__(self, n_in=7, n_out=4):
        self.W = 0.1 * np.random.randn(n_out, n_in)

    def forward(self, x):
        self.x, self.h = x, np.tanh(np.einsum("ij,njk->nik", self.W, x))
        return self.h

    def backward(self, target, loss_fn):
        g = loss_fn.d(self.h, target) * (1 - self.h**2)
        self.W_step = np.einsum("nik,njk->ij", g, self.x)
