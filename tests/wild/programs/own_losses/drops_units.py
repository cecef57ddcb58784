"""Units are dropped in training; the loss goes forward by itself, and does not say that it is training."""

import numpy as np


class Dropping:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out)
        self.stays = 0.7

    def forward(self, x, training=False):
        self.x = x
        self.h = np.tanh(x @ self.W1)
        self.mask = np.random.rand(*self.h.shape) < self.stays if training else np.full(self.h.shape, self.stays)
        self.y = (self.h * self.mask) @ self.W2
        return self.y

    def loss(self, x, t):
        return 0.5 * np.sum((self.forward(x) - t) ** 2)

    def backward(self, t):
        d = self.y - t
        self.dW2 = (self.h * self.mask).T @ d
        self.dW1 = self.x.T @ (d @ self.W2.T * self.mask * (1 - self.h**2))
