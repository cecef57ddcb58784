"""Layers by other names: gradients returned, left behind, averaged, taken off the weights at once."""
import numpy as np


class Averaging:
    """The gradients of the weights are means over the samples; dx is not."""

    def __init__(self, n_in, n_out):
        self.weights, self.bias = np.random.randn(n_in, n_out), np.zeros(n_out)

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.bias

    def backward(self, grad):
        self.weights_grad = self.inputs.T @ grad / len(grad)
        self.bias_grad = grad.mean(axis=0)
        return grad @ self.weights.T


class Columns:
    """One sample a column."""

    def __init__(self, n_in, n_out):
        self.kernel, self.offset = np.random.randn(n_out, n_in), np.random.randn(n_out, 1)

    def feed_forward(self, a, training=True):
        self.a = a
        return self.kernel @ a + self.offset

    def back_prop(self, delta, learning_rate):
        below = self.kernel.T @ delta
        self.kernel -= learning_rate * delta @ self.a.T
        self.offset -= learning_rate * delta.sum(axis=1, keepdims=True)
        return below


class TanhWithOutput:
    """Nothing is returned: the results lie in attributes."""

    def forward(self, inputs, training):
        self.inputs = inputs
        self.output = np.tanh(inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues * (1 - self.output**2)


class AllAtOnce:
    """backward(x, dout) and a tuple of what it finds."""

    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)

    def forward(self, x):
        self.seen = len(x)
        return np.tanh(x @ self.W), x

    def backward(self, x, dout):
        d = dout * (1 - np.tanh(x @ self.W) ** 2)
        return d @ self.W.T, x.T @ d


class OneSample:
    """A column at a time."""

    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_out, n_in)

    def forward(self, x):
        assert x.shape[1:] == (1,)
        self.x = x
        return np.dot(self.weights, x)

    def backward(self, output_gradient, learning_rate):
        change = np.dot(output_gradient, self.x.T)
        below = np.dot(self.weights.T, output_gradient)
        self.weights = self.weights - learning_rate * change
        return below


class SoftmaxLeftToTheLoss:
    def forward(self, x, train=True):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, grad, lr):
        return grad


class CalledFirst:
    """What backward needs is kept by the call around forward."""

    def __init__(self, n_in, n_out):
        self.weight = np.random.randn(n_in, n_out)

    def __call__(self, x):
        self.x = x
        return self.forward(x)

    def forward(self, x):
        return x @ self.weight

    def backward(self, g):
        self.grad_weight = self.x.T @ g
        return g @ self.weight.T
