"""The ways forward and back are told the sizes of the layers too."""
import numpy as np


def init_params(layer_dims):
    params = {}
    for l in range(1, len(layer_dims)):
        params[f"W{l}"] = 0.5 * np.random.randn(layer_dims[l], layer_dims[l - 1])
        params[f"b{l}"] = np.zeros((layer_dims[l], 1))
    return params


def model_forward(X, params, layer_dims):
    caches = [X]
    for l in range(1, len(layer_dims)):
        caches.append(np.tanh(params[f"W{l}"] @ caches[-1] + params[f"b{l}"]))
    return caches[-1], caches


def model_backward(Y, AL, caches, params, layer_dims):
    grads = {}
    dZ = (AL - Y) * (1 - AL**2)
    for l in range(len(layer_dims) - 1, 0, -1):
        grads[f"dW{l}"] = dZ @ caches[l - 1].T / Y.shape[1]
        grads[f"db{l}"] = dZ.mean(axis=1, keepdims=True)
        dZ = params[f"W{l}"].T @ dZ * (1 - caches[l - 1] ** 2)
    return grads
