import numpy as np


def cross_entropy(y, output):
    m = y.shape[1]
    return -np.sum(y * np.log(output) + (1 - y) * np.log(1 - output)) / m


class Network:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.random.randn(n_hidden, n_in), np.zeros((n_hidden, 1))
        self.W2, self.b2 = np.random.randn(n_out, n_hidden), np.zeros((n_out, 1))

    def forward(self, x):
        self.h = np.tanh(self.W1 @ x.T + self.b1)
        return 1 / (1 + np.exp(-(self.W2 @ self.h + self.b2)))

    def backward(self, x, y):
        y, m = y.T, len(x)
        output = self.forward(x)
        self.loss_now = cross_entropy(y, output)
        d2 = (output - y) / m
        d1 = self.W2.T @ d2 * (1 - self.h**2)
        self.W1 -= 0.1 * d1 @ x
        self.b1 -= 0.1 * d1.sum(axis=1, keepdims=True)
        self.W2 -= 0.1 * d2 @ self.h.T
        self.b2 -= 0.1 * d2.sum(axis=1, keepdims=True)
