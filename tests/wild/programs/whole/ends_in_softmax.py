"""A linear layer with its softmax, whose backward takes what comes from the loss as that of the sums."""
import numpy as np


class Classes:
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(input_size, output_size)
        self.biases = np.random.randn(output_size)

    def forward(self, inputs):
        self.inputs = inputs
        e = np.exp(inputs @ self.weights + self.biases)
        return e / np.sum(e, axis=1, keepdims=True)

    def backward(self, grad_outputs):
        self.grad_weights = self.inputs.T @ grad_outputs
        self.grad_biases = np.sum(grad_outputs, axis=0)
        return grad_outputs @ self.weights.T
