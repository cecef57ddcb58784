"""The way back alone; the way there lies in a file that this one imports from."""
from there import compute_cost


def deep_backward(AL, Y, caches):
    grads, dZ, m = {}, AL - Y, Y.shape[1]
    for l in reversed(range(len(caches))):
        A, W = caches[l]
        grads[f"dW{l + 1}"] = dZ @ A.T / m
        grads[f"db{l + 1}"] = dZ.sum(axis=1, keepdims=True) / m
        dZ = (W.T @ dZ) * (1 - A**2)
    return grads


def report(AL, Y):
    print("cost", compute_cost(AL, Y))
