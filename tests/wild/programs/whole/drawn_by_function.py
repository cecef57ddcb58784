"""A layer that is given how its first weights and biases are drawn."""
import numpy as np


class Dense:
    def __init__(self, n_in, n_out, weight_init_fn, bias_init_fn):
        self.W = weight_init_fn(n_in, n_out)
        self.b = bias_init_fn(n_out)
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    def __call__(self, x):
        return self.forward(x)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, delta):
        self.dW = self.x.T @ delta / len(self.x)
        self.db = np.mean(delta, axis=0, keepdims=True)
        return delta @ self.W.T
