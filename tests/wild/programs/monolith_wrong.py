import numpy as np


class Net:
    def __init__(self, n_in, n_hid, n_out):
        self.w1 = np.random.randn(n_in, n_hid) * 0.1
        self.b1 = np.zeros((1, n_hid))
        self.w2 = np.random.randn(n_hid, n_out) * 0.1
        self.b2 = np.zeros((1, n_out))

    def forward(self, X):
        self.z1 = X @ self.w1 + self.b1
        self.h = np.tanh(self.z1)
        self.z2 = self.h @ self.w2 + self.b2
        e = np.exp(self.z2 - self.z2.max(axis=1, keepdims=True))
        self.probs = e / e.sum(axis=1, keepdims=True)
        return self.probs

    def backward(self, X, y):
        m = X.shape[0]
        delta = (self.probs - y) / m
        self.grad_w2 = self.h.T @ delta
        self.grad_b2 = delta.sum(axis=0, keepdims=True)
        hidden = (delta @ self.w2.T) * (1 - self.h)
        self.grad_w1 = X.T @ hidden
        self.grad_b1 = hidden.sum(axis=0, keepdims=True)

    def step(self, lr):
        for name in ("w1", "b1", "w2", "b2"):
            setattr(self, name, getattr(self, name) - lr * getattr(self, "grad_" + name))


X = np.random.rand(10, 4)
net = Net(4, 6, 3)
for epoch in range(100000):
    net.forward(X)
    net.backward(X, np.eye(3)[np.random.randint(0, 3, 10)])
    net.step(0.1)
