import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def d_sigmoid(y):
    return y * (1 - y)


def loss(y_true, y_pred):
    return np.mean((y_pred - y_true) ** 2)


class Perceptrons:
    def __init__(self, hidden_size=5, hidden_layers=2, input_size=2, output_size=1):
        sizes = [input_size] + [hidden_size] * hidden_layers + [output_size]
        self.weights = [np.random.randn(b, a) * 0.1 for a, b in zip(sizes, sizes[1:])]
        self.biases = [np.zeros((n, 1)) for n in sizes[1:]]

    def forward(self, x):
        self.activations = [x]
        for w, b in zip(self.weights, self.biases):
            self.activations.append(sigmoid(np.dot(w, self.activations[-1]) + b))
        return self.activations[-1]

    def backward(self, y_true):
        last = self.activations[-1]
        deltas = [2 * (last - y_true) / len(y_true) * d_sigmoid(last)]
        for i in reversed(range(len(self.weights) - 1)):
            deltas.insert(0, np.dot(self.weights[i + 1].T, deltas[0]) * d_sigmoid(self.activations[i + 1]))
        return deltas

    def update_parameters(self, deltas, lr):
        for i in range(len(self.weights)):
            self.weights[i] -= lr * np.dot(deltas[i], self.activations[i].T)
            self.biases[i] -= lr * np.sum(deltas[i], axis=1, keepdims=True)

    def train(self, X, Y, epochs, lr):
        for epoch in range(epochs):
            losses = []
            for x, y in zip(X, Y):
                y_true = y.reshape(-1, 1)
                y_pred = self.forward(x.reshape(-1, 1))
                losses.append(loss(y_true, y_pred))
                self.update_parameters(self.backward(y_true), lr)
            print(f"epoch {epoch}: {np.mean(losses)}")


if __name__ == "__main__":
    Perceptrons().train(np.random.rand(100, 2), np.random.rand(100, 1), 1000, 0.1)
