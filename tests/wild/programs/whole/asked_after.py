import numpy as np


class SoftmaxLossLayer:
    def forward(self, input):
        e = np.exp(input - np.max(input, axis=1, keepdims=True))
        self.prob = e / np.sum(e, axis=1, keepdims=True)
        return self.prob

    def get_loss(self, label):
        self.batch = self.prob.shape[0]
        self.onehot = np.zeros_like(self.prob)
        self.onehot[np.arange(self.batch), label] = 1.0
        return -np.sum(np.log(self.prob) * self.onehot) / self.batch

    def backward(self):
        return (self.prob - self.onehot) / self.batch


class SoftmaxLayer:
    """Softmax, for the forward pass only."""

    def __init__(self, name):
        self.name = name

    def forward(self, inputs):
        e = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, grads):
        pass


class Dense:
    def __init__(self, input_size, output_size):
        self.input_size, self.params, self.grads = input_size, {}, {}
        self.params["weights"] = np.random.randn(output_size, input_size)
        self.params["bias"] = np.zeros((output_size, 1))

    def forward(self, input_data):
        assert input_data.shape[0] == self.input_size, "one column a sample"
        self.input = input_data
        return np.dot(self.params["weights"], self.input) + self.params["bias"]

    def backward(self, output_gradient, optimizer=None):
        self.grads["weights"] = np.dot(output_gradient, self.input.T)
        self.grads["bias"] = np.sum(output_gradient, axis=1, keepdims=True)
        if optimizer is not None:
            optimizer.update(self)
        return np.dot(self.params["weights"].T, output_gradient)
