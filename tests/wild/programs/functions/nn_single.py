import numpy as np


def nn(X, y, W1, W2):
    z = X @ W1
    h = np.maximum(z, 0)
    out = h @ W2
    loss = np.square(out - y).sum()
    grad_out = 2.0 * (out - y)
    grad_W2 = h.T @ grad_out
    grad_h = grad_out @ W2.T
    grad_z = grad_h.copy()
    grad_z[z < 0] = 0
    grad_W1 = X.T @ grad_z
    return loss, grad_W1, grad_W2


N, D, H, O = 64, 1000, 100, 10
x, y = np.random.randn(N, D), np.random.randn(N, O)
w1, w2 = np.random.randn(D, H), np.random.randn(H, O)
for t in range(500):
    loss, g1, g2 = nn(x, y, w1, w2)
    w1 -= 1e-6 * g1
    w2 -= 1e-6 * g2
