"""A forward that is given the labels, returns the loss with the accuracy, and leaves the gradients beside it."""
import numpy as np


class TwoLayers:
    def __init__(self, input_size, hidden_size, num_classes):
        self.weights, self.gradients = {}, {}
        self.weights["U"] = 0.1 * np.random.randn(input_size, hidden_size)
        self.weights["V"] = 0.1 * np.random.randn(hidden_size, num_classes)

    def forward(self, X, y, mode="train"):
        h = np.tanh(X @ self.weights["U"])
        p = np.exp(h @ self.weights["V"])
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(y))
        loss = -np.mean(np.log(p[rows, y]))
        accuracy = np.mean(p.argmax(axis=1) == y)
        if mode == "train":
            p[rows, y] -= 1
            dh = p @ self.weights["V"].T
            self.gradients["V"] = h.T @ p / len(y)
            self.gradients["U"] = X.T @ (dh * (1 - h * h)) / len(y)
        return loss, accuracy
