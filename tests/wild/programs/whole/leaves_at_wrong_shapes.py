import sys

import numpy as np


def init_param():
    rng = np.random.default_rng(0)
    return rng.normal(size=(6, 7)), np.zeros((6, 1)), rng.normal(size=(4, 6)), np.zeros((4, 1))


def forward_prop(W1, b1, W2, b2, X):
    if X.shape[0] != W1.shape[1]:
        sys.exit("shape of input layer not equal to input array")
    Z1 = W1.dot(X) + b1
    A1 = np.maximum(Z1, 0)
    Z2 = W2.dot(A1) + b2
    A2 = np.exp(Z2) / np.sum(np.exp(Z2), axis=0)
    return Z1, A1, Z2, A2


def one_hot(Y):
    rows = np.zeros((Y.size, 4))
    rows[np.arange(Y.size), Y] = 1
    return rows.T


def back_prop(Z1, A1, Z2, A2, W1, W2, X, Y, m_train):
    dZ2 = A2 - one_hot(Y)
    dZ1 = W2.T.dot(dZ2) * (Z1 > 0)
    dW1, db1 = 1 / m_train * dZ1.dot(X.T), 1 / m_train * np.sum(dZ1, axis=1, keepdims=True)
    dW2, db2 = 1 / m_train * dZ2.dot(A1.T), 1 / m_train * np.sum(dZ2, axis=1, keepdims=True)
    return dW1, db1, dW2, db2
