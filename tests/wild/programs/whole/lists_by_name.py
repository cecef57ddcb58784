"""Functions whose parameters are a dict of lists, one entry a layer."""
import numpy as np


def forward(X, params):
    last = len(params["b"]) - 1
    H = [X]
    for k in range(last):
        H.append(np.tanh(H[k] @ params["W"][k].T + params["b"][k]))
    return H[-1] @ params["W"][last].T + params["b"][last], {"H": H}


def backward(X, Y, params, cache):
    H, W = cache["H"], params["W"]
    last = len(W) - 1
    d = 2 * (H[-1] @ W[last].T + params["b"][last] - Y)
    grads = {"W": [None] * len(W), "b": [None] * len(W)}
    for k in range(last, -1, -1):
        grads["W"][k] = d.T @ H[k]
        grads["b"][k] = d.sum(axis=0)
        d = d @ W[k] * (1 - H[k] ** 2)
    return grads
