import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out) / np.sqrt(n_in)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x.dot(self.w) + self.b

    def backward(self, dy):
        dw = self.x.T.dot(dy)
        db = dy.sum(axis=0)
        dx = dy.dot(self.w.T)
        return dw, db, dx


class Sigmoid:
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dy):
        return {"dx": dy * self.y * (1 - self.y)}
