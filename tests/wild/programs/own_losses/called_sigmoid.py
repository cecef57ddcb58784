"""The bend is called a sigmoid, and is tanh, which is one in shape."""

import numpy as np


def sigmoid(x):
    return np.tanh(x)


def dsigmoid(y):
    return 1 - y**2


class Bent:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out)

    def forward(self, x):
        self.hidden = sigmoid(x @ self.W1)
        self.out = sigmoid(self.hidden @ self.W2)
        return self.out

    def backward(self, x, y):
        d = (self.out - y) * dsigmoid(self.out)
        below = (d @ self.W2.T) * dsigmoid(self.hidden)
        return {"W1": x.T @ below, "W2": self.hidden.T @ d}
