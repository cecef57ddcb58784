"""A network whose penalty is off unless one asks for it."""

import numpy as np


class Ridge:
    def __init__(self, inputs, hidden, outputs, lam=0.0):
        self.A = np.random.randn(inputs, hidden) * 0.1
        self.a = np.zeros(hidden)
        self.B = np.random.randn(hidden, outputs) * 0.1
        self.b = np.zeros(outputs)
        self.lam = lam

    def forward(self, X):
        self.X = X
        self.H = np.tanh(X @ self.A + self.a)
        return self.H @ self.B + self.b

    def loss(self, X, T):
        fit = np.sum((self.forward(X) - T) ** 2) / (2 * len(X))
        return fit + 0.5 * self.lam * (np.sum(self.A**2) + np.sum(self.B**2))

    def backward(self, X, T):
        d = (self.forward(X) - T) / len(X)
        self.dB = self.H.T @ d + self.lam * self.B
        self.db = d.sum(axis=0)
        d = (d @ self.B.T) * (1 - self.H**2)
        self.dA = X.T @ d + self.lam * self.A
        self.da = d.sum(axis=0)


if __name__ == "__main__":
    net = Ridge(2, 5, 1, lam=0.01)
    X = np.random.randn(20, 2)
    for _ in range(100):
        net.backward(X, X[:, :1])
        for name in "AaBb":
            setattr(net, name, getattr(net, name) - 0.1 * getattr(net, "d" + name))
