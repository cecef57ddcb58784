import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def cost_function(theta, X, y):
    m = len(y)
    h = sigmoid(X @ theta)
    return -(y @ np.log(h) + (1 - y) @ np.log(1 - h)) / m


def gradient(theta, X, y):
    m = len(y)
    h = sigmoid(X @ theta)
    return X.T @ (h - y) / m


def fit(X, y, alpha, iters):
    theta = np.zeros(X.shape[1])
    for _ in range(iters):
        theta -= alpha * gradient(theta, X, y)
    return theta
