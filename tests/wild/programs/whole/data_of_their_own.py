"""Networks that are given their data with their sizes, or take some from the script."""
import numpy as np


def squash(x, w):
    return 1 / (1 + np.exp(-x @ w))


class InColumns:
    def __init__(self, n_hidden, train_set_x, train_set_y, prepare):
        self.prepare = prepare
        self.train_set_x = self.prepare(train_set_x)
        self.train_set_y = train_set_y
        n_x, n_y = train_set_x.shape[0], train_set_y.shape[0]
        self.params = {"W1": np.random.randn(n_hidden, n_x), "W2": np.random.randn(n_y, n_hidden)}

    def cost(self, y_hat):
        m = self.train_set_x.shape[1]
        t = self.train_set_y
        return -np.sum(t * np.log(y_hat) + (1 - t) * np.log(1 - y_hat)) / m

    def forward_propagation(self, X):
        A1 = np.tanh(self.params["W1"] @ X)
        return {"A1": A1, "A2": 1 / (1 + np.exp(-self.params["W2"] @ A1))}

    def backward_propagation(self, cache):
        m = self.train_set_x.shape[1]
        dZ2 = cache["A2"] - self.train_set_y
        dZ1 = self.params["W2"].T @ dZ2 * (1 - cache["A1"] ** 2)
        return {"dW2": dZ2 @ cache["A1"].T / m, "dW1": dZ1 @ self.train_set_x.T / m}


class OfTheScript:
    """y and m are names of the script."""

    def __init__(self, X, labels):
        self.X = X
        self.labels = labels
        self.w1 = np.random.uniform(-1, 1, (X.shape[1], 5))
        self.w2 = np.random.uniform(-1, 1, (5, 1))

    def feedForward(self):
        self.hidden = squash(self.X, self.w1)
        self.output = squash(self.hidden, self.w2)
        return self.output

    def backpropagation(self, alpha):
        step = self.output * (1 - self.output) * (y - self.output) / m
        below = self.hidden * (1 - self.hidden) * (step @ self.w2.T)
        self.w1 += alpha * self.X.T @ below
        self.w2 += alpha * self.hidden.T @ step


if __name__ == "__main__":
    X, y = np.random.rand(9, 3), np.random.rand(9, 1)
    m = len(y)
    net = OfTheScript(X, y)
    net.feedForward()
    net.backpropagation(0.1)
