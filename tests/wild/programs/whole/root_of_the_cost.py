import numpy as np


def initialize_parameters():
    rng = np.random.default_rng(1)
    return {"W1": rng.normal(size=(6, 5)), "b1": np.zeros((6, 1)), "W2": rng.normal(size=(1, 6)), "b2": np.zeros((1, 1))}


def forward_propagation(X, parameters):
    A1 = np.tanh(np.dot(parameters["W1"], X) + parameters["b1"])
    Z2 = np.dot(parameters["W2"], A1) + parameters["b2"]
    return Z2, {"A1": A1, "Z2": Z2}


def compute_cost(Z2, Y):
    return np.sqrt(((Z2 - Y) ** 2).mean())


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    dZ2 = cache["Z2"] - Y
    dZ1 = np.dot(parameters["W2"].T, dZ2) * (1 - cache["A1"] ** 2)
    return {
        "dW1": np.dot(dZ1, X.T) / m,
        "db1": np.sum(dZ1, axis=1, keepdims=True) / m,
        "dW2": np.dot(dZ2, cache["A1"].T) / m,
        "db2": np.sum(dZ2, axis=1, keepdims=True) / m,
    }
