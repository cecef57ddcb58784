import numpy as np


def softmax(z):
    z = z - np.max(z, axis=1, keepdims=True)
    e = np.exp(z)
    return e / np.sum(e, axis=1, keepdims=True)


def loss_and_grad(W, X, y, reg=0.0):
    """y holds the class of each row."""
    n = X.shape[0]
    p = softmax(X @ W)
    loss = -np.log(p[np.arange(n), y]).mean() + 0.5 * reg * np.sum(W * W)
    d = p.copy()
    d[np.arange(n), y] -= 1
    return loss, X.T @ d / n + reg * W
