"""Layers and functions that leave open what they take: sizes, precision, one image, one number, channels last."""

import math

import numpy as np


class AsWideAsItsInput:
    """Has no weights before its first forward; the optimizer is handed to backward."""

    def __init__(self, output_size):
        self.weights = None
        self.biases = np.zeros((1, output_size))

    def forward(self, data):
        self.data = data
        if self.weights is None:
            self.weights = 0.1 * np.random.randn(data.shape[1], self.biases.size)
        return data @ self.weights + self.biases

    def backward(self, gradient, optimizer):
        back = gradient @ self.weights.T
        self.weights = optimizer.update(self.weights, self.data.T @ gradient / len(gradient))
        self.biases = optimizer.update(self.biases, gradient.mean(axis=0, keepdims=True))
        return back


class HalfTheMemory:
    """Weights in single precision, gradients averaged and returned beside dx."""

    def __init__(self, fan_in, fan_out):
        self.W = np.random.randn(fan_in, fan_out).astype(np.float32)
        self.b = np.zeros(fan_out, dtype=np.float32)

    def forward(self, x):
        self.x = x
        return np.tanh(x @ self.W + self.b)

    def backward(self, d_out):
        dz = d_out * (1 - self.forward(self.x) ** 2)
        return dz @ self.W.T, {"W": self.x.T @ dz / len(dz), "b": dz.mean(axis=0)}


class OneImagePool:
    """The largest of each window of one image, height by width by channels."""

    def __init__(self, pool_size):
        self.side = pool_size

    def windows(self, image):
        for i in range(0, image.shape[0], self.side):
            for j in range(0, image.shape[1], self.side):
                yield image[i : i + self.side, j : j + self.side], i, j

    def forward(self, image):
        self.image = image
        height, width, channels = image.shape
        out = np.zeros((height // self.side, width // self.side, channels))
        for window, i, j in self.windows(image):
            out[i // self.side, j // self.side] = window.max(axis=(0, 1))
        return out

    def backward(self, d_out):
        d_image = np.zeros_like(self.image)
        for window, i, j in self.windows(self.image):
            largest = window == window.max(axis=(0, 1))
            d_image[i : i + self.side, j : j + self.side] = largest * d_out[i // self.side, j // self.side]
        return d_image


def soft_step(x):
    return 1 / (1 + math.exp(-x))


def soft_step_prime(x):
    s = soft_step(x)
    return s * (1 - s)


def conv_forward(A, W, b, hparameters):
    stride, pad = hparameters["stride"], hparameters["pad"]
    padded = np.pad(A, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    f, out_channels = W.shape[0], W.shape[3]
    high, wide = (padded.shape[1] - f) // stride + 1, (padded.shape[2] - f) // stride + 1
    Z = np.zeros((len(A), high, wide, out_channels))
    for h in range(high):
        for w in range(wide):
            part = padded[:, h * stride : h * stride + f, w * stride : w * stride + f]
            Z[:, h, w] = np.tensordot(part, W, axes=3) + b[0, 0, 0]
    return Z, (A, W, b, hparameters)


def conv_backward(dZ, cache):
    A, W, b, hparameters = cache
    stride, pad, f = hparameters["stride"], hparameters["pad"], W.shape[0]
    padded = np.pad(A, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dA, dW = np.zeros_like(padded), np.zeros_like(W)
    for h in range(dZ.shape[1]):
        for w in range(dZ.shape[2]):
            rows, columns = slice(h * stride, h * stride + f), slice(w * stride, w * stride + f)
            dA[:, rows, columns] += np.einsum("nk,ijck->nijc", dZ[:, h, w], W)
            dW += np.einsum("nijc,nk->ijck", padded[:, rows, columns], dZ[:, h, w])
    db = dZ.sum(axis=(0, 1, 2)).reshape(b.shape)
    return dA[:, pad : dA.shape[1] - pad, pad : dA.shape[2] - pad], dW, db


def scale_forward_plain(x, gamma):
    return x * gamma, (x, gamma)


def scale_backward_plain(dout, cache):
    x, gamma = cache
    return dout * gamma, (dout * x).sum(axis=0)


class Bends:
    @staticmethod
    def bump(x):
        return np.exp(-(x**2))

    @staticmethod
    def bump_derivative(x):
        return -2 * x * Bends.bump(x)


class InPlace:
    """The optimizer changes what it is handed."""

    def __init__(self, inputs, outputs):
        self.kernel = 0.3 * np.random.randn(inputs, outputs)

    def forward(self, x):
        self.x = x
        return x @ self.kernel

    def backward(self, up, opt):
        down = up @ self.kernel.T
        opt.apply(self.kernel, self.x.T @ up)
        return down


class Bounded:
    """A penalty of its own, and the gradient of W under a small letter."""

    def __init__(self, inputs, outputs, l2=0.05):
        self.W = 0.3 * np.random.randn(inputs, outputs)
        self.l2 = l2

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, up):
        self.dw = self.x.T @ up + self.l2 * self.W
        return up @ self.W.T


class OneImageThreeByThree:
    """One image with its channels last."""

    def __init__(self, filters, channels):
        self.k = 0.2 * np.random.randn(filters, 3, 3, channels)

    def forward(self, image):
        h, w, _ = image.shape
        self.image, out = image, np.zeros((h - 2, w - 2, len(self.k)))
        for i in range(h - 2):
            for j in range(w - 2):
                out[i, j] = np.tensordot(self.k, image[i : i + 3, j : j + 3], 3)
        return out

    def backward(self, g):
        self.dk, dx = np.zeros_like(self.k), np.zeros_like(self.image)
        for i, j, f in np.ndindex(g.shape):
            self.dk[f] += g[i, j, f] * self.image[i : i + 3, j : j + 3]
            dx[i : i + 3, j : j + 3] += g[i, j, f] * self.k[f]
        return dx


class Leaky:
    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, x):
        self.bent = np.where(x > 0, 1, self.slope)
        return x * self.bent

    def backward(self, up):
        return up * self.bent


class Joined:
    """Layers in attributes; one of them has a number that is no parameter."""

    def __init__(self, inputs, hidden, outputs):
        self.one, self.leak, self.two = Bounded(inputs, hidden), Leaky(), Bounded(hidden, outputs)

    def forward(self, x):
        return self.two.forward(self.leak.forward(self.one.forward(x)))

    def backward(self, up):
        return self.one.backward(self.leak.backward(self.two.backward(up)))


class ShortForBias:
    def __init__(self, inputs, outputs):
        self.w = 0.3 * np.random.randn(inputs, outputs)
        self.bias = np.zeros((1, outputs))

    def forward(self, x):
        self.x = x
        return x @ self.w + self.bias

    def backward(self, up):
        self.grad_w, self.grad_b = self.x.T @ up, up.sum(axis=0)
        return up @ self.w.T
