import numpy as np

n_in, n_hidden, n_out = 5, 6, 3
w1 = np.random.uniform(-1, 1, (n_in, n_hidden))
w2 = np.random.uniform(-1, 1, (n_hidden, n_out))


def sigmoid(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def forward(x):
    h = sigmoid(x @ w1)
    o = sigmoid(h @ w2)
    return h, o


def backward(x, y, h, o):
    d_o = (o - y) * sigmoid(o, deriv=True)
    d_h = d_o @ w2.T * sigmoid(h, deriv=True)
    return x.T @ d_h, h.T @ d_o
