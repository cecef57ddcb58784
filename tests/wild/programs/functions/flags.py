import numpy as np


def sigmoid(x, derivative=False):
    s = 1 / (1 + np.exp(-x))
    if derivative:
        return s * (1 - s)
    return s


def relu(x, deriv=False):
    if deriv == True:
        return 1.0 * (x > 0)
    return np.maximum(0, x)


def tanh(z, prime=False):
    if not prime:
        return np.tanh(z)
    return 1 - np.tanh(z) ** 2
