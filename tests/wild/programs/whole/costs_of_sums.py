"""Costs that are classes, the slope of which is taken before the activation; a net made with a cost and a kind of unit."""
import numpy as np


class SquareCost:
    @staticmethod
    def fn(a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(z, a, y):
        return (a - y) * bend_slope(z)


class EntropyCost:
    @staticmethod
    def fn(a, y):
        return -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))

    @staticmethod
    def delta(z, a, y):
        return a - y


class SoftUnit:
    @staticmethod
    def activation(z):
        return bend(z)

    @staticmethod
    def activation_prime(z):
        return bend_slope(z)


class Layered:
    def __init__(self, sizes, cost, unit):
        self.cost, self.unit = cost, unit
        self.w = [np.random.randn(n, m) for m, n in zip(sizes[:-1], sizes[1:])]
        self.c = [np.random.randn(n, 1) for n in sizes[1:]]

    def feedforward(self, a):
        for w, c in zip(self.w, self.c):
            a = self.unit.activation(w @ a + c)
        return a

    def backprop(self, x, y):
        zs, seen = [], [x]
        for w, c in zip(self.w, self.c):
            zs.append(w @ seen[-1] + c)
            seen.append(self.unit.activation(zs[-1]))
        d = self.cost.delta(zs[-1], seen[-1], y)
        nabla_c, nabla_w = [d], [d @ seen[-2].T]
        for k in range(2, len(self.w) + 1):
            d = (self.w[-k + 1].T @ d) * self.unit.activation_prime(zs[-k])
            nabla_c.insert(0, d)
            nabla_w.insert(0, d @ seen[-k - 1].T)
        return nabla_c, nabla_w


def bend(z):
    return 1 / (1 + np.exp(-z))


def bend_slope(z):
    return bend(z) * (1 - bend(z))


def mean_square(y_true, y_pred):
    return np.mean((y_true - y_pred) ** 2)


def mean_square_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / y_true.size
