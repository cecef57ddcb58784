"""A network of columns that takes the names of its activations, written with capitals."""
import numpy as np


class Logistic:
    @staticmethod
    def f(z):
        return 1 / (1 + np.exp(-z))

    @staticmethod
    def slope(z):
        return Logistic.f(z) * (1 - Logistic.f(z))


class Ramp:
    @staticmethod
    def f(z):
        return np.maximum(z, 0)

    @staticmethod
    def slope(z):
        return (z > 0) * 1.0


KNOWN = {"Sigmoid": Logistic, "ReLU": Ramp}


class Network:
    def __init__(self, layers, activations):
        assert len(activations) == len(layers) - 1
        self.weights = [np.random.randn(b, a) for a, b in zip(layers, layers[1:])]
        self.biases = [np.random.randn(b, 1) for b in layers[1:]]
        self.activations = [KNOWN[name] for name in activations]

    def feedforward(self, a):
        self.zs, self.acts = [], [a]
        for w, b, act in zip(self.weights, self.biases, self.activations):
            self.zs.append(w @ self.acts[-1] + b)
            self.acts.append(act.f(self.zs[-1]))
        return self.acts[-1]

    def backprop(self, x, y):
        delta = (self.feedforward(x) - y) * self.activations[-1].slope(self.zs[-1])
        nabla_w, nabla_b = [], []
        for i in reversed(range(len(self.weights))):
            nabla_w.insert(0, delta @ self.acts[i].T)
            nabla_b.insert(0, delta)
            if i:
                delta = (self.weights[i].T @ delta) * self.activations[i - 1].slope(self.zs[i - 1])
        return nabla_w, nabla_b
