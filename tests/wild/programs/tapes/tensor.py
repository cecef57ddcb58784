"""A tensor that knows which operation made it, with gradients that are tensors too."""

import numpy as np


class Tensor:
    def __init__(self, data, requires_grad=False, makers=(), op=""):
        self.data = np.array(data, dtype=float)
        self.requires_grad = requires_grad
        self.makers, self.op, self.grad = makers, op, None

    def backward(self, grad=None):
        if not self.requires_grad:
            return
        grad = Tensor(np.ones_like(self.data)) if grad is None else grad
        self.grad = grad if self.grad is None else self.grad + grad
        if self.op == "add":
            for maker in self.makers:
                maker.backward(grad)
        elif self.op == "mul":
            left, right = self.makers
            left.backward(Tensor(grad.data * right.data))
            right.backward(Tensor(grad.data * left.data))
        elif self.op == "neg":
            self.makers[0].backward(-grad)
        elif self.op == "dot":
            left, right = self.makers
            left.backward(Tensor(grad.data.dot(right.data.T)))
            right.backward(Tensor(left.data.T.dot(grad.data)))
        elif self.op == "sum":
            axis, shape = self.axis, self.makers[0].data.shape
            self.makers[0].backward(Tensor(np.broadcast_to(np.expand_dims(grad.data, axis), shape)))
        elif self.op == "tanh":
            self.makers[0].backward(Tensor(grad.data * (1 - self.data**2)))
        elif self.op == "relu":
            self.makers[0].backward(Tensor(grad.data * (self.data > 0)))

    def made(self, data, op, *makers):
        return Tensor(data, any(m.requires_grad for m in makers), makers, op)

    def __add__(self, other):
        return self.made(self.data + other.data, "add", self, other)

    def __mul__(self, other):
        return self.made(self.data * other.data, "mul", self, other)

    def __neg__(self):
        return self.made(-self.data, "neg", self)

    def dot(self, other):
        return self.made(self.data.dot(other.data), "dot", self, other)

    def sum(self, axis):
        out = self.made(self.data.sum(axis), "sum", self)
        out.axis = axis
        return out

    def tanh(self):
        return self.made(np.tanh(self.data), "tanh", self)

    def relu(self):
        return self.made(np.maximum(self.data, 0), "relu", self)

    def detach(self):
        return Tensor(self.data)


class Dense:
    def __init__(self, n_in, n_out):
        self.weight = Tensor(np.random.randn(n_in, n_out), requires_grad=True)

    def forward(self, x):
        return x.dot(self.weight).tanh()


class Descent:
    def __init__(self, parameters, rate=0.1):
        self.parameters, self.rate = parameters, rate

    def step(self):
        for each in self.parameters:
            each.data -= self.rate * each.grad.data
