import numpy as np


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def sigmoid_slope(s):
    return s * (1 - s)


class NeuralNetwork(object):
    def __init__(self):
        self.inputSize = 2
        self.outputSize = 1
        self.hiddenSize = 3
        self.W1 = np.random.randn(self.inputSize, self.hiddenSize)
        self.W2 = np.random.randn(self.hiddenSize, self.outputSize)

    def forward(self, X):
        self.z2 = sigmoid(np.dot(X, self.W1))
        return sigmoid(np.dot(self.z2, self.W2))

    def backward(self, X, y, o):
        self.o_error = y - o
        self.o_delta = self.o_error * sigmoid_slope(o)
        self.z2_delta = self.o_delta.dot(self.W2.T) * sigmoid_slope(self.z2)
        self.W2 += self.z2.T.dot(self.o_delta)
        self.W1 += X.T.dot(self.o_delta.dot(self.W2.T) * sigmoid_slope(self.z2))

    def train(self, X, y):
        o = self.forward(X)
        self.backward(X, y, o)


NN = NeuralNetwork()
for i in range(1000000):
    NN.train(np.random.rand(4, 2), np.random.rand(4, 1))
