import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dsigmoid(x):
    return np.exp(-x) / (1 + np.exp(-x)) ** 2


def cost(out, y):
    return np.sum((out - y) ** 2)


def init_params(n0, n1, n2):
    r = np.random.default_rng()
    return {"W1": r.random((n0, n1)), "B1": r.random((1, n1)), "W2": r.random((n1, n2)), "B2": r.random((1, n2))}


def forward_prop(X, params):
    Z1 = X @ params["W1"] + params["B1"]
    A1 = sigmoid(Z1)
    Z2 = A1 @ params["W2"] + params["B2"]
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": sigmoid(Z2)}


def back_prop(X, y, params, seen):
    dZ2 = dsigmoid(seen["Z2"]) * 2 * (seen["A2"] - y)
    dZ1 = dsigmoid(seen["Z1"]) * np.dot(dZ2, params["W2"].T)
    return {"dW1": np.dot(X.T, dZ1), "dB1": np.sum(dZ1, axis=0, keepdims=True),
            "dW2": np.dot(seen["A1"].T, dZ2), "dB2": np.sum(dZ2, axis=0, keepdims=True)}
