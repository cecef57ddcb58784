"""A logistic regression whose bias is a number of Python."""
import numpy as np


class Ascent:
    def __init__(self, n_features):
        self.w = np.zeros(n_features)
        self.b = 0

    def predict_proba(self, X):
        return 1 / (1 + np.exp(-(X @ self.w + self.b)))

    def gradient(self, X, y):
        missing = y - self.predict_proba(X)
        grad_w = X.T @ missing / len(y)
        grad_b = missing.mean()
        return grad_w, grad_b
