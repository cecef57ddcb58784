"""Text classification: embeddings of the words, their mean, a dense layer, softmax."""
from collections import OrderedDict

import numpy as np


class Embedding:
    def __init__(self, W):
        self.W = W
        self.dW = np.zeros_like(W)
        self.idx = None

    def forward(self, idx):
        self.idx = idx
        return self.W[idx]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.idx, dout)
        return None


class MeanOverTime:
    def forward(self, x):
        self.steps = x.shape[1]
        return x.mean(axis=1)

    def backward(self, dout):
        return np.repeat(dout[:, np.newaxis, :], self.steps, axis=1) / self.steps


class Dense:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(0)
        return dout @ self.W.T


class SoftmaxCrossEntropy:
    def forward(self, x, t):
        x = x - x.max(axis=1, keepdims=True)
        self.y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        self.t = t
        return -np.mean(np.log(self.y[np.arange(t.size), t]))

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(self.t.size), self.t] -= 1
        return dout * dx / self.t.size


class BagOfWords:
    def __init__(self, vocab_size=9, embed_size=5, num_classes=4):
        self.params = {
            'E': np.random.randn(vocab_size, embed_size) * 0.3,
            'W': np.random.randn(embed_size, num_classes) * 0.3,
            'b': np.zeros(num_classes),
        }
        self.layers = OrderedDict()
        self.layers['embed'] = Embedding(self.params['E'])
        self.layers['mean'] = MeanOverTime()
        self.layers['dense'] = Dense(self.params['W'], self.params['b'])
        self.loss_layer = SoftmaxCrossEntropy()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.loss_layer.forward(self.predict(x), t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.loss_layer.backward()
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        return {
            'E': self.layers['embed'].dW,
            'W': self.layers['dense'].dW,
            'b': self.layers['dense'].db,
        }
