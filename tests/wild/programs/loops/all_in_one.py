"""One function does it all: it makes the weights, goes forward and back, and updates."""

import numpy as np


def learn(X, Y, hidden=9, rate=0.05, rounds=5000):
    n_x, m = X.shape
    n_y = Y.shape[0]
    U = np.random.randn(hidden, n_x) * 0.1
    c = np.zeros((hidden, 1))
    V = np.random.randn(n_y, hidden) * 0.1
    d = np.zeros((n_y, 1))
    costs = []
    for k in range(rounds):
        H = np.tanh(U @ X + c)
        P = 1 / (1 + np.exp(-(V @ H + d)))
        if k % 100 == 0:
            costs.append(-np.mean(Y * np.log(P) + (1 - Y) * np.log(1 - P)))
        E = P - Y
        gV = E @ H.T / m
        gd = np.sum(E, axis=1, keepdims=True) / m
        G = (V.T @ E) * (1 - H**2)
        gU = G @ X.T / m
        gc = np.sum(G, axis=1, keepdims=True) / m
        U, c = U - rate * gU, c - rate * gc
        V, d = V - rate * gV, d - rate * gd
    return U, c, V, d, costs
