"""Neurons with a list of weights and one number more, which only its step shows to be a weight."""

import math
import random


class Cell:
    def __init__(self, n):
        self.pulls = [random.uniform(-1, 1) for _ in range(n)]
        self.lift = random.uniform(-1, 1)

    def fire(self, x):
        self.seen = x
        self.out = math.tanh(sum(p * v for p, v in zip(self.pulls, x)) + self.lift)
        return self.out


class Grid:
    def __init__(self, n_inputs, n_outputs):
        self.cells = [Cell(n_inputs) for _ in range(n_outputs)]

    def forward(self, x):
        return [cell.fire(x) for cell in self.cells]

    def backward(self, target, rate):
        for cell, wanted in zip(self.cells, target):
            cell.error = (cell.out - wanted) * (1 - cell.out**2)
            cell.pulls = [p - rate * cell.error * v for p, v in zip(cell.pulls, cell.seen)]
            cell.lift -= rate * cell.error
