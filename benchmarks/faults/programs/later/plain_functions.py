"""Activation functions and costs, each with its derivative."""
import numpy as np


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def sigmoid_derivative(x):
    s = sigmoid(x)
    return s * (1 - s)


def tanh(x):
    return np.tanh(x)


def tanh_derivative(x):
    return 1 - np.tanh(x) ** 2


def leaky_relu(x, alpha=0.1):
    return np.where(x > 0, x, alpha * x)


def leaky_relu_derivative(x, alpha=0.1):
    return np.where(x > 0, 1, alpha)


def softplus(x):
    return np.log1p(np.exp(x))


def softplus_derivative(x):
    return 1 / (1 + np.exp(-x))


def softsign(x):
    return x / (1 + np.abs(x))


def softsign_derivative(x):
    return 1 / (1 + np.abs(x)) ** 2


def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
