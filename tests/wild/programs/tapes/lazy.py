"""Nodes that ask those before them for values and the one behind for its gradient."""

import numpy as np


class Node:
    behind = None


class Affine(Node):
    def __init__(self, source, weight, bias):
        self.source, self.weight, self.bias = source, weight, bias
        for each in (source, weight, bias):
            each.behind = self

    def evaluate(self):
        return self.source.evaluate() @ self.weight.evaluate() + self.bias.evaluate()

    def grad(self):
        return self.behind.grad() @ self.weight.evaluate().T

    def grad_weight(self):
        return self.source.evaluate().T @ self.behind.grad() / len(self.source.evaluate())

    def grad_bias(self):
        return np.mean(self.behind.grad(), axis=0)


class Softplus(Node):
    def __init__(self, source):
        self.source = source
        source.behind = self

    def evaluate(self):
        return np.log1p(np.exp(self.source.evaluate()))

    def grad(self):
        return self.behind.grad() / (1 + np.exp(-self.source.evaluate()))


class Given(Node):
    def evaluate(self):
        return self.value


class End(Node):
    def __init__(self, source):
        self.source = source
        source.behind = self

    def evaluate(self):
        return self.source.evaluate()

    def grad(self):
        return self.error
