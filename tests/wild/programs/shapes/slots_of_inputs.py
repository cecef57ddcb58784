"""A graph whose nodes add their gradient to the nodes before them."""

import numpy as np


class Op:
    def __init__(self, *parents):
        self.parents, self.data, self.grad = parents, None, None

    def forward(self):
        pass

    def backward(self):
        pass


class Leaf(Op):
    def __init__(self):
        super().__init__()


class Product(Op):
    def __init__(self, left, right):
        super().__init__(left, right)

    def forward(self):
        left, right = self.parents
        self.data = left.data * right.data

    def backward(self):
        left, right = self.parents
        left.grad += self.grad * right.data
        right.grad += self.grad * left.data


class Squash(Op):
    def __init__(self, inner):
        super().__init__(inner)

    def forward(self):
        self.data = np.tanh(self.parents[0].data)

    def backward(self):
        self.parents[0].grad += self.grad * (1 - self.data**2)
