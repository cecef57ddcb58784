"""One column at a time; lists of gradients in line with the lists of parameters."""
import numpy as np


class Lists:
    def __init__(self, sizes):
        self.count = len(sizes)
        self.bias = [np.random.randn(b, 1) for b in sizes[1:]]
        self.weight = [np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]

    def feedForward(self, a):
        for w, b in zip(self.weight, self.bias):
            a = np.tanh(w @ a + b)
        return a

    def backProp(self, x, y):
        seen, last = [x], x
        for w, b in zip(self.weight, self.bias):
            last = np.tanh(w @ last + b)
            seen.append(last)
        db, dw = [0] * len(self.bias), [0] * len(self.weight)
        d = (seen[-1] - y) * (1 - seen[-1] ** 2)
        db[-1], dw[-1] = d, d @ seen[-2].T
        for k in range(2, self.count):
            d = self.weight[-k + 1].T @ d * (1 - seen[-k] ** 2)
            db[-k], dw[-k] = d, np.dot(d, seen[-k - 1].T)
        return db, dw
