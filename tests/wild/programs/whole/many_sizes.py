"""A network made of as many sizes as are given to it; it learns from the errors of one sample."""
import numpy as np

learning_rate = 0.5


class Floor:
    def __init__(self, below, here):
        self.weights = np.random.rand(here, below)
        self.biases = np.random.rand(here)

    def work(self, x):
        self.x = np.array(x)
        self.y = 1 / (1 + np.exp(-(self.weights @ self.x + self.biases)))
        return self.y


class House:
    def __init__(self, *sizes):
        self.floors = [Floor(a, b) for a, b in zip(sizes, sizes[1:])]

    def predict(self, x):
        for floor in self.floors:
            x = floor.work(x)
        return x

    def fit(self, x, y):
        self.backpropagate(y - self.predict(x))

    def backpropagate(self, errors):
        for floor in reversed(self.floors):
            delta = floor.y * (1 - floor.y) * errors
            errors = floor.weights.T @ delta
            floor.weights += learning_rate * np.outer(delta, floor.x)
            floor.biases += learning_rate * delta
