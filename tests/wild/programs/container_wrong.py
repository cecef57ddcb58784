import numpy as np


class Sigmoid:
    def forward(self, z):
        return 1 / (1 + np.exp(-z))

    def gradient(self, z):
        s = self.forward(z)
        return s * (1 + s)


class Dense:
    def __init__(self, n_in, n_out):
        self.weights = np.random.rand(n_in, n_out) - 0.5
        self.bias = np.random.rand(1, n_out) - 0.5

    def forward_propagation(self, input_data):
        self.input = input_data
        self.output = np.dot(self.input, self.weights) + self.bias
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        self.weights -= learning_rate * np.dot(self.input.T, output_error)
        self.bias -= learning_rate * output_error
        return input_error


class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def fit(self, x_train, y_train, epochs, learning_rate):
        for _ in range(epochs):
            for x, y in zip(x_train, y_train):
                output = x
                for layer in self.layers:
                    output = layer.forward_propagation(output)
                error = 2 * (output - y) / y.size
                for layer in reversed(self.layers):
                    error = layer.backward_propagation(error, learning_rate)

    def predict(self, data):
        for layer in self.layers:
            data = layer.forward_propagation(data)
        return data
