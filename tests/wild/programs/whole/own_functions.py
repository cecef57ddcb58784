import numpy as np


def relu(x):
    return np.maximum(0, x)


def relu_derivative(x):
    return (x > 0).astype(float)


def softmax(x):
    e = np.exp(x - np.max(x, axis=0, keepdims=True))
    return e / np.sum(e, axis=0, keepdims=True)


def log_loss(output, target):
    return -np.sum(target * np.log(output + 1e-9)) / target.shape[1]


class Network:
    def __init__(self, layers, activations):
        self.activations = activations
        self.weights = [np.random.randn(b, a) * np.sqrt(2 / a) for a, b in zip(layers, layers[1:])]
        self.biases = [np.zeros((n, 1)) for n in layers[1:]]

    def forward_pass(self, X):
        outputs, sums = [X], []
        for W, b, activation in zip(self.weights, self.biases, self.activations):
            sums.append(np.dot(W, outputs[-1]) + b)
            outputs.append(activation(sums[-1]))
        return outputs, sums

    def compute_gradients(self, X, Y):
        outputs, sums = self.forward_pass(X)
        dWs, dbs = [None] * len(self.weights), [None] * len(self.biases)
        dZ = outputs[-1] - Y
        for i in reversed(range(len(self.weights))):
            dWs[i] = np.dot(dZ, outputs[i].T) / X.shape[1]
            dbs[i] = np.sum(dZ, axis=1, keepdims=True) / X.shape[1]
            if i > 0:
                dZ = np.dot(self.weights[i].T, dZ) * relu_derivative(sums[i - 1])
        return dWs, dbs

    def train(self, X, Y, learning_rate, epochs):
        for _ in range(epochs):
            dWs, dbs = self.compute_gradients(X, Y)
            for i in range(len(self.weights)):
                self.weights[i] -= learning_rate * dWs[i]
                self.biases[i] -= learning_rate * dbs[i]
            print(log_loss(self.forward_pass(X)[0][-1], Y))
