"""Modules that go back in two halves: one adds up the gradients of the parameters, one gives that of the input."""
import numpy as np


class Module:
    def forward(self, X):
        pass

    def backward_update_gradient(self, input, delta):
        pass

    def backward_delta(self, input, delta):
        pass


class Lineaire(Module):
    def __init__(self, entree, sortie):
        self._parameters = np.random.rand(entree, sortie) - 0.5
        self._bias = np.zeros((1, sortie))
        self.zero_grad()

    def zero_grad(self):
        self._gradient = np.zeros_like(self._parameters)
        self._gradient_bias = np.zeros_like(self._bias)

    def forward(self, X):
        return X @ self._parameters + self._bias

    def backward_update_gradient(self, input, delta):
        self._gradient += input.T @ delta
        self._gradient_bias += delta.sum(axis=0, keepdims=True)

    def backward_delta(self, input, delta):
        return delta @ self._parameters.T


class TanH(Module):
    def forward(self, X):
        return np.tanh(X)

    def backward_delta(self, input, delta):
        return delta * (1 - np.tanh(input) ** 2)
