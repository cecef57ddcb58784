import numpy as np


class Connected:
    def __init__(self, n_in, n_out, bend):
        self.bend = bend
        self.biases = np.random.randn(n_out, 1)
        self.weights = np.random.randn(n_out, n_in) / np.sqrt(n_in)

    def feedforward(self, x):
        self.x, self.z = x, self.weights.dot(x) + self.biases
        return self.bend.value(self.z)


class Stack:
    def __init__(self, layers, mini_batch_size, cost):
        self.layers, self.mini_batch_size, self.cost = layers, mini_batch_size, cost

    def feedforward(self, x):
        for layer in self.layers:
            x = layer.feedforward(x)
        return x

    def backprop(self, x, y):
        delta = self.cost.slope(self.feedforward(x), y) * self.layers[-1].bend.prime(self.layers[-1].z)
        nabla_b, nabla_w = [delta], [delta.dot(self.layers[-1].x.T)]
        for layer, above in zip(self.layers[-2::-1], self.layers[:0:-1]):
            delta = above.weights.T.dot(delta) * layer.bend.prime(layer.z)
            nabla_b.insert(0, delta)
            nabla_w.insert(0, delta.dot(layer.x.T))
        return nabla_b, nabla_w


class Sigmoid:
    @staticmethod
    def value(z):
        return 1 / (1 + np.exp(-z))

    @staticmethod
    def prime(z):
        return np.exp(-z) / (1 + np.exp(-z)) ** 2


class Quadratic:
    @staticmethod
    def slope(a, y):
        return a - y
