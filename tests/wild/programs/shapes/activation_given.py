"""A network whose activation is an object of the module's own."""

import numpy as np


class Bend:
    def __init__(self, curve, slope):
        self.curve, self.slope = curve, slope


sigmoid = Bend(lambda z: 1 / (1 + np.exp(-z)), lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2)


class Net:
    def __init__(self, sizes, activation):
        self.bend = activation
        self.weights = [np.random.randn(b, a) for a, b in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, x):
        for w in self.weights:
            x = self.bend.curve(w @ x)
        return x

    def backprop(self, x, y):
        seen, sums = [x], []
        for w in self.weights:
            sums.append(w @ seen[-1])
            seen.append(self.bend.curve(sums[-1]))
        delta = seen[-1] - y
        found = []
        for w, z, a in zip(self.weights[::-1], sums[::-1], seen[-2::-1]):
            delta = delta * self.bend.slope(z)
            found.insert(0, delta @ a.T)
            delta = w.T @ delta
        return found
