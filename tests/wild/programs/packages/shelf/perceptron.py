"""Layers whose backward returns three gradients, and a network that collects them in a list of pairs."""

import numpy as np

from .bends import Rectifier


class Dense:
    def __init__(self, input_size, output_size):
        self.w = 0.1 * np.random.randn(input_size, output_size)
        self.b = np.zeros(output_size)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, grad_output):
        return grad_output @ self.w.T, self.x.T @ grad_output, grad_output.sum(axis=0)


class Perceptron:
    def __init__(self, input_size, hidden_sizes, output_size):
        sizes = [input_size, *hidden_sizes, output_size]
        self.layers = [Dense(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
        self.bends = [Rectifier() for _ in hidden_sizes]

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer.forward(x)
            if i < len(self.bends):
                x = self.bends[i].forward(x)
        return x

    def backward(self, grad_output):
        pairs = []
        for i in range(len(self.layers) - 1, -1, -1):
            if i < len(self.bends):
                grad_output = self.bends[i].backward(grad_output)
            grad_output, dw, db = self.layers[i].backward(grad_output)
            pairs.append((dw, db))
        return pairs[::-1]
