"""A network that is told its sizes after it was made."""
import numpy as np


class Net:
    def __init(self):
        self.weights = []

    def set_val(self, sizes):
        self.weights = [np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]
        self.biases = [np.random.randn(b, 1) for b in sizes[1:]]

    def feedforward(self, a):
        for w, b in zip(self.weights, self.biases):
            a = np.tanh(w @ a + b)
        return a

    def backprop(self, x, y):
        seen = [x]
        for w, b in zip(self.weights, self.biases):
            seen.append(np.tanh(w @ seen[-1] + b))
        delta, nabla_b, nabla_w = (seen[-1] - y) * (1 - seen[-1] ** 2), [], []
        for i in reversed(range(len(self.weights))):
            nabla_b.insert(0, delta)
            nabla_w.insert(0, delta @ seen[i].T)
            delta = (self.weights[i].T @ delta) * (1 - seen[i] ** 2)
        return nabla_b, nabla_w
