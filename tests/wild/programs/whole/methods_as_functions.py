"""Functions of parameters, all of them methods of a class that keeps nothing."""
import numpy as np


class Planar:
    def start_sizes(self, X, Y):
        return X.shape[0], 5, Y.shape[0]

    def initialize_parameters(self, n_x, n_h, n_y):
        return {
            "W1": np.random.randn(n_h, n_x), "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h), "b2": np.zeros((n_y, 1)),
        }

    def squash(self, z):
        return 1 / (1 + np.exp(-z))

    def forward_propagation(self, X, parameters):
        H = np.tanh(parameters["W1"] @ X + parameters["b1"])
        A = self.squash(parameters["W2"] @ H + parameters["b2"])
        return A, {"H": H, "A": A}

    def compute_cost(self, A, Y):
        return -np.mean(Y * np.log(A) + (1 - Y) * np.log(1 - A))

    def backward_propagation(self, parameters, cache, X, Y):
        m = X.shape[1]
        d2 = cache["A"] - Y
        d1 = (parameters["W2"].T @ d2) * (1 - cache["H"] ** 2)
        return {
            "dW1": d1 @ X.T / m, "db1": d1.sum(axis=1, keepdims=True) / m,
            "dW2": d2 @ cache["H"].T / m, "db2": d2.sum(axis=1, keepdims=True) / m,
        }
