"""Free functions that hand every array on by itself; the sizes of the images are written in."""
import numpy as np


def init_params():
    W1 = np.random.rand(12, 784) - 0.5
    b1 = np.random.rand(12, 1) - 0.5
    W2 = np.random.rand(10, 12) - 0.5
    b2 = np.random.rand(10, 1) - 0.5
    return W1, b1, W2, b2


def forward_prop(W1, b1, W2, b2, X):
    Z1 = W1.dot(X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2.dot(A1) + b2
    e = np.exp(Z2 - Z2.max(axis=0))
    A2 = e / sum(e)
    return Z1, A1, Z2, A2


def one_hot(Y):
    rows = np.zeros((Y.size, 10))
    rows[np.arange(Y.size), Y] = 1
    return rows.T


def backward_prop(Z1, A1, Z2, A2, W1, W2, X, Y):
    m = Y.size
    dZ2 = A2 - one_hot(Y)
    dW2 = 1 / m * dZ2.dot(A1.T)
    db2 = 1 / m * np.sum(dZ2, 1, keepdims=True)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1 = 1 / m * dZ1.dot(X.T)
    db1 = 1 / m * np.sum(dZ1, 1, keepdims=True)
    return dW1, db1, dW2, db2
