"""Two networks of one file: columns on weights of the module, words on weights that are arguments."""

import numpy as np

W1, b1 = np.random.randn(9, 6) * 0.1, np.zeros((9, 1))
W2, b2 = np.random.randn(4, 9) * 0.1, np.zeros((4, 1))


def column_loss(inputs, targets):
    loss, dW1, dW2, db1, db2 = 0, 0 * W1, 0 * W2, 0 * b1, 0 * b2
    for x, target in zip(inputs, targets):
        h = np.tanh(W1 @ x + b1)
        e = np.exp(W2 @ h + b2)
        p = e / e.sum()
        loss -= np.log(p[target, 0])
        p[target] -= 1
        dh = (W2.T @ p) * (1 - h * h)
        dW2 += p @ h.T
        db2 += p
        dW1 += dh @ x.T
        db1 += dh
    return loss, dW1, dW2, db1, db2


def word_loss(inputs, targets, hprev, Wxh, Whh, bh, Why, by):
    h, loss, kept = hprev, 0, []
    for i, k in zip(inputs, targets):
        before = h
        h = np.tanh(Wxh[:, [i]] + Whh @ h + bh)
        e = np.exp(Why @ h + by)
        p = e / e.sum()
        loss -= np.log(p[k, 0])
        kept.append((i, k, before, h, p))
    dWxh, dWhh, dbh, dWhy, dby, dh = 0 * Wxh, 0 * Whh, 0 * bh, 0 * Why, 0 * by, 0
    for i, k, before, h, p in kept[::-1]:
        d = p.copy()
        d[k] -= 1
        dWhy += d @ h.T
        dby += d
        z = (Why.T @ d + dh) * (1 - h**2)
        dWxh[:, [i]] += z
        dWhh += z @ before.T
        dbh += z
        dh = Whh.T @ z
    return loss, dWxh, dWhh, dbh, dWhy, dby
