import numpy as np


class DeepNet:
    def __init__(self, dims, activations, lr=0.01):
        self.dims, self.activations, self.lr = dims, activations, lr
        self.parameters = {}

    def initialize_parameters(self):
        for l in range(1, len(self.dims)):
            self.parameters[f"W{l}"] = np.random.randn(self.dims[l], self.dims[l - 1]) * 0.1
            self.parameters[f"b{l}"] = np.zeros((self.dims[l], 1))

    def _act(self, z, kind):
        if kind == "relu":
            a = np.maximum(0, z)
        elif kind == "tanh":
            a = np.tanh(z)
        elif kind == "sigmoid":
            a = 1 / (1 + np.exp(-z))
        return a

    def _slope(self, z, kind):
        if kind == "relu":
            return (z > 0) * 1.0
        if kind == "tanh":
            return 1 - np.tanh(z) ** 2
        a = 1 / (1 + np.exp(-z))
        return a * (1 - a)

    def forward(self, X):
        self.A = {0: X}
        self.Z = {}
        for l in range(1, len(self.dims)):
            self.Z[l] = self.parameters[f"W{l}"] @ self.A[l - 1] + self.parameters[f"b{l}"]
            self.A[l] = self._act(self.Z[l], self.activations[l - 1])
        return self.A[len(self.dims) - 1]

    def backward(self, AL, Y):
        m = Y.shape[1]
        grads = {}
        dA = -(Y / AL - (1 - Y) / (1 - AL))
        for l in range(len(self.dims) - 1, 0, -1):
            dZ = dA * self._slope(self.Z[l], self.activations[l - 1])
            grads[f"dW{l}"] = dZ @ self.A[l - 1].T / m
            grads[f"db{l}"] = dZ.sum(axis=1, keepdims=True) / m
            dA = self.parameters[f"W{l}"].T @ dZ
        return grads

    def fit(self, X, Y, n=100):
        self.initialize_parameters()
        for _ in range(n):
            g = self.backward(self.forward(X), Y)
            for k in self.parameters:
                self.parameters[k] -= self.lr * g["d" + k]
