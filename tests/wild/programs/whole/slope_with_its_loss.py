import numpy as np


class Full:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * 0.3

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, g):
        self.dW = self.x.T @ g
        return g @ self.W.T


class Net:
    def __init__(self, n_in=5, n_out=3):
        self.layers = [Full(n_in, 6), Full(6, n_out)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, logits, labels):
        n = len(labels)
        z = logits - logits.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        slope = np.exp(log_p)
        slope[np.arange(n), labels] -= 1
        return -log_p[np.arange(n), labels].mean(), slope / n

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad
