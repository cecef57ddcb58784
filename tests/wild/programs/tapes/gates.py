"""Gates between cells that hold a value and a gradient, and a circuit of them."""

import math


class Cell:
    def __init__(self, value, grad):
        self.value = value
        self.grad = grad


class TimesGate:
    def forward(self, left, right):
        self.left, self.right = left, right
        self.top = Cell(left.value * right.value, 0.0)
        return self.top

    def backward(self):
        self.left.grad += self.right.value * self.top.grad
        self.right.grad += self.left.value * self.top.grad


class PlusGate:
    def forward(self, left, right):
        self.left, self.right = left, right
        self.top = Cell(left.value + right.value, 0.0)
        return self.top

    def backward(self):
        self.left.grad += self.top.grad
        self.right.grad += self.top.grad


class SigmoidGate:
    def forward(self, only):
        self.only = only
        self.top = Cell(1 / (1 + math.exp(-only.value)), 0.0)
        return self.top

    def backward(self):
        s = self.top.value
        self.only.grad += s * (1 - s) * self.top.grad


class Line:
    def __init__(self):
        self.times, self.plus = TimesGate(), PlusGate()

    def forward(self, x, slope, start):
        self.y = self.plus.forward(self.times.forward(slope, x), start)
        return self.y

    def backward(self, top):
        self.y.grad = top
        self.plus.backward()
        self.times.backward()


class Divider:
    """Two sides of a line, told apart by a margin."""

    def __init__(self):
        self.slope, self.start, self.line = Cell(1.0, 0.0), Cell(-1.0, 0.0), Line()

    def forward(self, x):
        self.out = self.line.forward(x, self.slope, self.start)
        return self.out

    def backward(self, label):
        self.slope.grad = self.start.grad = 0.0
        pull = label if label * self.out.value < 1 else 0
        self.line.backward(pull)
        self.slope.grad -= self.slope.value
