"""What comes out is held against what went in: there are no labels, and backward is given nothing."""

import numpy as np


class Rebuilds:
    def __init__(self, n_seen, n_hidden):
        self.A = np.random.randn(n_seen, n_hidden)
        self.B = np.random.randn(n_hidden, n_seen)

    def forward(self, x):
        self.x = x
        self.code = np.tanh(x @ self.A)
        self.seen = self.code @ self.B
        return self.seen

    def backward(self):
        off = self.seen - self.x
        self.dB = self.code.T @ off
        self.dA = self.x.T @ (off @ self.B.T * (1 - self.code**2))


class Draws:
    def __init__(self, n_seen, n_code):
        self.M = np.random.randn(n_seen, n_code)
        self.S = np.random.randn(n_seen, n_code)
        self.U = np.random.randn(n_code, n_seen)

    def forward(self, x):
        self.x = x
        self.mean, self.spread = x @ self.M, np.exp(x @ self.S)
        self.noise = np.random.randn(*self.mean.shape)
        self.code = self.mean + self.spread * self.noise
        return self.code @ self.U

    def loss(self, x):
        self.off = self.forward(x) - x
        return 0.5 * np.sum(self.off**2) + np.sum(self.mean**2)

    def backward(self):
        d = self.off @ self.U.T
        self.dU = self.code.T @ self.off
        self.dM = self.x.T @ (d + 2 * self.mean)
        self.dS = self.x.T @ (d * self.noise * self.spread)
