# coding: utf-8
from collections import OrderedDict
import numpy as np


def softmax(a):
    a = a - np.max(a, axis=1).reshape(-1, 1)
    exp_a = np.exp(a)
    return exp_a / np.sum(exp_a, axis=1).reshape(-1, 1)


def cross_entropy(y, t):
    rows = np.arange(y.shape[0])
    return np.sum(-np.log(y[rows, t] + 1e-7)) / y.shape[0]


class FullyConnected:
    def __init__(self, w, b):
        self.w = w
        self.b = b

    def forward(self, x):
        self.x = x
        out = x.dot(self.w)
        out += self.b
        return out

    def backward(self, dout):
        self.dw = self.x.T.dot(dout)
        self.db = dout.sum(axis=0)
        dx = dout.dot(self.w.T)
        return dx


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        dx = dout * (1 - np.square(self.out))
        return dx


class ReLU:
    def forward(self, x):
        self.on = x > 0
        out = np.zeros_like(x)
        out[self.on] = x[self.on]
        return out

    def backward(self, dout):
        dx = np.zeros_like(dout)
        dx[self.on] = dout[self.on]
        return dx


class SoftmaxLoss:
    def forward(self, x, t):
        self.t = t
        self.y = softmax(x)
        self.loss = cross_entropy(self.y, self.t)
        return self.loss

    def backward(self, dout=1):
        n = self.t.shape[0]
        onehot = np.zeros_like(self.y)
        onehot[np.arange(n), self.t] = 1
        dx = dout * (self.y - onehot) / n
        return dx


class ThreeLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01, l2=0.05):
        h = hidden_size
        self.l2 = l2
        self.params = {}
        self.params['W1'] = weight_init_std * np.random.randn(input_size, h)
        self.params['b1'] = np.zeros(h)
        self.params['W2'] = weight_init_std * np.random.randn(h, h)
        self.params['b2'] = np.zeros(h)
        self.params['W3'] = weight_init_std * np.random.randn(h, output_size)
        self.params['b3'] = np.zeros(output_size)

        self.layers = OrderedDict()
        self.layers['fc1'] = FullyConnected(self.params['W1'], self.params['b1'])
        self.layers['tanh'] = Tanh()
        self.layers['fc2'] = FullyConnected(self.params['W2'], self.params['b2'])
        self.layers['relu'] = ReLU()
        self.layers['fc3'] = FullyConnected(self.params['W3'], self.params['b3'])
        self.lossLayer = SoftmaxLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        data_loss = self.lossLayer.forward(self.predict(x), t)
        reg_loss = 0
        for key in ('W1', 'W2', 'W3'):
            reg_loss += 0.5 * self.l2 * np.sum(self.params[key] ** 2)
        return data_loss + reg_loss

    def accuracy(self, x, t):
        return np.mean(np.argmax(self.predict(x), axis=1) == t)

    def gradient(self, x, t):
        self.loss(x, t)

        dout = self.lossLayer.backward(1)
        for name in reversed(self.layers):
            dout = self.layers[name].backward(dout)

        grads = {}
        for i, name in enumerate(('fc1', 'fc2', 'fc3'), start=1):
            layer = self.layers[name]
            grads['W%d' % i] = layer.dw + self.l2 * layer.w
            grads['b%d' % i] = layer.db
        return grads
