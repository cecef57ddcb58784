"""Functions of one value each, kept by what they give; the gradient at the end is put there by hand."""

import numpy as np


class Node:
    def __init__(self, data):
        self.data, self.grad, self.creator = data, None, None

    def backward(self):
        node = self
        while node.creator is not None:
            step = node.creator
            step.source.grad = step.backward(node.grad)
            node = step.source


class Step:
    def __call__(self, source):
        result = Node(self.forward(source.data))
        result.creator, self.source = self, source
        return result

    def forward(self, x):
        raise NotImplementedError

    def backward(self, g):
        raise NotImplementedError


class Cube(Step):
    def forward(self, x):
        return x**3

    def backward(self, g):
        return 3 * self.source.data**2 * g


class Sine(Step):
    def forward(self, x):
        return np.sin(x)

    def backward(self, g):
        return np.cos(self.source.data) * g


def sine(x):
    return Sine()(x)


start = Node(np.array(0.5))
end = sine(Cube()(start))
end.grad = np.array(1.0)
end.backward()
print(start.grad)
