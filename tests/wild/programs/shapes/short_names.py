"""Pairs by other endings; a ReLU that leaks by its short name."""

import numpy as np


def dense_fwd(x, W, b):
    return x @ W + b, (x, W)


def dense_bak(dout, cache):
    x, W = cache
    return dout @ W.T, x.T @ dout, dout.sum(axis=0)


def lrelu_forward(x, slope=0.01):
    return np.where(x > 0, x, slope * x), (x, slope)


def lrelu_backward(dout, cache):
    x, slope = cache
    return np.where(x > 0, 1, slope) * dout
