import numpy as np


class Tuples:
    def __init__(self, n_inputs, layers):
        self.params = []
        for units, act in layers:
            self.params.append([np.random.randn(n_inputs, units) * 0.1, np.zeros(units), act])
            n_inputs = units

    def forward(self, X):
        self.kept, a = [], X
        for W, b, act in self.params:
            z = a @ W + b
            self.kept.append((a, z))
            a = np.maximum(z, 0) if act == "relu" else 1 / (1 + np.exp(-z))
        return a

    def backward(self, X, y):
        d = (self.forward(X) - y) / len(X)
        grads = []
        for i in reversed(range(len(self.params))):
            a, z = self.kept[i]
            d = d * (z > 0) if i < len(self.params) - 1 else d
            grads.insert(0, (a.T @ d, d.sum(axis=0)))
            d = d @ self.params[i][0].T
        return grads


class Dicts:
    def __init__(self, architecture):
        self.architecture, self.W, self.b = architecture, {}, {}
        for i, layer in enumerate(architecture, 1):
            self.W[i] = np.random.randn(layer["output_dim"], layer["input_dim"]) * 0.1
            self.b[i] = np.zeros((layer["output_dim"], 1))

    def forward(self, X):
        self.A, self.Z = {0: X}, {}
        for i, layer in enumerate(self.architecture, 1):
            self.Z[i] = self.W[i] @ self.A[i - 1] + self.b[i]
            if layer["activation"] == "relu":
                self.A[i] = np.maximum(self.Z[i], 0)
            elif layer["activation"] == "tanh":
                self.A[i] = np.tanh(self.Z[i])
            else:
                self.A[i] = 1 / (1 + np.exp(-self.Z[i]))

    def backward(self, Y):
        self.dW, self.db = {}, {}
        m = Y.shape[1]
        dZ = self.A[len(self.W)] - Y
        for i in reversed(range(1, len(self.W) + 1)):
            self.dW[i] = dZ @ self.A[i - 1].T / m
            self.db[i] = np.sum(dZ, axis=1, keepdims=True) / m
            if i > 1:
                dZ = self.W[i].T @ dZ
                if self.architecture[i - 2]["activation"] == "relu":
                    dZ = dZ * (self.Z[i - 1] > 0)
                else:
                    dZ = dZ * (1 - self.A[i - 1] ** 2)
