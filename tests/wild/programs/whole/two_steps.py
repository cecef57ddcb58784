"""A recurrent classifier: samples are sequences, and the weights are updated at once."""
import numpy as np


class Recurrent:
    def __init__(self, n_features, n_hidden, n_output, learning_rate=0.01):
        self.Wx = np.random.randn(n_features, n_hidden) * 0.1
        self.Wh = np.random.randn(n_hidden, n_hidden) * 0.1
        self.Wy = np.random.randn(n_hidden, n_output) * 0.1
        self.lr = learning_rate

    def forward(self, X):
        n, steps, _ = X.shape
        self.X, self.h = X, [np.zeros((n, len(self.Wh)))]
        for step in range(steps):
            self.h.append(np.tanh(X[:, step] @ self.Wx + self.h[-1] @ self.Wh))
        e = np.exp(self.h[-1] @ self.Wy)
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, y_true):
        d = self.y - y_true
        dWy = self.h[-1].T @ d
        dh, dWx, dWh = d @ self.Wy.T, 0, 0
        for step in reversed(range(self.X.shape[1])):
            dz = dh * (1 - self.h[step + 1] ** 2)
            dWx = dWx + self.X[:, step].T @ dz
            dWh = dWh + self.h[step].T @ dz
            dh = dz @ self.Wh.T
        self.Wx -= self.lr * dWx
        self.Wh -= self.lr * dWh
        self.Wy -= self.lr * dWy
