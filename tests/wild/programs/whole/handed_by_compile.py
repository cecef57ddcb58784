"""A ladder of layers that is filled by add and goes forward and back in its training alone.

It sets the rungs' sizes and hands them the optimizer, which none of them ever sets itself.
"""
import numpy as np


class Rung:
    def __init__(self, n_units, input_dim=None):
        self.n_units, self.input_dim = n_units, input_dim

    def init(self):
        self.K = np.random.randn(self.input_dim, self.n_units) / self.input_dim
        self.k = np.zeros((1, self.n_units))

    def forward(self, X):
        self.X = X
        return X @ self.K + self.k

    def backward(self, G):
        below = G @ self.K.T
        self.K = self.opt(self.K, self.X.T @ G)
        self.k = self.opt(self.k, G.sum(axis=0, keepdims=True))
        return below

    def width(self):
        return self.n_units


class Softsign:
    def init(self):
        pass

    def forward(self, X):
        self.X = X
        return X / (1 + np.abs(X))

    def backward(self, G):
        return G / (1 + np.abs(self.X)) ** 2

    def width(self):
        return self.input_dim


class SquaredError:
    def loss(self, y, y_pred):
        return 0.5 * (y - y_pred) ** 2

    def gradient(self, y, y_pred):
        return y_pred - y


class SGD:
    def __init__(self, lr=0.01):
        self.lr = lr

    def __call__(self, w, g):
        return w - self.lr * g


class Ladder:
    def __init__(self):
        self.rungs = []

    def add(self, rung):
        if self.rungs:
            rung.input_dim = self.rungs[-1].width()
        rung.init()
        self.rungs.append(rung)

    def compile(self, opt, loss):
        self.criterion = loss
        for rung in self.rungs:
            rung.opt = opt

    def train_on_batch(self, X, y):
        y_pred = X
        for rung in self.rungs:
            y_pred = rung.forward(y_pred)
        G = self.criterion.gradient(y, y_pred)
        for rung in reversed(self.rungs):
            G = rung.backward(G)
        return self.criterion.loss(y, y_pred).mean()
