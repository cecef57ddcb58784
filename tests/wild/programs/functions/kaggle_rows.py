import numpy as np

INPUT_SIZE = 784
HIDDEN = 64
OUT = 10


def initialize():
    w1 = np.random.randn(INPUT_SIZE, HIDDEN) * np.sqrt(2 / INPUT_SIZE)
    b1 = np.zeros((1, HIDDEN))
    w2 = np.random.randn(HIDDEN, OUT) * np.sqrt(2 / HIDDEN)
    b2 = np.zeros((1, OUT))
    return {"w1": w1, "b1": b1, "w2": w2, "b2": b2}


def relu(x, derivative=False):
    if derivative:
        return (x > 0).astype(float)
    return np.maximum(0, x)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(y_hat, y):
    return -np.mean(np.sum(y * np.log(y_hat + 1e-9), axis=1))


def forward(x, p):
    z1 = x @ p["w1"] + p["b1"]
    a1 = relu(z1)
    z2 = a1 @ p["w2"] + p["b2"]
    return softmax(z2), (x, z1, a1)


def backward(y_hat, y, cache, p):
    x, z1, a1 = cache
    n = y.shape[0]
    dz2 = (y_hat - y) / n
    g = {"w2": a1.T @ dz2, "b2": dz2.sum(axis=0, keepdims=True)}
    dz1 = dz2 @ p["w2"].T * relu(z1, derivative=True)
    g["w1"] = x.T @ dz1
    g["b1"] = dz1.sum(axis=0, keepdims=True)
    return g


def train(x, y, lr=0.1, epochs=10):
    p = initialize()
    for epoch in range(epochs):
        y_hat, cache = forward(x, p)
        g = backward(y_hat, y, cache, p)
        for k in p:
            p[k] -= lr * g[k]
        print(epoch, cross_entropy(y_hat, y))
    return p
