"""Units with weights as lists of Python's own numbers, and a row of such units."""
import math
import random


class Unit:
    def __init__(self, inputs):
        self.weights = [random.uniform(-1, 1) for _ in range(inputs)]
        self.bias = 0.1

    def forward(self, x):
        self.x = x
        self.y = 1 / (1 + math.exp(-sum(w * v for w, v in zip(self.weights, x)) - self.bias))
        return self.y

    def backward(self, g, lr):
        d = g * self.y * (1 - self.y)
        dx = [d * w for w in self.weights]
        self.weights = [w - lr * d * v for w, v in zip(self.weights, self.x)]
        self.bias -= lr * d
        return dx


class Row:
    def __init__(self, inputs, count):
        self.units = [Unit(inputs) for _ in range(count)]

    def forward(self, x):
        return [unit.forward(x) for unit in self.units]

    def backward(self, gradients, lr):
        dx = [0.0] * len(self.units[0].weights)
        for unit, g in zip(self.units, gradients):
            dx = [a + b for a, b in zip(dx, unit.backward(g, lr))]
        return dx
