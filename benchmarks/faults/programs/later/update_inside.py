"""Layers that learn while they go back: backward(output_gradient, learning_rate)."""
import numpy as np


class Dense:
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(input_size, output_size)
        self.bias = np.random.randn(1, output_size)

    def forward(self, input):
        self.input = input
        return np.dot(self.input, self.weights) + self.bias

    def backward(self, output_gradient, learning_rate):
        input_gradient = np.dot(output_gradient, self.weights.T)
        weights_gradient = np.dot(self.input.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * np.sum(output_gradient, axis=0, keepdims=True)
        return input_gradient


class Activation:
    def __init__(self, activation, activation_prime):
        self.activation = activation
        self.activation_prime = activation_prime

    def forward(self, input):
        self.input = input
        return self.activation(self.input)

    def backward(self, output_gradient, learning_rate):
        return output_gradient * self.activation_prime(self.input)


class Tanh(Activation):
    def __init__(self):
        def tanh(x):
            return np.tanh(x)

        def tanh_prime(x):
            return 1 - np.tanh(x) ** 2

        super().__init__(tanh, tanh_prime)


class Sigmoid(Activation):
    def __init__(self):
        def sigmoid(x):
            return 1 / (1 + np.exp(-x))

        def sigmoid_prime(x):
            s = sigmoid(x)
            return s * (1 - s)

        super().__init__(sigmoid, sigmoid_prime)


class Softmax:
    def forward(self, input):
        e = np.exp(input - np.max(input, axis=1, keepdims=True))
        self.output = e / np.sum(e, axis=1, keepdims=True)
        return self.output

    def backward(self, output_gradient, learning_rate):
        input_gradient = np.empty_like(output_gradient)
        for i, (s, g) in enumerate(zip(self.output, output_gradient)):
            jacobian = np.diag(s) - np.outer(s, s)
            input_gradient[i] = jacobian @ g
        return input_gradient


def train(network, loss, loss_prime, x_train, y_train, epochs=1000, learning_rate=0.01):
    for e in range(epochs):
        output = x_train
        for layer in network:
            output = layer.forward(output)
        error = loss(y_train, output)
        grad = loss_prime(y_train, output)
        for layer in reversed(network):
            grad = layer.backward(grad, learning_rate)
    return error
