"""Self-attention with one head, and a position-wise feed-forward layer."""
import numpy as np


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class SelfAttention:
    """x: (N, T, D) -> (N, T, D)."""

    def __init__(self, d_model=4):
        self.Wq = np.random.randn(d_model, d_model) * 0.4
        self.Wk = np.random.randn(d_model, d_model) * 0.4
        self.Wv = np.random.randn(d_model, d_model) * 0.4

    def forward(self, x):
        self.x = x
        self.q = x @ self.Wq
        self.k = x @ self.Wk
        self.v = x @ self.Wv
        self.scale = 1.0 / np.sqrt(x.shape[-1])
        scores = self.q @ self.k.transpose(0, 2, 1) * self.scale
        self.att = softmax(scores)
        return self.att @ self.v

    def backward(self, dout):
        d_att = dout @ self.v.transpose(0, 2, 1)
        dv = self.att.transpose(0, 2, 1) @ dout
        inner = np.sum(d_att * self.att, axis=-1, keepdims=True)
        d_scores = self.att * (d_att - inner) * self.scale
        dq = d_scores @ self.k
        dk = d_scores.transpose(0, 2, 1) @ self.q
        self.dWq = np.einsum("ntd,nte->de", self.x, dq)
        self.dWk = np.einsum("ntd,nte->de", self.x, dk)
        self.dWv = np.einsum("ntd,nte->de", self.x, dv)
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T


class FeedForward:
    def __init__(self, d_model=4, hidden=7):
        self.W1 = np.random.randn(d_model, hidden) * 0.4
        self.b1 = np.zeros(hidden)
        self.W2 = np.random.randn(hidden, d_model) * 0.4
        self.b2 = np.zeros(d_model)

    def forward(self, x):
        self.x = x
        self.pre = x @ self.W1 + self.b1
        self.h = np.maximum(self.pre, 0)
        return self.h @ self.W2 + self.b2

    def backward(self, dout):
        flat = dout.reshape(-1, dout.shape[-1])
        self.dW2 = self.h.reshape(-1, self.h.shape[-1]).T @ flat
        self.db2 = flat.sum(axis=0)
        dpre = (dout @ self.W2.T) * (self.pre > 0)
        flat_pre = dpre.reshape(-1, dpre.shape[-1])
        self.dW1 = self.x.reshape(-1, self.x.shape[-1]).T @ flat_pre
        self.db1 = flat_pre.sum(axis=0)
        return dpre @ self.W1.T
