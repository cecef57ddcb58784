"""The arrays stand ready; forward fills them, and the labels are called result."""
import numpy as np


class Ready:
    def __init__(self, numOfInput, numOfHidden, numOfOutput):
        self.rate = 0.05
        self.w = np.random.random((numOfHidden, numOfInput + 1))
        self.v = np.random.random((numOfOutput, numOfHidden))
        self.outputDelta = np.zeros(numOfOutput)
        self.inputs = np.zeros((numOfInput + 1, 1))
        self.outputs = np.zeros((numOfOutput, 1))

    def feed_forward(self, input):
        self.inputs[:-1, 0] = input
        self.inputs[-1:, 0] = 1.0
        self.h = np.tanh(self.w @ self.inputs)
        self.outputs = np.tanh(self.v @ self.h)

    def backpropagation(self, result):
        error = self.outputs - np.array(result, dtype=float).reshape(-1, 1)
        self.outputDelta = (1 - self.outputs**2) * error
        hidden = (1 - self.h**2) * (self.v.T @ self.outputDelta)
        self.w = self.w - self.rate * hidden @ self.inputs.T
        self.v = self.v - self.rate * self.outputDelta @ self.h.T
