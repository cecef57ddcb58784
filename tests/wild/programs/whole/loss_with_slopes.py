"""Networks whose loss returns the loss and a dict of gradients: labels required, a running mean, images."""

import numpy as np


def softmax_loss(scores, y):
    z = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    value = -np.log(p[rows, y]).mean()
    p[rows, y] -= 1
    return value, p / len(y)


class Plain:
    def __init__(self, input_dim=50, num_classes=10):
        self.p = {"W": np.random.randn(input_dim, num_classes), "b": np.zeros(num_classes)}

    def loss(self, X, y):
        value, d = softmax_loss(X @ self.p["W"] + self.p["b"], y)
        return value, {"W": X.T @ d, "b": d.sum(axis=0)}


class Centred:
    """Takes the mean of the batch off while it learns, a running one otherwise."""

    def __init__(self, input_dim=50, hidden=20, num_classes=10):
        self.params = {"W": np.random.randn(input_dim, hidden), "V": np.random.randn(hidden, num_classes)}
        self.kept = {"mean": np.full(hidden, 40.0)}

    def loss(self, X, y=None):
        a = X @ self.params["W"]
        mean = self.kept["mean"] if y is None else a.mean(axis=0)
        h = np.tanh(a - mean)
        scores = h @ self.params["V"]
        if y is None:
            return scores
        self.kept["mean"] = 0.9 * self.kept["mean"] + 0.1 * mean
        value, d = softmax_loss(scores, y)
        da = (d @ self.params["V"].T) * (1 - h**2)
        grads = {"V": h.T @ d, "W": X.T @ (da - da.mean(axis=0))}
        return value, grads


class OfImages:
    def __init__(self, input_dim=(3, 32, 32), num_filters=32, num_classes=10):
        channels, height, width = input_dim
        flat = num_filters * (height - 1) * width
        self.params = {"K": np.random.randn(num_filters, channels, 2, 1), "V": np.random.randn(flat, num_classes)}

    def loss(self, X, y=None):
        n, _, height, _ = X.shape
        kernel = self.params["K"]
        a = sum(np.einsum("nchw,fc->nfhw", X[:, :, i : height - 1 + i], kernel[:, :, i, 0]) for i in (0, 1))
        h = np.tanh(a)
        scores = h.reshape(n, -1) @ self.params["V"]
        if y is None:
            return scores
        value, d = softmax_loss(scores, y)
        da = (d @ self.params["V"].T).reshape(h.shape) * (1 - h**2)
        grads = {"V": h.reshape(n, -1).T @ d, "K": np.zeros_like(kernel)}
        for i in (0, 1):
            grads["K"][:, :, i, 0] = np.einsum("nchw,nfhw->fc", X[:, :, i : height - 1 + i], da)
        return value, grads
