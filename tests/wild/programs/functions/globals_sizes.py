import numpy as np

m = 100
lr = 0.1


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def initialize_parameters(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x), "W2": np.random.randn(n_y, n_h)}


def forward_prop(X, parameters):
    A1 = sigmoid(parameters["W1"] @ X)
    A2 = sigmoid(parameters["W2"] @ A1)
    return A2, {"A1": A1, "A2": A2}


def cost_mse(A, Yt):
    return np.sum((A - Yt) ** 2) / m


def backward_prop(X, Y, cache, parameters):
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = (A2 - Y) * A2 * (1 - A2)
    dW2 = dZ2 @ A1.T / m
    dZ1 = parameters["W2"].T @ dZ2 * A1 * (1 - A1)
    return {"dW1": dZ1 @ X.T / m, "dW2": dW2}
