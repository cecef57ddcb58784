"""One class: forward hands out a cache, compute_loss is its own, backward returns a dict."""
import numpy as np


class Classifier:
    def __init__(self, n_in, n_hidden, n_out):
        rng = np.random.RandomState(1)
        self.params = {
            "W1": rng.randn(n_in, n_hidden), "b1": np.zeros(n_hidden),
            "W2": rng.randn(n_hidden, n_out), "b2": np.zeros(n_out),
        }

    def forward(self, X):
        p = self.params
        hidden = np.maximum(0, X @ p["W1"] + p["b1"])
        scores = hidden @ p["W2"] + p["b2"]
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs = e / e.sum(axis=1, keepdims=True)
        return probs, (X, hidden)

    def compute_loss(self, probs, y):
        return -np.mean(np.log(probs[np.arange(len(y)), y]))

    def backward(self, probs, y, cache):
        X, hidden = cache
        d = probs.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        dh = d @ self.params["W2"].T
        dh[hidden <= 0] = 0
        return {"W1": X.T @ dh, "b1": dh.sum(axis=0), "W2": hidden.T @ d, "b2": d.sum(axis=0)}
