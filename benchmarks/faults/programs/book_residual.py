# Residual network of fully connected blocks: out = relu(x + f(x)).
from collections import OrderedDict

import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W = W
        self.b = b
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = dout.sum(axis=0)
        return np.dot(dout, self.W.T)


class Relu:
    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, 0.0)

    def backward(self, dout):
        return np.where(self.mask, dout, 0.0)


class ResidualBlock:
    """relu(x + W2 relu(W1 x + b1) + b2); the width stays the same."""

    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1 = W1, b1
        self.W2, self.b2 = W2, b2
        self.dW1 = self.db1 = None
        self.dW2 = self.db2 = None

    def forward(self, x):
        self.x = x
        self.a = np.dot(x, self.W1) + self.b1
        self.h = np.maximum(self.a, 0)
        self.s = np.dot(self.h, self.W2) + self.b2 + x
        return np.maximum(self.s, 0)

    def backward(self, dout):
        ds = dout * (self.s > 0)
        self.dW2 = np.dot(self.h.T, ds)
        self.db2 = ds.sum(axis=0)
        dh = np.dot(ds, self.W2.T)
        da = dh * (self.a > 0)
        self.dW1 = np.dot(self.x.T, da)
        self.db1 = da.sum(axis=0)
        dx = np.dot(da, self.W1.T) + ds
        return dx


class SoftmaxWithLoss:
    def __init__(self):
        self.y = None
        self.t = None

    def forward(self, x, t):
        x = x - x.max(axis=1, keepdims=True)
        log_y = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
        self.y = np.exp(log_y)
        self.t = t
        return -np.mean(log_y[np.arange(len(t)), t])

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dout * dx / len(self.t)


class ResNet:
    def __init__(self, input_size, hidden_size, output_size):
        def weight(n, m):
            return np.random.randn(n, m) / np.sqrt(n)

        p = self.params = {}
        p['W1'], p['b1'] = weight(input_size, hidden_size), np.zeros(hidden_size)
        for i in (2, 3, 4, 5):
            p['W%d' % i], p['b%d' % i] = weight(hidden_size, hidden_size), np.zeros(hidden_size)
        p['W6'], p['b6'] = weight(hidden_size, output_size), np.zeros(output_size)

        self.layers = OrderedDict()
        self.layers['Affine1'] = Affine(p['W1'], p['b1'])
        self.layers['Relu1'] = Relu()
        self.layers['Block1'] = ResidualBlock(p['W2'], p['b2'], p['W3'], p['b3'])
        self.layers['Block2'] = ResidualBlock(p['W4'], p['b4'], p['W5'], p['b5'])
        self.layers['Affine2'] = Affine(p['W6'], p['b6'])
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.last_layer.forward(self.predict(x), t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward()
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)

        grads = {}
        grads['W1'], grads['b1'] = self.layers['Affine1'].dW, self.layers['Affine1'].db
        block = self.layers['Block1']
        grads['W2'], grads['b2'] = block.dW1, block.db1
        grads['W3'], grads['b3'] = block.dW2, block.db2
        block = self.layers['Block2']
        grads['W4'], grads['b4'] = block.dW1, block.db1
        grads['W5'], grads['b5'] = block.dW2, block.db2
        grads['W6'], grads['b6'] = self.layers['Affine2'].dW, self.layers['Affine2'].db
        return grads
