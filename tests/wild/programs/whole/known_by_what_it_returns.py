"""Functions whose way back is known by what it returns alone."""
import numpy as np


def init_nn():
    w1 = np.random.randn(8, 20) * 0.1
    b1 = np.zeros((8, 1))
    w2 = np.random.randn(4, 8) * 0.1
    b2 = np.zeros((4, 1))
    return w1, b1, w2, b2


def forward_prop(w1, b1, w2, b2, X):
    a1 = np.maximum(0, w1 @ X + b1)
    z2 = w2 @ a1 + b2
    a2 = np.exp(z2) / np.exp(z2).sum(axis=0)
    return a1, a2


def all_the_slopes(w2, a1, a2, X, Y):
    m = X.shape[1]
    dz2 = a2 - Y
    dw2 = dz2 @ a1.T / m
    db2 = dz2.sum(axis=1, keepdims=True) / m
    dz1 = w2.T @ dz2 * (a1 > 0)
    dw1 = dz1 @ X.T / m
    db1 = dz1.sum(axis=1, keepdims=True) / m
    return dz2, dw2, db2, dw1, db1
