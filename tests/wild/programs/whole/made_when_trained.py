"""Weights that are None until training has seen how wide its data are."""
import numpy as np


class Waits:
    def __init__(self, hidden=5, epochs=500, lr=0.1):
        self.hidden, self.epochs, self.lr = hidden, epochs, lr
        self.X = self.y = self.W1 = self.W2 = None

    def _prepare(self, X, y):
        self.X, self.y = X, np.eye(len(set(y)))[y]
        self.W1 = np.random.randn(X.shape[1], self.hidden)
        self.W2 = np.random.randn(self.hidden, self.y.shape[1])

    def forward(self, data):
        self.h = np.tanh(data @ self.W1)
        e = np.exp(self.h @ self.W2)
        self.out = e / e.sum(axis=1, keepdims=True)

    def backward(self):
        d = self.y - self.out
        dh = (d @ self.W2.T) * (1 - self.h**2)
        self.W2 += self.lr * self.h.T @ d
        self.W1 += self.lr * self.X.T @ dh

    def fit(self, X, y):
        self._prepare(X, y)
        for _ in range(self.epochs):
            self.forward(self.X)
            self.backward()


class Margins:
    def __init__(self, lr=0.01, shrink=0.1):
        self.lr, self.shrink = lr, shrink
        self.w, self.b = None, None

    def _cost_and_slopes(self, X, y):
        inside = y * (X @ self.w + self.b)
        cost = np.mean(np.maximum(0, 1 - inside)) + self.shrink * np.sum(self.w**2)
        near = (inside < 1) * y / len(X)
        return cost, 2 * self.shrink * self.w - X.T @ near, -near.sum()

    def fit(self, X, y, iterations=100):
        self.w, self.b = np.zeros(X.shape[1]), 0.0
        for _ in range(iterations):
            cost, dw, db = self._cost_and_slopes(X, y)
            self.w -= self.lr * dw
            self.b -= self.lr * db

    def predict(self, X):
        return np.sign(X @ self.w + self.b)


class Classifier:
    def __init__(self):
        self.W = None

    def train(self, X, y, learning_rate=1e-3, reg=1e-5, num_iters=100, batch_size=20):
        if self.W is None:
            self.W = 0.001 * np.random.randn(X.shape[1], np.max(y) + 1)
        for _ in range(num_iters):
            chosen = np.random.choice(len(X), batch_size)
            loss, grad = self.loss(X[chosen], y[chosen], reg)
            self.W -= learning_rate * grad

    def loss(self, X_batch, y_batch, reg):
        pass


class Softmax(Classifier):
    def loss(self, X_batch, y_batch, reg):
        return of_scores(self.W, X_batch, y_batch, reg)


def of_scores(W, X, y, reg):
    p = np.exp(X @ W)
    p /= p.sum(axis=1, keepdims=True)
    rows = np.arange(len(y))
    loss = -np.mean(np.log(p[rows, y])) + reg * np.sum(W * W)
    p[rows, y] -= 1
    return loss, X.T @ p / len(y) + 2 * reg * W
