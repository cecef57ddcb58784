import numpy as np


class NeuralNetwork:
    """Two hidden layers with tanh, softmax at the end."""

    def __init__(self, n_in=4, n_h1=7, n_h2=6, n_out=3, seed=0):
        rng = np.random.RandomState(seed)
        self.W1 = rng.randn(n_in, n_h1) * 0.3
        self.b1 = np.zeros((1, n_h1))
        self.W2 = rng.randn(n_h1, n_h2) * 0.3
        self.b2 = np.zeros((1, n_h2))
        self.W3 = rng.randn(n_h2, n_out) * 0.3
        self.b3 = np.zeros((1, n_out))

    def softmax(self, z):
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        return e / np.sum(e, axis=1, keepdims=True)

    def forward(self, X):
        self.z1 = X @ self.W1 + self.b1
        self.a1 = np.tanh(self.z1)
        self.z2 = self.a1 @ self.W2 + self.b2
        self.a2 = np.tanh(self.z2)
        self.z3 = self.a2 @ self.W3 + self.b3
        self.probs = self.softmax(self.z3)
        return self.probs

    def compute_loss(self, y_true):
        m = y_true.shape[0]
        return -np.sum(y_true * np.log(self.probs + 1e-12)) / m

    def backward(self, X, y_true):
        m = X.shape[0]
        dz3 = (self.probs - y_true) / m
        self.dW3 = self.a2.T @ dz3
        self.db3 = np.sum(dz3, axis=0, keepdims=True)
        dz2 = dz3 @ self.W3.T * (1 - self.a2 ** 2)
        self.dW2 = self.a1.T @ dz2
        self.db2 = np.sum(dz2, axis=0, keepdims=True)
        dz1 = dz2 @ self.W2.T * (1 - self.a1 ** 2)
        self.dW1 = X.T @ dz1
        self.db1 = np.sum(dz1, axis=0, keepdims=True)

    def step(self, lr=0.1):
        for name in ("W1", "b1", "W2", "b2", "W3", "b3"):
            setattr(self, name, getattr(self, name) - lr * getattr(self, "d" + name))

    def fit(self, X, y, epochs=100):
        for epoch in range(epochs):
            self.forward(X)
            loss = self.compute_loss(y)
            self.backward(X, y)
            self.step()
        return loss
