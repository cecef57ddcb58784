"""A class over lists of words: forward, its loss and the way back, cut off after some steps, by themselves."""

import numpy as np


def softmax(z):
    e = np.exp(z - z.max())
    return e / np.sum(e)


class Sentences:
    def __init__(self, vocab_size, hidden_dim=50, bptt_truncate=2):
        self.hidden_dim, self.bptt_truncate = hidden_dim, bptt_truncate
        self.E = np.random.uniform(-0.1, 0.1, (hidden_dim, vocab_size))
        self.R = np.random.uniform(-0.1, 0.1, (hidden_dim, hidden_dim))
        self.P = np.random.uniform(-0.1, 0.1, (vocab_size, hidden_dim))

    def forward_pass(self, x):
        steps = len(x)
        s = np.zeros((steps + 1, self.hidden_dim))
        p = np.zeros((steps, len(self.P)))
        for t in range(steps):
            s[t] = np.tanh(self.E[:, x[t]] + self.R @ s[t - 1])
            p[t] = softmax(self.P @ s[t])
        return p, s

    def loss(self, x, y):
        p, _ = self.forward_pass(x)
        return -sum(np.log(p[t, word]) for t, word in enumerate(y))

    def through_time(self, x, y):
        p, s = self.forward_pass(x)
        dE, dR, dP = np.zeros_like(self.E), np.zeros_like(self.R), np.zeros_like(self.P)
        for t in range(len(y) - 1, -1, -1):
            error = p[t].copy()
            error[y[t]] -= 1
            dP += np.outer(error, s[t])
            inner = (self.P.T @ error) * (1 - s[t] ** 2)
            for k in range(t, max(-1, t - self.bptt_truncate - 1), -1):
                dE[:, x[k]] += inner
                dR += np.outer(inner, s[k - 1])
                inner = (self.R.T @ inner) * (1 - s[k - 1] ** 2)
        return [dE, dR, dP]
