"""Forward is told the labels and gives its cost too; a second way back calls the first and adds the penalty."""

import numpy as np


def init_params(n_in, n_hidden, n_out):
    return {"W1": np.random.randn(n_in, n_hidden), "W2": np.random.randn(n_hidden, n_out)}


def forward_prop(data, labels, params):
    hidden = np.tanh(data @ params["W1"])
    output = hidden @ params["W2"]
    cost = 0.5 * np.sum((output - labels) ** 2)
    return hidden, output, cost


def backward_prop(data, labels, params):
    hidden, output, _ = forward_prop(data, labels, params)
    below = (output - labels) @ params["W2"].T * (1 - hidden**2)
    return {"W1": data.T @ below, "W2": hidden.T @ (output - labels)}


def backward_prop_penalised(data, labels, params, decay):
    grads = backward_prop(data, labels, params)
    grads["W1"] += 2 * decay * params["W1"]
    grads["W2"] += decay * 2 * params["W2"]
    return grads
