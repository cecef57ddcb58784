import numpy as np
from sklearn.datasets import load_digits

digits = load_digits()
X = digits.data
Y = np.eye(10)[digits.target]
m = X.shape[0]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def initialize_parameters(n_x, n_h, n_y):
    return {"W1": np.random.randn(n_h, n_x) * 0.1, "b1": np.zeros((n_h, 1)),
            "W2": np.random.randn(n_y, n_h) * 0.1, "b2": np.zeros((n_y, 1))}


def forward_prop(parameters):
    Z1 = parameters["W1"] @ X.T + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    return {"A1": A1, "A2": sigmoid(Z2)}


def cost(A2):
    return -np.sum(Y.T * np.log(A2) + (1 - Y.T) * np.log(1 - A2)) / m


def backward_prop(parameters, cache):
    dZ2 = cache["A2"] - Y.T
    dW2 = dZ2 @ cache["A1"].T / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = parameters["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
    return {"dW1": dZ1 @ X / m, "db1": np.sum(dZ1, axis=1, keepdims=True) / m, "dW2": dW2, "db2": db2}


p = initialize_parameters(64, 20, 10)
for i in range(100):
    c = forward_prop(p)
    g = backward_prop(p, c)
    for k in p:
        p[k] -= 0.1 * g["d" + k]
