import numpy as np


class Schritt:
    def __init__(self, weite=0.1):
        self.weite = weite

    def gehe(self, w, dw):
        return w - self.weite * dw


class Voll:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, grad, verfahren):
        below = grad @ self.W.T
        self.W = verfahren.gehe(self.W, self.x.T @ grad)
        return below
