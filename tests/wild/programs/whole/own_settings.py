from dataclasses import dataclass

import numpy as np


@dataclass
class Breite:
    ein: int
    n_out: int
    use_bias: bool = False
    l2: float = 0.0


class Full:
    def __init__(self, breite: Breite, seed=0):
        self.breite = breite
        self.w = np.random.randn(breite.ein, breite.n_out)
        self.b = np.zeros(breite.n_out) if breite.use_bias else None

    def forward(self, x):
        self.x = x
        y = x @ self.w
        return y if self.b is None else y + self.b

    def backward(self, g):
        self.dw = self.x.T @ g + self.breite.l2 * self.w
        if self.b is not None:
            self.db = g.sum(axis=0)
        return g @ self.w.T
