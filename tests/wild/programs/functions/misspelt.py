"""A deep network in functions, with words misspelt and turned round."""
import numpy as np


def initialize_paras(layer_dims):
    paras = {}
    for l in range(1, len(layer_dims)):
        paras["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.1
        paras["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return paras


def forward_linear(A, W, b):
    return W @ A + b, (A, W)


def forward_probagation(X, paras):
    A, caches, L = X, [], len(paras) // 2
    for l in range(1, L + 1):
        Z, cache = forward_linear(A, paras["W" + str(l)], paras["b" + str(l)])
        A = np.tanh(Z) if l < L else 1 / (1 + np.exp(-Z))
        caches.append((cache, A))
    return A, caches


def calculate_cost(A_final, Y):
    m = Y.shape[1]
    return float(np.squeeze(-np.sum(Y * np.log(A_final) + (1 - Y) * np.log(1 - A_final)) / m))


def backward_probagation(A_final, Y, caches):
    grads, m = {}, Y.shape[1]
    dZ = A_final - Y
    for l in range(len(caches), 0, -1):
        A_prev, W = caches[l - 1][0]
        grads["dW" + str(l)] = dZ @ A_prev.T / m
        grads["db" + str(l)] = dZ.sum(axis=1, keepdims=True) / m
        if l > 1:
            dZ = (W.T @ dZ) * (1 - A_prev**2)
    return grads
