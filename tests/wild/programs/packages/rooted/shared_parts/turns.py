import numpy as np


class Turn:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)

    def forward(self, x):
        self.x = x
        return np.sin(x @ self.W)

    def backward(self, grad):
        grad = grad * np.cos(self.x @ self.W)
        self.dW = self.x.T @ grad
        return grad @ self.W.T
