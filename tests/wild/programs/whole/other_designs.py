"""Layers whose names speak of a well-known one and of more, and such as are called by other methods."""

from types import SimpleNamespace
from typing import Protocol

import numpy as np


class Nonlinearity(Protocol):
    def __call__(self, x): ...

    def derivative(self, x): ...


class Mish:
    def __call__(self, x):
        return x * np.tanh(np.log1p(np.exp(x)))

    def derivative(self, x):
        t, s = np.tanh(np.log1p(np.exp(x))), 1 / (1 + np.exp(-x))
        return t + x * s * (1 - t * t)


class Full:
    def __init__(self, n_in, n_out, bend=None):
        self.bend = bend or Mish()
        self.w = np.random.normal(size=(n_in, n_out))
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x, self.z = x, x @ self.w + self.b
        return self.bend(self.z)

    def backward(self, dout):
        dz = dout * self.bend.derivative(self.z)
        self.dw, self.db = self.x.T @ dz, dz.sum(axis=0)
        return dz @ self.w.T


class MaskedLinear:
    def __init__(self, n_in, n_out):
        self.W = np.random.normal(size=(n_in, n_out))
        self.b = np.zeros(n_out)
        self.open = np.arange(n_in)[:, None] % 2 == np.arange(n_out) % 2

    def forward(self, x):
        self.x = x
        return x @ (self.W * self.open) + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout * self.open, dout.sum(axis=0)
        return dout @ (self.W * self.open).T


class SoftmaxOfTemperature:
    def forward(self, x):
        e = np.exp((x - x.max(axis=-1, keepdims=True)) / 3)
        self.y = e / e.sum(axis=-1, keepdims=True)
        return self.y

    def backward(self, dout):
        return self.y * (dout - (dout * self.y).sum(axis=-1, keepdims=True)) / 3


class Sigmoid:
    def __init__(self, steepness):
        self.steepness = steepness

    def forward(self, x):
        self.y = 1 / (1 + np.exp(-self.steepness * x))
        return self.y

    def backward(self, dout):
        return dout * self.steepness * self.y * (1 - self.y)


class ByFunctions:
    def __init__(self, f, f_prime):
        self.f, self._slope = f, f_prime

    def forward(self, x):
        self.x = x
        return self.f(x)

    def backward(self, dout):
        return dout * self._slope(self.x)


class Drop:
    def __init__(self, rate):
        self.rate = rate

    def call(self, x, training=False):
        self.mask = (np.random.random(x.shape) >= self.rate) / (1 - self.rate) if training else np.ones(x.shape)
        return x * self.mask

    def grad(self, g):
        return g * self.mask


class NLL:
    def __call__(self, logp, y):
        self.shape, self.y = logp.shape, y
        return -np.mean(logp[np.arange(len(y)), y])

    def backward(self):
        g = np.zeros(self.shape)
        g[np.arange(len(self.y)), self.y] = -1 / len(self.y)
        return g


class Ridge:
    def __init__(self, strength=0.1):
        self.strength = strength

    def forward(self, w):
        self.w = w
        return self.strength * np.sum(w**2)

    def backward(self):
        return 2 * self.strength * self.w


class PixelByPixel:
    def __init__(self, n_in, n_out):
        self.weight = np.random.normal(size=(n_out, n_in))

    def forward(self, x):
        self.x = x
        return np.einsum("nchw,oc->nohw", x, self.weight)

    def backward(self, g):
        self.grad_weight = np.einsum("nohw,nchw->oc", g, self.x)
        return np.einsum("nohw,oc->nchw", g, self.weight)


class Product:
    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b

    def backward(self, dout):
        return dout * self.b, dout * self.a


class Places:
    def __init__(self, longest, width):
        self.P = np.random.normal(size=(longest, width))

    def forward(self, x):
        self.steps = x.shape[1]
        return x + self.P[None, : self.steps]

    def backward(self, dout):
        self.dP = np.zeros_like(self.P)
        self.dP[: self.steps] = dout.sum(axis=0)
        return dout


class InColumns:
    def __init__(self, n_in, n_out):
        self.W = np.random.normal(size=(n_out, n_in))
        self.theta = np.zeros((n_out, 1))

    def forward(self, x):
        self.x = x
        return self.W @ x - self.theta

    def backward(self, dout):
        self.dW, self.dtheta = dout @ self.x.T, -dout.sum(axis=1, keepdims=True)
        return self.W.T @ dout


class Shrinking:
    def __init__(self, n_in, n_out):
        self.settings = SimpleNamespace(l2=0.01)
        self.w = np.random.normal(size=(n_in, n_out))

    def forward(self, x):
        self.x = x
        return x @ self.w

    def backward(self, dout):
        self.dw = self.x.T @ dout + self.settings.l2 * self.w
        return dout @ self.w.T
