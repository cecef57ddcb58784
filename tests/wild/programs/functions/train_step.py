import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def init_weights(n_in, n_hidden, n_out):
    return np.random.randn(n_in, n_hidden) * 0.1, np.zeros(n_hidden), np.random.randn(n_hidden, n_out) * 0.1, np.zeros(n_out)


def train_step(X, y, W1, b1, W2, b2, lr=0.1):
    h = np.tanh(X @ W1 + b1)
    p = sigmoid(h @ W2 + b2)
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    dz = (p - y) / y.size
    dW2 = h.T @ dz
    db2 = dz.sum(axis=0)
    dh = dz @ W2.T * (1 - h ** 2)
    dW1 = X.T @ dh
    db1 = dh.sum(axis=0)
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2
    return loss


def predict(X, W1, b1, W2, b2):
    return sigmoid(np.tanh(X @ W1 + b1) @ W2 + b2) > 0.5
