"""The methods are handed the object's own weights, and the object a function with its derivative."""
import numpy as np


class Handed:
    def __init__(self, n_in, n_hidden, n_out, activation, activation_prime):
        self.act, self.act_prime = activation, activation_prime
        self.theta = [0.3 * np.random.randn(n_hidden, n_in + 1), 0.3 * np.random.randn(n_out, n_hidden + 1)]

    def forward(self, X, theta):
        z_list, a_list = [], [X]
        for weights in theta:
            z_list.append(with_ones(a_list[-1]) @ weights.T)
            a_list.append(self.act(z_list[-1]))
        return a_list, z_list

    def cost(self, h_theta, Y, theta):
        squares = sum(np.sum(weights[:, 1:] ** 2) for weights in theta)
        return -np.sum(Y * np.log(h_theta) + (1 - Y) * np.log(1 - h_theta)) / len(Y) + 0.05 * squares

    def backward(self, Y, a, z, theta):
        last = a[-1] - Y
        inner = (last @ theta[1][:, 1:]) * self.act_prime(z[0])
        slopes = [d.T @ with_ones(before) / len(Y) for d, before in ((inner, a[0]), (last, a[1]))]
        for slope, weights in zip(slopes, theta):
            slope[:, 1:] += 0.1 * weights[:, 1:]
        return slopes

    def train(self, X, Y, epochs):
        for _ in range(epochs):
            a_list, z_list = self.forward(X, self.theta)
            slopes = self.backward(Y, a_list, z_list, self.theta)
            self.theta = [weights - 0.1 * slope for weights, slope in zip(self.theta, slopes)]


def with_ones(a):
    return np.hstack([np.ones((len(a), 1)), a])


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))
