"""A network of digits in single precision, whose backward takes what comes from the loss and keeps gradients."""
import numpy as np


class Reader:
    def __init__(self, layer_dimensions):
        a, b, c = layer_dimensions[:3]
        self.W1, self.b1 = np.random.randn(a, b) * 0.01, np.zeros(b)
        self.W2, self.b2 = np.random.randn(b, c) * 0.01, np.zeros(c)

    def forward(self, x):
        self.x = x.reshape(-1, 28 * 28).astype(np.float32)
        self.h = np.tanh(self.x @ self.W1 + self.b1)
        e = np.exp(self.h @ self.W2 + self.b2)
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, coming_back):
        self.dW2 = self.h.T @ coming_back
        self.db2 = coming_back.sum(axis=0)
        d = coming_back @ self.W2.T * (1 - self.h**2)
        self.dW1 = self.x.T @ d
        self.db1 = d.sum(axis=0)
