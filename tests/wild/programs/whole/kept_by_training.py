"""A network whose training keeps what forward returns, for backward to read."""
import numpy as np


class Net:
    def __init__(self, input_size, hidden_size, output_size, learning_rate=0.01):
        self.learning_rate = learning_rate
        self.W1, self.b1 = np.random.randn(input_size, hidden_size), np.zeros(hidden_size)
        self.W2, self.b2 = np.random.randn(hidden_size, output_size), np.zeros(output_size)

    def forward(self, X):
        h = np.tanh(X @ self.W1 + self.b1)
        e = np.exp(h @ self.W2 + self.b2)
        probs = e / e.sum(axis=1, keepdims=True)
        return h, probs

    def backward(self, X, y):
        delta2 = self.probs.copy()
        delta2[range(len(X)), y] -= 1
        delta2 /= len(X)
        delta1 = delta2 @ self.W2.T * (1 - self.h**2)
        self.W2 -= self.learning_rate * self.h.T @ delta2
        self.b2 -= self.learning_rate * delta2.sum(axis=0)
        self.W1 -= self.learning_rate * X.T @ delta1
        self.b1 -= self.learning_rate * delta1.sum(axis=0)

    def train(self, X, y, epochs):
        for _ in range(epochs):
            self.h, self.probs = self.forward(X)
            self.backward(X, y)
