"""A deep classifier of cats: parameters in a dict, one column per example."""
import numpy as np


def init_params(layer_dims):
    np.random.seed(3)
    params = {}
    for l in range(1, len(layer_dims)):
        params["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.5
        params["b" + str(l)] = np.zeros((layer_dims[l], 1))
    return params


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z))


def relu(Z):
    return np.maximum(0, Z)


def linear_forward(A_prev, W, b):
    Z = W @ A_prev + b
    return Z, (A_prev, W, b)


def model_forward(X, params):
    caches = []
    A = X
    L = len(params) // 2
    for l in range(1, L):
        Z, linear_cache = linear_forward(A, params["W" + str(l)], params["b" + str(l)])
        A = relu(Z)
        caches.append((linear_cache, Z))
    Z, linear_cache = linear_forward(A, params["W" + str(L)], params["b" + str(L)])
    AL = sigmoid(Z)
    caches.append((linear_cache, Z))
    return AL, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = dZ @ A_prev.T / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = W.T @ dZ
    return dA_prev, dW, db


def model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    dZ = AL - Y
    dA, grads["dW" + str(L)], grads["db" + str(L)] = linear_backward(dZ, caches[L - 1][0])
    for l in reversed(range(L - 1)):
        linear_cache, Z = caches[l]
        dZ = np.array(dA, copy=True)
        dZ[Z <= 0] = 0
        dA, grads["dW" + str(l + 1)], grads["db" + str(l + 1)] = linear_backward(dZ, linear_cache)
    return grads


def update(params, grads, learning_rate):
    for key in params:
        params[key] = params[key] - learning_rate * grads["d" + key]
    return params
