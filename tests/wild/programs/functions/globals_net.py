import numpy as np

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
y = np.array([[0], [1], [1], [0]], dtype=float)

np.random.seed(1)
W1 = np.random.randn(2, 4)
b1 = np.zeros((1, 4))
W2 = np.random.randn(4, 1)
b2 = np.zeros((1, 1))
lr = 0.5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def forward(X):
    global a1, a2
    z1 = X.dot(W1) + b1
    a1 = np.tanh(z1)
    a2 = sigmoid(a1.dot(W2) + b2)
    return a2


def backward(X, y):
    global W1, b1, W2, b2
    m = X.shape[0]
    d2 = a2 - y
    dW2 = a1.T.dot(d2) / m
    db2 = np.sum(d2, axis=0, keepdims=True) / m
    d1 = d2.dot(W2.T) * (1 - a1 ** 2)
    dW1 = X.T.dot(d1) / m
    db1 = np.sum(d1, axis=0, keepdims=True) / m
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2


for epoch in range(10000):
    out = forward(X)
    backward(X, y)
    if epoch % 1000 == 0:
        print(np.mean((out - y) ** 2))
