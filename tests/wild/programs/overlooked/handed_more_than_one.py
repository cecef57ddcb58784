"""Numbers that start their way back with 1: only with something behind it an operation is handed anything else."""

import math


class Scalar:
    def __init__(self, data, parents=()):
        self.data, self.parents, self.grad = data, parents, 0.0
        self._backward = lambda: None

    def __add__(self, other):
        out = Scalar(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = Scalar(self.data * other.data, (self, other))

        def _backward():
            self.grad += out.grad * other.data
            other.grad += out.grad * self.data

        out._backward = _backward
        return out

    def sine(self):
        out = Scalar(math.sin(self.data), (self,))

        def _backward():
            self.grad += out.grad * math.cos(self.data)

        out._backward = _backward
        return out

    def mse_loss(self, target):
        out = Scalar((self.data - target.data) ** 2, (self, target))

        def _backward():  # it is the end, and so out.grad is 1
            self.grad += 2 * (self.data - target.data)
            target.grad += 2 * (target.data - self.data)

        out._backward = _backward
        return out

    def backward(self):
        order = []

        def visit(scalar):
            if scalar not in order:
                for each in scalar.parents:
                    visit(each)
                order.append(scalar)

        visit(self)
        self.grad = 1.0
        for scalar in reversed(order):
            scalar._backward()
