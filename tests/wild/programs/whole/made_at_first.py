"""A norm that makes its parameters at its first forward, as wide as the input, and keeps running figures."""
import numpy as np


class Norm:
    def __init__(self, momentum=0.9):
        self.momentum = momentum
        self.running = None
        self.gamma = self.beta = None

    def forward(self, inputs, training=True):
        if self.gamma is None:
            self.gamma, self.beta = np.ones(inputs.shape[1]), np.zeros(inputs.shape[1])
            self.running = np.zeros(inputs.shape[1])
        mean = inputs.mean(axis=0) if training else self.running
        self.running = self.momentum * self.running + (1 - self.momentum) * mean
        self.std = np.sqrt(inputs.var(axis=0) + 1e-5)
        self.norm = (inputs - mean) / self.std
        self.output = self.gamma * self.norm + self.beta
        return self.output

    def backward(self, dvalues):
        self.dgamma = np.sum(dvalues * self.norm, axis=0)
        self.dbeta = np.sum(dvalues, axis=0)
        d = dvalues * self.gamma
        self.dinputs = (d - d.mean(axis=0) - self.norm * (d * self.norm).mean(axis=0)) / self.std
        return self.dinputs
