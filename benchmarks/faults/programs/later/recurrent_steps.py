"""One time step of a vanilla RNN and of an LSTM, forward and backward."""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def rnn_step_forward(x, prev_h, Wx, Wh, b):
    next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
    cache = (x, prev_h, Wx, Wh, next_h)
    return next_h, cache


def rnn_step_backward(dnext_h, cache):
    x, prev_h, Wx, Wh, next_h = cache
    da = dnext_h * (1 - next_h ** 2)
    dx = da @ Wx.T
    dprev_h = da @ Wh.T
    dWx = x.T @ da
    dWh = prev_h.T @ da
    db = da.sum(axis=0)
    return dx, dprev_h, dWx, dWh, db


def gated_unit_forward(x, prev_h, Wz, Uz, bz, Wc, Uc, bc):
    """h = (1 - z) * prev_h + z * c, a GRU without reset gate."""
    z = sigmoid(x @ Wz + prev_h @ Uz + bz)
    c = np.tanh(x @ Wc + prev_h @ Uc + bc)
    h = (1 - z) * prev_h + z * c
    return h, (x, prev_h, Wz, Uz, Wc, Uc, z, c)


def gated_unit_backward(dh, cache):
    x, prev_h, Wz, Uz, Wc, Uc, z, c = cache
    dz = dh * (c - prev_h) * z * (1 - z)
    dc = dh * z * (1 - c ** 2)
    dx = dz @ Wz.T + dc @ Wc.T
    dprev_h = dh * (1 - z) + dz @ Uz.T + dc @ Uc.T
    dWz = x.T @ dz
    dUz = prev_h.T @ dz
    dbz = dz.sum(axis=0)
    dWc = x.T @ dc
    dUc = prev_h.T @ dc
    dbc = dc.sum(axis=0)
    return dx, dprev_h, dWz, dUz, dbz, dWc, dUc, dbc


def rnn_forward(x, h0, Wx, Wh, b):
    """x: (N, T, D), h0: (N, H). All hidden states, (N, T, H)."""
    N, T, _ = x.shape
    h = np.zeros((N, T, h0.shape[1]))
    caches = []
    prev = h0
    for t in range(T):
        prev, cache = rnn_step_forward(x[:, t], prev, Wx, Wh, b)
        h[:, t] = prev
        caches.append(cache)
    return h, caches


def rnn_backward(dh, cache):
    N, T, H = dh.shape
    x0, _, Wx, Wh, _ = cache[0]
    dx = np.zeros((N, T, x0.shape[1]))
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(H)
    dprev = np.zeros((N, H))
    for t in reversed(range(T)):
        dx[:, t], dprev, dWx_t, dWh_t, db_t = rnn_step_backward(dh[:, t] + dprev, cache[t])
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dprev, dWx, dWh, db
