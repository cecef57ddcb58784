"""Functions that are handed their weights in a dict, and as many words as there are."""

import numpy as np


def initialize_weights(n_a, n_x, n_y):
    return {
        "Wax": np.random.randn(n_a, n_x) * 0.01,
        "Waa": np.random.randn(n_a, n_a) * 0.01,
        "Wya": np.random.randn(n_y, n_a) * 0.01,
        "ba": np.zeros((n_a, 1)),
        "by": np.zeros((n_y, 1)),
    }


def names_forward(X, Y, a_prev, weights, vocab_size=27):
    kept, a, cost = [], a_prev, 0.0
    for word, target in zip(X, Y):
        x = np.zeros((vocab_size, 1))
        x[word] = 1
        before, a = a, np.tanh(weights["Wax"] @ x + weights["Waa"] @ a + weights["ba"])
        z = weights["Wya"] @ a + weights["by"]
        p = np.exp(z - z.max())
        p /= p.sum()
        cost += -np.log(p[target, 0])
        kept.append((x, before, a, p))
    return cost, kept


def names_backward(X, Y, weights, cache):
    grads = {"d" + name: np.zeros_like(w) for name, w in weights.items()}
    da_next = 0
    for (x, before, a, p), target in zip(cache[::-1], Y[::-1]):
        dz = p.copy()
        dz[target] -= 1
        grads["dWya"] += dz @ a.T
        grads["dby"] += dz
        draw = (weights["Wya"].T @ dz + da_next) * (1 - a * a)
        grads["dWax"] += draw @ x.T
        grads["dWaa"] += draw @ before.T
        grads["dba"] += draw
        da_next = weights["Waa"].T @ draw
    return grads
