"""Networks without a way forward of their own: one method goes forward and back."""
import numpy as np


def bend(z):
    return 1 / (1 + np.exp(-z))


class Parity:
    """The data are its own; train() takes the number of rounds."""

    def __init__(self):
        self.X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
        self.y = np.array([[0], [1], [1], [0]])
        self.V = np.random.rand(2, 3)
        self.U = np.random.rand(3, 1)
        self.rate = 0.1

    def train(self, epochs, every=100):
        for i in range(epochs):
            h = bend(self.X @ self.V)
            output = bend(h @ self.U)
            error = self.y - output
            step = error * output * (1 - output)
            below = step @ self.U.T * (1 - h) * h
            self.U += self.rate * h.T @ step
            self.V += self.rate * self.X.T @ below
            if i % every == 0:
                print(i, np.mean(error**2))


class Studying:
    """One sample at a time, entry by entry, by a method with a name of its own."""

    n_in, n_hid, n_out = 5, 4, 3

    def __init__(self):
        self.synapse0 = np.random.rand(self.n_in, self.n_hid) - 0.5
        self.synapse1 = np.random.rand(self.n_hid, self.n_out) - 0.5
        self.hidden_layer = np.zeros(self.n_hid)
        self.output_layer = np.zeros(self.n_out)

    def _study(self, in_data, out_data):
        for i in range(self.n_hid):
            self.hidden_layer[i] = bend(sum(in_data[k] * self.synapse0[k][i] for k in range(self.n_in)))
        for i in range(self.n_out):
            self.output_layer[i] = bend(sum(self.hidden_layer[k] * self.synapse1[k][i] for k in range(self.n_hid)))
        off = [(out_data[i] - y) * y * (1 - y) for i, y in enumerate(self.output_layer)]
        back = [sum(off[k] * self.synapse1[i][k] for k in range(self.n_out)) for i in range(self.n_hid)]
        for i in range(self.n_out):
            for j in range(self.n_hid):
                self.synapse1[j][i] += off[i] * self.hidden_layer[j]
        for i, h in enumerate(self.hidden_layer):
            for j in range(self.n_in):
                self.synapse0[j][i] += back[i] * h * (1 - h) * in_data[j]


class WithError:
    """Its way forward wants the label too and gives the error."""

    def __init__(self, n_in, n_hidden, n_out):
        self.biases = [np.random.randn(n, 1) for n in (n_hidden, n_out)]
        self.w = [np.random.randn(n_hidden, n_in), np.random.randn(n_out, n_hidden)]

    def look(self, input, y):
        a_list = [input.reshape(-1, 1)]
        for w, b in zip(self.w, self.biases):
            a_list.append(bend(w @ a_list[-1] + b))
        return a_list[-1] - y, a_list

    def backprop(self, input, y):
        off, a_list = self.look(input, y)
        delta = off * a_list[-1] * (1 - a_list[-1])
        nabla_w = [None] * len(self.w)
        nabla_b = [None] * len(self.w)
        for i in range(len(self.w) - 1, -1, -1):
            nabla_w[i], nabla_b[i] = delta @ a_list[i].T, delta
            if i:
                delta = self.w[i].T @ delta * a_list[i] * (1 - a_list[i])
        return nabla_w, nabla_b
