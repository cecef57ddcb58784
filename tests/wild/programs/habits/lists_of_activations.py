"""Free functions; forward returns the list of activations and the list of sums, the weights are lists."""
import numpy as np


def create_network(layers):
    weights = [np.random.randn(n, m) / np.sqrt(m) for m, n in zip(layers, layers[1:])]
    biases = [np.random.randn(n, 1) for n in layers[1:]]
    return weights, biases


def squash(s):
    return 1 / (1 + np.exp(-s))


def forward(A, weights, biases):
    activations, sums = [A], []
    for w, b in zip(weights, biases):
        sums.append(w @ activations[-1] + b)
        activations.append(squash(sums[-1]))
    return activations, sums


def backprop(activations, sums, weights, y, verbose=False):
    delta = (activations[-1] - y) * activations[-1] * (1 - activations[-1])
    grad_w, grad_b = [], []
    for l in range(len(weights) - 1, -1, -1):
        grad_w.insert(0, delta @ activations[l].T)
        grad_b.insert(0, delta.sum(axis=1, keepdims=True))
        if l:
            delta = (weights[l].T @ delta) * activations[l] * (1 - activations[l])
    return grad_w, grad_b
