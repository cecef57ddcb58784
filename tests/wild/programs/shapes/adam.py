"""An update by Adam inside backward: the gradient shows in the running mean, which was empty before."""

import numpy as np


class Net:
    def __init__(self, input_size, hidden_size, output_size):
        self.W1 = np.random.randn(input_size, hidden_size) * 0.1
        self.W2 = np.random.randn(hidden_size, output_size) * 0.1
        self.mean = [np.zeros_like(self.W1), np.zeros_like(self.W2)]
        self.power = [np.zeros_like(self.W1), np.zeros_like(self.W2)]
        self.steps = 0

    def forward(self, X):
        self.hidden = np.tanh(X @ self.W1)
        self.scores = self.hidden @ self.W2
        return self.scores

    def backward(self, X, y, rate=0.001):
        self.steps += 1
        error = (self.scores - y) / len(X)
        of_hidden = error @ self.W2.T * (1 - self.hidden**2)
        for i, (weights, gradient) in enumerate([(self.W1, X.T @ of_hidden), (self.W2, self.hidden.T @ error)]):
            self.mean[i] = 0.9 * self.mean[i] + 0.1 * gradient
            self.power[i] = 0.999 * self.power[i] + 0.001 * gradient**2
            step = self.mean[i] / (1 - 0.9**self.steps)
            weights -= rate * step / (np.sqrt(self.power[i] / (1 - 0.999**self.steps)) + 1e-8)
