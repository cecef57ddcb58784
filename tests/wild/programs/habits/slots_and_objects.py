"""Weights of different shapes in one array of objects; layers with slots."""
import numpy as np


class Part:
    __slots__ = ("weights", "change", "seen")

    def __init__(self, rows, columns):
        self.weights = np.random.randn(rows, columns)


class Net:
    def __init__(self, sizes):
        self.parts = np.empty(len(sizes) - 1, dtype=object)
        for i, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
            self.parts[i] = Part(rows, columns)

    def forward(self, x):
        for part in self.parts:
            part.seen = x
            x = np.tanh(x @ part.weights)
        return x

    def backprop(self, output, expected):
        error = output - expected
        for part in reversed(self.parts):
            error = error * (1 - output**2)
            part.change = part.seen.T @ error
            error, output = error @ part.weights.T, part.seen
