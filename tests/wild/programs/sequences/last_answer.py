"""A recurrent network whose script measures the loss of its last answer, and hands its slope back."""
import numpy as np


class Listener:
    def __init__(self, n_in, n_out, n_state=9):
        self.n_state = n_state
        self.A = np.random.randn(n_state, n_in) / 100
        self.R = np.random.randn(n_state, n_state) / 100
        self.V = np.random.randn(n_out, n_state) / 100
        self.c = np.zeros((n_out, 1))

    def forward(self, inputs):
        self.heard, self.states = inputs, [np.zeros((self.n_state, 1))]
        answers = []
        for x in inputs:
            self.states.append(np.tanh(self.A @ x + self.R @ self.states[-1]))
            answers.append(self.V @ self.states[-1] + self.c)
        return answers, self.states[-1]

    def backprop(self, d_answer, lr=0.05):
        dA, dR = np.zeros_like(self.A), np.zeros_like(self.R)
        dV, dc = d_answer @ self.states[-1].T, d_answer
        ds = self.V.T @ d_answer
        for step in reversed(range(len(self.heard))):
            inner = (1 - self.states[step + 1] ** 2) * ds
            dA += inner @ self.heard[step].T
            dR += inner @ self.states[step].T
            ds = self.R.T @ inner
        for parameter, slope in ((self.A, dA), (self.R, dR), (self.V, dV), (self.c, dc)):
            parameter -= lr * np.clip(slope, -5, 5)
