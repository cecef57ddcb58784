"""A network that takes its sizes from keywords, and its rate from whoever trains it; it updates in its backprop."""
import numpy as np


class Deep:
    def __init__(self, **kwargs):
        self.layer_dims = kwargs.get("layer_dims")
        self.kept = {}
        for i in range(1, len(self.layer_dims)):
            W = np.random.randn(self.layer_dims[i], self.layer_dims[i - 1])
            self.kept[i] = {"W": W, "b": np.zeros((self.layer_dims[i], 1))}

    def forwardprop(self, X):
        for i, layer in self.kept.items():
            layer["before"] = X
            X = np.tanh(layer["W"] @ X + layer["b"])
            layer["after"] = X
        return X

    def backprop(self, Y, Y_hat):
        d = Y_hat - Y
        for i in reversed(self.kept):
            layer = self.kept[i]
            dZ = d * (1 - layer["after"] ** 2)
            d = layer["W"].T @ dZ
            layer["W"] = layer["W"] - self.learning_rate * dZ @ layer["before"].T
            layer["b"] = layer["b"] - self.learning_rate * dZ.sum(axis=1, keepdims=True)

    def train(self, X, Y, learning_rate, epochs):
        self.learning_rate = learning_rate
        for _ in range(epochs):
            self.backprop(Y, self.forwardprop(X))
