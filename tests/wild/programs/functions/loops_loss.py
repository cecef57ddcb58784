import numpy as np


class Net(object):
    def __init__(self, D, H, C, std=1e-2):
        self.net = {"W1": std * np.random.randn(D, H), "b1": np.zeros(H),
                    "W2": std * np.random.randn(H, C), "b2": np.zeros(C)}

    def loss(self, X, y=None, reg=0.0):
        W1, b1, W2, b2 = self.net["W1"], self.net["b1"], self.net["W2"], self.net["b2"]
        scores = []
        for x in X:
            h = np.maximum(0, x.dot(W1) + b1)
            scores.append([h, h.dot(W2) + b2])
        if y is None:
            return scores
        n = len(X)
        loss = 0.5 * reg * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
        g = {k: np.zeros_like(v) for k, v in self.net.items()}
        for x, (h, s), label in zip(X, scores, y):
            p = np.exp(s) / np.sum(np.exp(s))
            loss -= np.log(p[label]) / n
            p[label] -= 1
            p = p / n
            g["W2"] += np.outer(h, p)
            g["b2"] += p
            d = W2.dot(p) * (h > 0)
            g["W1"] += np.outer(x, d)
            g["b1"] += d
        g["W1"] += reg * W1
        g["W2"] += reg * W2
        return loss, g

    def predict(self, X):
        return None
