"""Units that are joined by links: the input is put on the first, the answers are read off the last."""

import math
import random


class Link:
    def __init__(self, origin):
        self.origin = origin
        self.weight = random.gauss(0, 1)
        self.change = 0.0


class Unit:
    eta = 0.1

    def __init__(self, before):
        self.links = [Link(unit) for unit in before or []]
        self.error = 0.0
        self.output = 0.0

    def feed_forward(self):
        if not self.links:
            return
        total = sum(link.origin.output * link.weight for link in self.links)
        self.output = 1 / (1 + math.exp(-total))

    def back_propagate(self):
        gradient = self.error * self.output * (1 - self.output)
        for link in self.links:
            link.origin.error += link.weight * gradient
            link.weight += self.eta * link.origin.output * gradient
        self.error = 0.0


class Net:
    def __init__(self):
        self.layers = []
        for n in (3, 4, 2):
            layer = [Unit(self.layers[-1] if self.layers else None) for _ in range(n)]
            layer.append(Unit(None))
            layer[-1].output = 1.0
            self.layers.append(layer)

    def set_input(self, inputs):
        for unit, value in zip(self.layers[0], inputs):
            unit.output = value

    def feed_forward(self):
        for layer in self.layers[1:]:
            for unit in layer:
                unit.feed_forward()

    def back_propagate(self, target):
        for unit, wanted in zip(self.layers[-1], target):
            unit.error = wanted - unit.output
        for layer in reversed(self.layers):
            for unit in layer:
                unit.back_propagate()

    def get_results(self):
        return [unit.output for unit in self.layers[-1][:-1]]
