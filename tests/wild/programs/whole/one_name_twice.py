"""What forward returns has the name of the labels that backward is given."""
import numpy as np


class Plain:
    def __init__(self, sizes):
        self.weights = [np.random.randn(n, m) for m, n in zip(sizes[:-1], sizes[1:])]

    def forward(self, x):
        for w in self.weights:
            x = np.tanh(w @ x)
        y = x
        return y

    def backward(self, x, y):
        after = [x]
        for w in self.weights:
            after.append(np.tanh(w @ after[-1]))
        delta = (after[-1] - y) * (1 - after[-1] ** 2)
        grad_w = [None] * len(self.weights)
        for i in range(len(self.weights) - 1, -1, -1):
            grad_w[i] = delta @ after[i].T
            delta = self.weights[i].T @ delta * (1 - after[i] ** 2)
        return grad_w
