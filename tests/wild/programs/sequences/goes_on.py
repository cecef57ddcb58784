"""The state goes on to the next sequence, in an attribute."""

import numpy as np


class GoesOn:
    def __init__(self, vocab_size, hidden_size=40):
        self.U = np.random.normal(0, 0.1, (hidden_size, vocab_size))
        self.W = np.random.normal(0, 0.1, (hidden_size, hidden_size))
        self.V = np.random.normal(0, 0.1, (vocab_size, hidden_size))
        self.state = np.zeros(hidden_size)

    def loss_and_grads(self, inputs, targets):
        s, p, loss = {-1: self.state}, {}, 0
        for t, word in enumerate(inputs):
            s[t] = np.tanh(self.U[:, word] + self.W @ s[t - 1])
            e = np.exp(self.V @ s[t])
            p[t] = e / e.sum()
            loss -= np.log(p[t][targets[t]])
        dU, dW, dV = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.V)
        ds = np.zeros_like(self.state)
        for t in reversed(range(len(inputs))):
            error = p[t].copy()
            error[targets[t]] -= 1
            dV += np.outer(error, s[t])
            inner = (self.V.T @ error + ds) * (1 - s[t] ** 2)
            dU[:, inputs[t]] += inner
            dW += np.outer(inner, s[t - 1])
            ds = self.W.T @ inner
        self.state = s[len(inputs) - 1]
        return loss, (dU, dW, dV)
