import numpy as np
import math


def mse(y_true, y_pred, derivative=False):
    if derivative:
        return 2 * (y_pred - y_true) / y_true.size
    return np.mean((y_true - y_pred) ** 2)


def sigmoid(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def softmax(x, derivative=False):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    s = e / e.sum(axis=-1, keepdims=True)
    if derivative:
        return s * (1 - s)
    return s


def leaky(x, grad=False):
    if grad:
        return np.where(x > 0, 1, 0.01)
    return np.where(x > 0, x, 0.01 * x)


def plain(x, d=False):
    return 1 if d else x
