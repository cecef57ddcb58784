import numpy as np


class Linear:
    def __init__(self, in_features, out_features):
        self.weight = np.random.randn(in_features, out_features) * np.sqrt(2 / in_features)
        self.bias = np.zeros(out_features)
        self.weight_gradient = None
        self.bias_gradient = None

    def forward(self, x):
        self._input = x
        return x @ self.weight + self.bias

    def backward(self, grad_output):
        self.weight_gradient = self._input.T @ grad_output
        self.bias_gradient = grad_output.sum(0)
        return grad_output @ self.weight.T


class LeakyReLU:
    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, x):
        self._input = x
        return np.where(x > 0, x, self.slope * x)

    def backward(self, grad_output):
        return np.where(self._input > 0, grad_output, self.slope)


class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.out = e / e.sum(axis=1, keepdims=True)
        return self.out

    def backward(self, grad_output):
        return grad_output


class CrossEntropy:
    def forward(self, y_pred, y_true):
        return -np.mean(np.sum(y_true * np.log(y_pred), axis=1))

    def backward(self, y_pred, y_true):
        return (y_pred - y_true) / len(y_true)


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad
