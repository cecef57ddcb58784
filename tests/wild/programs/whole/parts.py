"""Layers and losses that want something particular before they can be judged."""
import numpy as np


class Prepared:
    def __init__(self, inputs, outputs):
        self.inputs, self.outputs = inputs, outputs

    def prepare_training(self, batch_size):
        self.w = np.random.rand(self.inputs, self.outputs)
        self.last = np.zeros((batch_size, self.inputs))

    def forward(self, a):
        self.last = a
        return a @ self.w

    def backward(self, delta):
        self.grad_w = self.last.T @ delta
        return delta @ self.w.T


class InBatches:
    def __init__(self, size):
        self.biases = np.random.randn(size[1], 1)
        self.weights = np.random.randn(size[1], size[0])

    def forward(self, a):
        return self.weights @ a + self.biases

    def forward_batch(self, a, m):
        self.before = a
        return a @ self.weights.T + np.repeat(self.biases.T, m, axis=0)

    def backprop(self, delta):
        self.last_b, self.last_w = delta.sum(axis=0).reshape(-1, 1), delta.T @ self.before
        return delta @ self.weights


class Steps:
    def __init__(self, n_in, n_out, rng):
        self.w = rng.normal(0, 0.1, (n_in, n_out))
        self.c = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.c

    def backward(self, dout, lr):
        self.w -= lr * self.x.T @ dout
        self.c -= lr * dout.sum(axis=0)


class CrossEntropy:
    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        return -np.sum(y_true * np.log(y_pred + 1e-15)) / len(y_pred)

    def backward(self):
        return (self.y_pred - self.y_true) / len(self.y_pred)


class BinaryCrossEntropy:
    def forward(self, y_pred, y_true):
        self.p, self.t = np.clip(y_pred, 1e-12, 1 - 1e-12), y_true
        return -np.mean(self.t * np.log(self.p) + (1 - self.t) * np.log(1 - self.p))

    def backward(self):
        return (self.p - self.t) / (self.p * (1 - self.p)) / len(self.p)
