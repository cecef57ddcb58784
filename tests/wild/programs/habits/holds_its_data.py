"""The data lie in the object; feedforward and backprop take nothing."""
import numpy as np


def sigmoid(s):
    return 1.0 / (1 + np.exp(-s))


def sigmoid_derivative(s):
    return s * (1.0 - s)


class NeuralNetwork:
    def __init__(self, x, y):
        self.input = x
        self.weights1 = np.random.rand(self.input.shape[1], 4)
        self.weights2 = np.random.rand(4, 1)
        self.y = y
        self.output = np.zeros(self.y.shape)

    def feedforward(self):
        self.layer1 = sigmoid(np.dot(self.input, self.weights1))
        self.output = sigmoid(np.dot(self.layer1, self.weights2))

    def backprop(self):
        error = 2 * (self.y - self.output) * sigmoid_derivative(self.output)
        step2 = np.dot(self.layer1.T, error)
        step1 = np.dot(self.input.T, np.dot(error, self.weights2.T) * sigmoid_derivative(self.layer1))
        self.weights1 += step1
        self.weights2 += step2


X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
nn = NeuralNetwork(X, np.array([[0], [1], [1], [0]]))
for i in range(1500):
    nn.feedforward()
    nn.backprop()
