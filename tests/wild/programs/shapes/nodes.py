"""A graph: each node made of the nodes before it, gradients by node."""

import numpy as np


class Node:
    def __init__(self, before=()):
        self.before, self.behind = list(before), []
        self.value, self.gradients = None, {}
        for node in self.before:
            node.behind.append(self)

    def forward(self):
        raise NotImplementedError

    def upstream(self):
        return sum(node.gradients[self] for node in self.behind)


class Start(Node):
    def forward(self):
        pass

    def backward(self):
        self.gradients = {self: self.upstream()}


class Linear(Node):
    def __init__(self, x, weights, bias):
        super().__init__([x, weights, bias])

    def forward(self):
        x, w, b = (node.value for node in self.before)
        self.value = x @ w + b

    def backward(self):
        x, w, b = self.before
        g = self.upstream()
        self.gradients = {x: g @ w.value.T, w: x.value.T @ g, b: g.sum(axis=0)}


class Sigmoid(Node):
    def __init__(self, z):
        super().__init__([z])

    def forward(self):
        self.value = 1 / (1 + np.exp(-self.before[0].value))

    def backward(self):
        self.gradients = {self.before[0]: self.value * (1 - self.value) * self.upstream()}


class MSE(Node):
    def __init__(self, target, guess):
        super().__init__([target, guess])

    def forward(self):
        target, guess = (node.value.reshape(-1, 1) for node in self.before)
        self.off = guess - target
        self.value = np.mean(self.off**2)

    def backward(self):
        target, guess = self.before
        self.gradients = {target: -2 * self.off / len(self.off), guess: 2 * self.off / len(self.off)}
