import numpy as np


def bend(z):
    return np.tanh(z)
