"""Losses that are told their labels by a method of their own, alone and at the end of layers with a softmax."""
import numpy as np


class Linear:
    def __init__(self, dim_input, num_neurons):
        self.W = np.random.randn(dim_input, num_neurons)

    def fprop(self, X):
        self.X = X
        return X @ self.W

    def bprop(self, V):
        self.dW = self.X.T @ V
        return V @ self.W.T


class SoftMax:
    def fprop(self, Z):
        e = np.exp(Z - Z.max(axis=1, keepdims=True))
        self.P = e / e.sum(axis=1, keepdims=True)
        return self.P

    def bprop(self, V):
        return self.P * (V - (V * self.P).sum(axis=1, keepdims=True))


class CrossEntropy:
    def set_target(self, T):
        self.T = T

    def fprop(self, P):
        self.P = P
        return -np.log(P[np.arange(len(P)), self.T])

    def bprop(self):
        R = np.zeros(self.P.shape)
        R[np.arange(len(R)), self.T] = -1 / self.P[np.arange(len(R)), self.T]
        return R


class Weighed:
    """Its way back is given 1 for each sample."""

    def set_labels(self, labels):
        self.labels = np.array(labels)

    def forward(self, z):
        self.p = z
        return -np.log(z[np.arange(len(z)), self.labels])

    def backward(self, grad_output):
        d = np.zeros(self.p.shape)
        d[np.arange(len(d)), self.labels] = -1 / self.p[np.arange(len(d)), self.labels]
        return grad_output * d


class Layered:
    def __init__(self, layers, loss):
        self.layers = layers
        self.loss = loss

    def _forward(self, X):
        for layer in self.layers:
            X = layer.fprop(X)
        return X

    def _backward(self):
        d = self.loss.bprop()
        for layer in reversed(self.layers):
            d = layer.bprop(d)

    def train(self, X, T, learning_rate):
        self.loss.set_target(T)
        self.loss.fprop(self._forward(X))
        self._backward()
        for layer in self.layers:
            if hasattr(layer, "W"):
                layer.W -= learning_rate * layer.dW
