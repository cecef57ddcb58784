"""A penalty in the gradient alone: the loss that it belongs to has it, too."""
import numpy as np


class Regressor:
    def __init__(self, n_in, n_hidden, n_out, reg=0.05):
        self.reg = reg
        self.w1, self.w2 = np.random.randn(n_in, n_hidden), np.random.randn(n_hidden, n_out)
        self.history = []

    def forward(self, x):
        self.x, self.h = x, np.tanh(x @ self.w1)
        self.history.append(self.h.mean(axis=0))
        return self.h @ self.w2

    def backward(self, y, target):
        d = y - target
        self.dw2 = self.h.T @ d + self.reg * self.w2
        self.dw1 = self.x.T @ (d @ self.w2.T * (1 - self.h**2)) + self.reg * self.w1
