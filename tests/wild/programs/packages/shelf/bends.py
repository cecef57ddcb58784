import numpy as np


class Rectifier:
    def forward(self, x):
        self.on = x > 0
        return x * self.on

    def backward(self, grad_output):
        return grad_output * self.on
