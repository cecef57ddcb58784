"""Layers of further habits."""

import numpy as np


class InputComesFirst:
    """The way back is given the input again, and first."""

    def forward(self, x):
        return np.maximum(0, x) ** 2

    def backward(self, x, dy):
        return 2 * np.maximum(0, x) * dy


class OneClassAtATime:
    """A softmax with its weights, for the gradient of a loss that looks at one class."""

    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out)
        self.biases = np.zeros(n_out)

    def softmax_scores(self, x):
        z = x @ self.weights + self.biases
        e = np.exp(z - z.max())
        return e / e.sum()

    def forward(self, image):
        self.shape, self.flat = image.shape, image.reshape(-1)
        self.p = self.softmax_scores(self.flat)
        return self.p

    def backprop(self, d_out, rate):
        for k, g in enumerate(d_out):
            if g == 0:
                continue
            dz = -g * self.p[k] * self.p
            dz[k] += g * self.p[k]
            back = self.weights @ dz
            self.weights -= rate * np.outer(self.flat, dz)
            self.biases -= rate * dz
            return back.reshape(self.shape)


class SoftmaxOfOneClass(OneClassAtATime):
    """The same, under a name that says what it is."""


class FlatFilters:
    """A first layer on one grey image: it has nobody to hand a gradient on to."""

    def __init__(self, num_filters):
        self.filters = np.random.randn(num_filters, 3, 3) / 9

    def patches(self, image):
        for i in range(image.shape[0] - 2):
            for j in range(image.shape[1] - 2):
                yield i, j, image[i : i + 3, j : j + 3]

    def forward(self, image):
        height, width = image.shape
        self.image = image
        out = np.zeros((height - 2, width - 2, len(self.filters)))
        for i, j, patch in self.patches(image):
            out[i, j] = (patch * self.filters).sum(axis=(1, 2))
        return out

    def backprop(self, d_out, rate):
        change = np.zeros_like(self.filters)
        for i, j, patch in self.patches(self.image):
            change += d_out[i, j][:, None, None] * patch
        self.filters -= rate * change
        return None


class Recurrent:
    """A sequence of columns in, the scores after the last one out; clipped, updated at once."""

    def __init__(self, input_size, output_size, hidden_size=64):
        self.Wx = np.random.randn(hidden_size, input_size) / 100
        self.Wh = np.random.randn(hidden_size, hidden_size) / 100
        self.Wy = np.random.randn(output_size, hidden_size) / 100

    def forward(self, columns):
        self.columns = columns
        self.states = [np.zeros((len(self.Wh), 1))]
        for column in columns:
            self.states.append(np.tanh(self.Wx @ column + self.Wh @ self.states[-1]))
        return self.Wy @ self.states[-1], self.states[-1]

    def backprop(self, d_y, rate=0.02):
        d_wy = d_y @ self.states[-1].T
        d_wx, d_wh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)
        d_h = self.Wy.T @ d_y
        for step in reversed(range(len(self.columns))):
            d_z = (1 - self.states[step + 1] ** 2) * d_h
            d_wx += d_z @ self.columns[step].T
            d_wh += d_z @ self.states[step].T
            d_h = self.Wh.T @ d_z
        for change in (d_wx, d_wh, d_wy):
            np.clip(change, -1, 1, out=change)
        self.Wx -= rate * d_wx
        self.Wh -= rate * d_wh
        self.Wy -= rate * d_wy


class WeightsLater:
    """Weights when the network says what comes before, steps by the optimizer of each parameter."""

    def __init__(self, n_units, input_shape=None):
        self.n_units, self.input_shape = n_units, input_shape
        self.W = self.w0 = None

    def initialize(self, optimizer):
        self.W = np.random.uniform(-0.5, 0.5, (self.input_shape[0], self.n_units))
        self.w0 = np.zeros((1, self.n_units))
        self.of_W = self.of_w0 = optimizer

    def forward_pass(self, X, training=True):
        self.seen = X
        return X @ self.W + self.w0

    def backward_pass(self, accum_grad):
        before = self.W
        self.W = self.of_W.update(self.W, self.seen.T @ accum_grad)
        self.w0 = self.of_w0.update(self.w0, accum_grad.sum(axis=0, keepdims=True))
        return accum_grad @ before.T
