"""A tiny framework: modules with parameters, a container, a residual wrapper."""
import numpy as np


class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)


class Module:
    def parameters(self):
        return []

    def __call__(self, x):
        return self.forward(x)


class Linear(Module):
    def __init__(self, in_features, out_features):
        self.weight = Parameter(np.random.randn(in_features, out_features) / np.sqrt(in_features))
        self.bias = Parameter(np.zeros(out_features))

    def forward(self, x):
        self.cache = x
        return x @ self.weight.data + self.bias.data

    def backward(self, grad):
        self.weight.grad = self.cache.T @ grad
        self.bias.grad = grad.sum(axis=0)
        return grad @ self.weight.data.T

    def parameters(self):
        return [self.weight, self.bias]


class ReLU(Module):
    def forward(self, x):
        self.active = x > 0
        return x * self.active

    def backward(self, grad):
        return grad * self.active


class Sigmoid(Module):
    def forward(self, x):
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, grad):
        return grad * self.y * (1 - self.y)


class Sequential(Module):
    def __init__(self, *modules):
        self.modules = list(modules)

    def forward(self, x):
        for module in self.modules:
            x = module(x)
        return x

    def backward(self, grad):
        for module in reversed(self.modules):
            grad = module.backward(grad)
        return grad

    def parameters(self):
        return [p for module in self.modules for p in module.parameters()]


class Residual(Module):
    """y = x + f(x)"""

    def __init__(self, inner):
        self.inner = inner

    def forward(self, x):
        return x + self.inner(x)

    def backward(self, grad):
        return grad + self.inner.backward(grad)

    def parameters(self):
        return self.inner.parameters()


class MSE:
    def forward(self, y, t):
        self.diff = y - t
        return 0.5 * np.sum(self.diff ** 2) / len(y)

    def backward(self):
        return self.diff / len(self.diff)


class ResNet(Module):
    def __init__(self, n_in=4, width=6, n_out=3):
        self.net = Sequential(
            Linear(n_in, width),
            Sigmoid(),
            Residual(Sequential(Linear(width, width), ReLU(), Linear(width, width))),
            Linear(width, n_out),
        )
        self.criterion = MSE()

    def forward(self, x):
        return self.net(x)

    def loss(self, x, t):
        return self.criterion.forward(self.forward(x), t)

    def backward(self):
        return self.net.backward(self.criterion.backward())

    def parameters(self):
        return self.net.parameters()
