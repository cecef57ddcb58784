"""A network that goes forward when it is called, ten digits, its loss's labels under a name of their own."""
import numpy as np


class Reader:
    def __init__(self, pixels, hidden):
        self.A = 0.1 * np.random.randn(pixels, hidden)
        self.B = 0.1 * np.random.randn(hidden, 10)

    def __call__(self, images):
        self.images = images
        self.seen = np.maximum(images @ self.A, 0)
        e = np.exp(self.seen @ self.B)
        self.odds = e / e.sum(axis=1, keepdims=True)
        return self.odds

    def surprise_loss(self, images, digits):
        return -np.log(self(images)[np.arange(len(digits)), digits]).mean()

    def backwards(self, digits):
        d = (self.odds - np.eye(10)[digits]) / len(digits)
        dB = self.seen.T @ d
        dA = self.images.T @ (d @ self.B.T * (self.seen > 0))
        return dA, dB
