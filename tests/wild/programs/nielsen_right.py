import random

import numpy as np


class Network(object):
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.biases = [np.random.randn(y, 1) for y in sizes[1:]]
        self.weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = squash(np.dot(w, a) + b)
        return a

    def learn(self, data, epochs, batch, eta):
        for _ in range(epochs):
            random.shuffle(data)
            for k in range(0, len(data), batch):
                for x, y in data[k : k + batch]:
                    gb, gw = self.backprop(x, y)
                    self.weights = [w - eta * g for w, g in zip(self.weights, gw)]
                    self.biases = [b - eta * g for b, g in zip(self.biases, gb)]

    def backprop(self, x, y):
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = w @ activation + b
            zs.append(z)
            activation = squash(z)
            activations.append(activation)
        gb = [None] * len(self.biases)
        gw = [None] * len(self.weights)
        delta = (activations[-1] - y) * slope(zs[-1])
        gb[-1] = delta
        gw[-1] = delta @ activations[-2].T
        for l in range(2, self.num_layers):
            delta = (self.weights[-l + 1].T @ delta) * slope(zs[-l])
            gb[-l] = delta
            gw[-l] = delta @ activations[-l - 1].T
        return gb, gw


def squash(z):
    return 1 / (1 + np.exp(-z))


def slope(z):
    return squash(z) * (1 - squash(z))
