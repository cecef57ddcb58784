import numpy as np


class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.B = np.random.randn(n_out, n_in), np.zeros((n_out, 1))

    def forward(self, A):
        self.A = A
        return np.dot(self.W, A) + self.B

    def backward(self, dZ):
        m = dZ.shape[1]
        self.dW = (1 / m) * np.dot(dZ, self.A.T)
        self.dB = (1 / m) * np.sum(dZ, axis=1, keepdims=True)
        return np.dot(self.W.T, dZ)


class SoftmaxCrossEntropy:
    def forward(self, Z, Y):
        e = np.exp(Z - np.max(Z, axis=0, keepdims=True))
        self.A, self.Y = e / np.sum(e, axis=0, keepdims=True), Y
        return -np.sum(Y * np.log(self.A)) / Y.shape[1]

    def backward(self):
        return self.A - self.Y
