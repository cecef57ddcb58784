"""Networks whose loss is in test mode unless it is told, and whose gradient tells it, under any name of the flag."""

import numpy as np

rng = np.random.default_rng(4)


class Thinned:
    """Dropout behind a flag, by position and by keyword."""

    def __init__(self, inputs, hidden, outputs):
        self.params = {"A": rng.normal(size=(inputs, hidden)), "B": rng.normal(size=(hidden, outputs))}

    def predict(self, x, lively=False):
        self.x, self.h = x, np.tanh(x @ self.params["A"])
        self.kept = np.random.rand(*self.h.shape) > 0.4 if lively else np.ones(self.h.shape)
        self.k = self.h * self.kept
        return self.k @ self.params["B"]

    def loss(self, x, t, noisy=False):
        return 0.5 * np.sum((self.predict(x, noisy) - t) ** 2) / len(x)

    def gradient(self, x, t):
        d = (self.predict(x, lively=True) - t) / len(x)
        back = d @ self.params["B"].T * self.kept * (1 - self.h**2)
        return {"A": self.x.T @ back, "B": self.k.T @ d}


class Calm(Thinned):
    """Its gradient runs without dropout, as its loss does by default, though the flag is there."""

    def loss(self, x, t, train_flg=False):
        return super().loss(x, t, train_flg)

    def gradient(self, x, t):
        self.loss(x, t)
        d = (self.predict(x) - t) / len(x)
        return {"A": x.T @ (d @ self.params["B"].T * (1 - self.h**2)), "B": self.h.T @ d}
