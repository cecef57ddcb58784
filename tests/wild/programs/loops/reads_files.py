"""A script that reads its digits from files that are not here, and trains on batches."""

import time

import numpy as np

table = np.loadtxt("digits.csv", delimiter=",")
labels = table[:, 0].astype(int)
images = table[:, 1:] / 255
onehot = np.eye(10)[labels]

size, batch, lr, momentum = 12, 50, 0.2, 0.9
W1 = np.random.randn(64, size) * 0.05
b1 = np.zeros(size)
W2 = np.random.randn(size, 10) * 0.05
b2 = np.zeros(10)
v1, v2 = np.zeros_like(W1), np.zeros_like(W2)
history = []

for epoch in range(10):
    begun = time.time()
    order = np.random.permutation(len(images))
    for i in range(0, len(images), batch):
        x = images[order[i : i + batch]]
        t = onehot[order[i : i + batch]]
        h = np.maximum(x @ W1 + b1, 0)
        s = h @ W2 + b2
        e = np.exp(s - s.max(axis=1, keepdims=True))
        p = e / e.sum(axis=1, keepdims=True)
        history.append(-np.sum(t * np.log(p + 1e-9)) / len(x))
        p[:] -= t
        p /= len(x)
        dh = (p @ W2.T) * (h > 0)
        v2 = momentum * v2 - lr * (h.T @ p)
        v1 = momentum * v1 - lr * (x.T @ dh)
        W2 += v2
        b2 -= lr * p.sum(axis=0)
        W1 += v1
        b1 -= lr * dh.sum(axis=0)
    print(epoch, np.mean(history[-100:]), time.time() - begun)
