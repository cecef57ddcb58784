"""Forward, loss and backward apart: what forward returned is handed on, under another name too."""

import numpy as np


class Speller:
    def __init__(self, vocab_size, hidden_size, seq_length, learning_rate):
        self.vocab_size, self.seq_length, self.learning_rate = vocab_size, seq_length, learning_rate
        self.U = np.random.randn(hidden_size, vocab_size) / 10
        self.W = np.random.randn(hidden_size, hidden_size) / 10
        self.V = np.random.randn(vocab_size, hidden_size) / 10
        self.b, self.c = np.zeros((hidden_size, 1)), np.zeros((vocab_size, 1))

    def forward(self, inputs, hprev):
        xs, hs, guesses = {}, {-1: np.copy(hprev)}, {}
        for t in range(len(inputs)):
            xs[t] = np.eye(self.vocab_size)[:, [inputs[t]]]
            hs[t] = np.tanh(self.U @ xs[t] + self.W @ hs[t - 1] + self.b)
            e = np.exp(self.V @ hs[t] + self.c)
            guesses[t] = e / e.sum()
        return xs, hs, guesses

    def loss(self, probs, targets):
        return -sum(np.log(probs[t][targets[t], 0]) for t in range(self.seq_length))

    def backward(self, xs, hs, probs, targets):
        dU, dW, dV = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.V)
        db, dc = np.zeros_like(self.b), np.zeros_like(self.c)
        dh_next = np.zeros_like(hs[0])
        for t in range(self.seq_length)[::-1]:
            dy = probs[t].copy()
            dy[targets[t]] -= 1
            dV += dy @ hs[t].T
            dc += dy
            draw = (self.V.T @ dy + dh_next) * (1 - hs[t] ** 2)
            dU += draw @ xs[t].T
            dW += draw @ hs[t - 1].T
            db += draw
            dh_next = self.W.T @ draw
        return dU, dW, dV, db, dc
