"""Layers with two outputs, ways forward of unusual names, deltas that are handed on as they are."""
import numpy as np


class Cell:
    """A gated cell: an output and a state, backward with the gradients of both."""

    def __init__(self, Wx, Wh, b):
        self.params = [Wx, Wh, b]
        self.grads = [np.zeros_like(each) for each in self.params]

    def forward(self, x, h_prev, c_prev):
        Wx, Wh, b = self.params
        H = h_prev.shape[1]
        a = x @ Wx + h_prev @ Wh + b
        f, i, o = (1 / (1 + np.exp(-a[:, k * H:(k + 1) * H])) for k in range(3))
        g = np.tanh(a[:, 3 * H:])
        c_next = f * c_prev + i * g
        h_next = o * np.tanh(c_next)
        self.cache = (x, h_prev, c_prev, f, i, o, g, c_next)
        return h_next, c_next

    def backward(self, dh_next, dc_next):
        Wx, Wh, _ = self.params
        x, h_prev, c_prev, f, i, o, g, c_next = self.cache
        t = np.tanh(c_next)
        dc = dc_next + dh_next * o * (1 - t**2)
        parts = dc * c_prev * f * (1 - f), dc * g * i * (1 - i), dh_next * t * o * (1 - o), dc * i * (1 - g**2)
        da = np.hstack(parts)
        self.grads[0][...] = x.T @ da
        self.grads[1][...] = h_prev.T @ da
        self.grads[2][...] = da.sum(axis=0)
        return da @ Wx.T, da @ Wh.T, dc * f


class Reckoner:
    def __init__(self, number_of_inputs, number_of_neurons):
        self.weights = np.random.randn(number_of_inputs, number_of_neurons)
        self.bias = np.zeros((1, number_of_neurons))

    def reckon_neurons(self, inputs):
        self.inputs = inputs
        self.output = inputs @ self.weights + self.bias
        return self.output

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbias = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T


class Link:
    """Of one sample; the layer before multiplies the delta by the weights that it is given."""

    def __init__(self, n_in, n_out):
        self.W, self.b = np.random.randn(n_out, n_in), np.zeros(n_out)

    def forward(self, x):
        self.x = x
        self.y = np.tanh(self.W @ x + self.b)
        return self.y

    def backward(self, delta_next, W_next=None, learning_rate=0.1):
        error = delta_next if W_next is None else W_next.T @ delta_next
        delta = error * (1 - self.y**2)
        self.W -= learning_rate * np.outer(delta, self.x)
        self.b -= learning_rate * delta
        return delta


class Bend:
    def prop(self, input):
        self.input = input
        return np.tanh(input)

    def back_prop(self, grad, alpha):
        return grad * (1 - np.tanh(self.input) ** 2)
