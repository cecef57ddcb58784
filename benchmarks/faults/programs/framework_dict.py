"""A small deep learning library: layers keep their parameters and gradients in dicts."""
import numpy as np


class Layer:
    def __init__(self):
        self.params = {}
        self.grads = {}

    def forward(self, inputs):
        raise NotImplementedError

    def backward(self, grad):
        raise NotImplementedError


class Linear(Layer):
    """output = inputs @ w + b"""

    def __init__(self, input_size, output_size):
        super().__init__()
        self.params["w"] = np.random.randn(input_size, output_size)
        self.params["b"] = np.random.randn(output_size)

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.params["w"] + self.params["b"]

    def backward(self, grad):
        self.grads["b"] = np.sum(grad, axis=0)
        self.grads["w"] = self.inputs.T @ grad
        return grad @ self.params["w"].T


class Tanh(Layer):
    def forward(self, inputs):
        self.outputs = np.tanh(inputs)
        return self.outputs

    def backward(self, grad):
        return grad * (1 - self.outputs ** 2)


class LeakyReLU(Layer):
    def __init__(self, slope=0.1):
        super().__init__()
        self.slope = slope

    def forward(self, inputs):
        self.inputs = inputs
        return np.where(inputs > 0, inputs, self.slope * inputs)

    def backward(self, grad):
        return grad * np.where(self.inputs > 0, 1.0, self.slope)


class Softmax(Layer):
    def forward(self, inputs):
        e = np.exp(inputs - inputs.max(axis=1, keepdims=True))
        self.outputs = e / e.sum(axis=1, keepdims=True)
        return self.outputs

    def backward(self, grad):
        dot = np.sum(grad * self.outputs, axis=1, keepdims=True)
        return self.outputs * (grad - dot)


class Dropout(Layer):
    def __init__(self, rate=0.5):
        super().__init__()
        self.rate = rate

    def forward(self, inputs):
        self.mask = np.random.rand(*inputs.shape) > self.rate
        return inputs * self.mask / (1 - self.rate)

    def backward(self, grad):
        return grad * self.mask / (1 - self.rate)


class CrossEntropyLoss:
    """Softmax and cross entropy together; targets are class numbers."""

    def forward(self, scores, targets):
        z = scores - scores.max(axis=1, keepdims=True)
        self.probs = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        self.targets = targets
        picked = self.probs[np.arange(len(targets)), targets]
        return -np.log(picked).mean()

    def backward(self, grad=1.0):
        n = len(self.targets)
        dscores = self.probs.copy()
        dscores[np.arange(n), self.targets] -= 1
        return grad * dscores / n


class NeuralNet:
    def __init__(self, input_size=4, hidden_size=6, output_size=3):
        self.layers = [
            Linear(input_size, hidden_size),
            Tanh(),
            Linear(hidden_size, hidden_size),
            LeakyReLU(),
            Linear(hidden_size, output_size),
        ]
        self.loss_layer = CrossEntropyLoss()

    def forward(self, inputs):
        for layer in self.layers:
            inputs = layer.forward(inputs)
        return inputs

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def loss(self, inputs, targets):
        return self.loss_layer.forward(self.forward(inputs), targets)

    def params_and_grads(self):
        for layer in self.layers:
            for name, param in layer.params.items():
                yield param, layer.grads[name]

    def train_step(self, inputs, targets, lr=0.01):
        loss = self.loss(inputs, targets)
        self.backward(self.loss_layer.backward())
        for param, grad in self.params_and_grads():
            param -= lr * grad
        return loss
