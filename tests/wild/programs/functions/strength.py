"""A network whose loss always wants labels and a penalty, and gives the gradients too."""
import numpy as np


class Net:
    def __init__(self, input_dim, hidden_dim, output_dim):
        self.W1 = np.random.randn(input_dim, hidden_dim) * 0.1
        self.b1 = np.zeros((1, hidden_dim))
        self.W2 = np.random.randn(hidden_dim, output_dim) * 0.1
        self.b2 = np.zeros((1, output_dim))

    def loss(self, X, y, reg_strength):
        N = len(X)
        h = np.tanh(X @ self.W1 + self.b1)
        scores = h @ self.W2 + self.b2
        probs = np.exp(scores - scores.max(axis=1, keepdims=True))
        probs /= probs.sum(axis=1, keepdims=True)
        loss = -np.log(probs[range(N), y]).mean()
        loss += reg_strength / 2 * (np.sum(self.W1**2) + np.sum(self.W2**2))
        probs[range(N), y] -= 1
        probs /= N
        dh = probs @ self.W2.T * (1 - h**2)
        grads = {
            "W2": h.T @ probs + reg_strength * self.W2, "b2": probs.sum(axis=0, keepdims=True),
            "W1": X.T @ dh + reg_strength * self.W1, "b1": dh.sum(axis=0, keepdims=True),
        }
        return loss, grads
