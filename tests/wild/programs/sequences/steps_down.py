"""Forward keeps what it computed in the object; backward is given the labels and takes its step at once."""

import numpy as np


class StepsDown:
    def __init__(self, input_size, hidden_size, output_size):
        self.W_in = np.random.normal(0, 0.1, (hidden_size, input_size))
        self.W_rec = np.random.normal(0, 0.1, (hidden_size, hidden_size))
        self.W_out = np.random.normal(0, 0.1, (output_size, hidden_size))
        self.bias = np.zeros((hidden_size, 1))

    def forward(self, inputs, state):
        self.inputs, self.states, self.guesses = inputs, [state], []
        for k in inputs:
            self.states.append(np.tanh(self.W_in[:, k : k + 1] + self.W_rec @ self.states[-1] + self.bias))
            e = np.exp(self.W_out @ self.states[-1])
            self.guesses.append(e / e.sum())
        return self.guesses, self.states[-1]

    def backward(self, targets, learning_rate=0.05):
        dW_in, dW_rec, dW_out = np.zeros_like(self.W_in), np.zeros_like(self.W_rec), np.zeros_like(self.W_out)
        dbias = np.zeros_like(self.bias)
        later = np.zeros_like(self.bias)
        for t in range(len(targets) - 1, -1, -1):
            error = self.guesses[t].copy()
            error[targets[t]] -= 1
            dW_out += error @ self.states[t + 1].T
            inner = (self.W_out.T @ error + later) * (1 - self.states[t + 1] ** 2)
            dW_in[:, self.inputs[t] : self.inputs[t] + 1] += inner
            dW_rec += inner @ self.states[t].T
            dbias += inner
            later = self.W_rec.T @ inner
        self.W_in -= learning_rate * dW_in
        self.W_rec -= learning_rate * dW_rec
        self.W_out -= learning_rate * dW_out
        self.bias -= learning_rate * dbias
