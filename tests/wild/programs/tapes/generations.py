"""Arrays and functions of them, taken back from the latest generation to the first."""

import weakref
import numpy as np


class Settings:
    recording = True


class Quantity:
    def __init__(self, data, name=None):
        if not isinstance(data, np.ndarray):
            raise TypeError(f"{type(data)} is no array")
        self.data, self.name = data, name
        self.grad, self.creator, self.age = None, None, 0

    def backward(self, keep=False):
        if self.grad is None:
            self.grad = np.ones_like(self.data)
        waiting, met = [self.creator], {self.creator}
        while waiting:
            waiting.sort(key=lambda function: function.age)
            function = waiting.pop()
            gradients = function.backward(*[out().grad for out in function.outs])
            gradients = gradients if isinstance(gradients, tuple) else (gradients,)
            for each, g in zip(function.ins, gradients):
                each.grad = g if each.grad is None else each.grad + g
                if each.creator is not None and each.creator not in met:
                    met.add(each.creator)
                    waiting.append(each.creator)
            if not keep:
                for out in function.outs:
                    out().grad = None


def quantity(thing):
    return thing if isinstance(thing, Quantity) else Quantity(np.asarray(thing))


class Function:
    def __call__(self, *ins):
        ins = [quantity(each) for each in ins]
        outs = self.forward(*[each.data for each in ins])
        outs = outs if isinstance(outs, tuple) else (outs,)
        outs = [quantity(out) for out in outs]
        if Settings.recording:
            self.age = max(each.age for each in ins)
            for out in outs:
                out.creator, out.age = self, self.age + 1
            self.ins, self.outs = ins, [weakref.ref(out) for out in outs]
        return outs if len(outs) > 1 else outs[0]

    def forward(self, *xs):
        raise NotImplementedError

    def backward(self, *gs):
        raise NotImplementedError


class Plus(Function):
    def forward(self, a, b):
        return a + b

    def backward(self, g):
        return g, g


class Times(Function):
    def forward(self, a, b):
        return a * b

    def backward(self, g):
        a, b = (each.data for each in self.ins)
        return g * b, g * a


class Over(Function):
    def forward(self, a, b):
        return a / b

    def backward(self, g):
        a, b = (each.data for each in self.ins)
        return g / b, -g * a / b**2


class Power(Function):
    def __init__(self, n):
        self.n = n

    def forward(self, a):
        return a**self.n

    def backward(self, g):
        return self.n * self.ins[0].data ** (self.n - 1) * g


class Product(Function):
    def forward(self, a, m):
        return a @ m

    def backward(self, g):
        a, m = (each.data for each in self.ins)
        return g @ m.T, a.T @ g


class Reshape(Function):
    def __init__(self, shape):
        self.shape = shape

    def forward(self, a):
        self.before = a.shape
        return a.reshape(self.shape)

    def backward(self, g):
        return g.reshape(self.before)


def plus(a, b):
    return Plus()(a, b)


def times(a, b):
    return Times()(a, b)


def power(a, n):
    return Power(n)(a)


Quantity.__add__ = plus
Quantity.__mul__ = times
Quantity.__truediv__ = lambda a, b: Over()(a, b)
Quantity.__pow__ = power
