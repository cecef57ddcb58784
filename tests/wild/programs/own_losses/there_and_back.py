"""Lists with the weights of the layers go into forward and backward; there is no loss."""

import numpy as np


def forward(x, weights):
    values = [x]
    for w in weights:
        values.append(np.tanh(values[-1] @ w))
    return values


def backward(values, t, weights):
    slopes = []
    d = (values[-1] - t) * (1 - values[-1] ** 2)
    for w, value in zip(weights[::-1], values[-2::-1]):
        slopes.append(value.T @ d)
        d = (d @ w.T) * (1 - value**2)
    return slopes[::-1]
