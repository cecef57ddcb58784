"""A network that is asked for its loss, and whose backward() goes by what that has kept."""
import numpy as np


class Cost:
    def forward(self, prob, label):
        self.prob, self.wanted = prob, np.eye(prob.shape[1])[label]
        return -np.sum(np.log(prob) * self.wanted) / len(prob)

    def backward(self):
        return (self.prob - self.wanted) / len(self.prob)


class Reader:
    def __init__(self, input_size, output_size):
        self.w = np.random.randn(input_size, output_size)
        self.cost = Cost()

    def forward(self, x):
        self.x = x
        e = np.exp(x @ self.w)
        return e / e.sum(axis=1, keepdims=True)

    def compute_loss(self, prob, label):
        return self.cost.forward(prob, label)

    def backward(self):
        self.d_w = self.x.T @ self.cost.backward()
