import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def make_network(sizes):
    weights = [np.random.randn(n, m) for m, n in zip(sizes[:-1], sizes[1:])]
    biases = [np.random.randn(n, 1) for n in sizes[1:]]
    return weights, biases


def forward(x, weights, biases):
    activations, zs = [x], []
    for w, b in zip(weights, biases):
        zs.append(w @ activations[-1] + b)
        activations.append(sigmoid(zs[-1]))
    return activations, zs


def backprop(x, y, weights, biases):
    activations, zs = forward(x, weights, biases)
    grad_w = [None] * len(weights)
    grad_b = [None] * len(biases)
    delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
    for i in reversed(range(len(weights))):
        grad_w[i] = delta @ activations[i].T
        grad_b[i] = delta.sum(axis=1, keepdims=True)
        if i:
            delta = weights[i].T @ delta * sigmoid_prime(zs[i - 1])
    return grad_w, grad_b
