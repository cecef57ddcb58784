"""Image layers in a framework's manner: explicit loops over the window, no im2col."""
import numpy as np


class Conv2D:
    def __init__(self, in_channels, out_channels, kernel_size, padding=0):
        k = kernel_size
        self.kernel_size = k
        self.padding = padding
        self.weight = np.random.randn(out_channels, in_channels, k, k) * 0.1
        self.bias = np.zeros(out_channels)
        self.grad_weight = None
        self.grad_bias = None

    def forward(self, x):
        k, p = self.kernel_size, self.padding
        self.xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        h = self.xp.shape[2] - k + 1
        w = self.xp.shape[3] - k + 1
        out = np.zeros((x.shape[0], self.weight.shape[0], h, w))
        for i in range(k):
            for j in range(k):
                patch = self.xp[:, :, i:i + h, j:j + w]
                out += np.einsum('nchw,fc->nfhw', patch, self.weight[:, :, i, j])
        return out + self.bias[None, :, None, None]

    def backward(self, grad):
        k, p = self.kernel_size, self.padding
        h, w = grad.shape[2], grad.shape[3]
        dxp = np.zeros_like(self.xp)
        self.grad_weight = np.zeros_like(self.weight)
        self.grad_bias = grad.sum(axis=(0, 2, 3))
        for i in range(k):
            for j in range(k):
                patch = self.xp[:, :, i:i + h, j:j + w]
                self.grad_weight[:, :, i, j] = np.einsum('nfhw,nchw->fc', grad, patch)
                dxp[:, :, i:i + h, j:j + w] += np.einsum('nfhw,fc->nchw', grad, self.weight[:, :, i, j])
        if p:
            return dxp[:, :, p:-p, p:-p]
        return dxp


class MaxPool2D:
    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        n, c, h, w = x.shape
        s = self.size
        self.shape = x.shape
        blocks = x.reshape(n, c, h // s, s, w // s, s).transpose(0, 1, 2, 4, 3, 5)
        blocks = blocks.reshape(n, c, h // s, w // s, s * s)
        self.index = blocks.argmax(axis=4)
        return blocks.max(axis=4)

    def backward(self, grad):
        n, c, h, w = self.shape
        s = self.size
        blocks = np.zeros((n, c, h // s, w // s, s * s))
        np.put_along_axis(blocks, self.index[..., None], grad[..., None], axis=4)
        blocks = blocks.reshape(n, c, h // s, w // s, s, s).transpose(0, 1, 2, 4, 3, 5)
        return blocks.reshape(n, c, h, w)


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, grad):
        return grad.reshape(self.shape)


class Dense:
    def __init__(self, in_features, out_features):
        self.weight = np.random.randn(in_features, out_features) * 0.1
        self.bias = np.zeros(out_features)
        self.grad_weight = None
        self.grad_bias = None

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, grad):
        self.grad_weight = self.x.T @ grad
        self.grad_bias = grad.sum(axis=0)
        return grad @ self.weight.T


class ReLU:
    def forward(self, x):
        self.x = x
        return np.maximum(x, 0)

    def backward(self, grad):
        return grad * (self.x > 0)


class SoftmaxCrossEntropy:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        self.t = t
        return -np.sum(t * np.log(self.p + 1e-12)) / x.shape[0]

    def backward(self):
        return (self.p - self.t) / self.t.shape[0]


class ConvNet:
    """conv - relu - pool - flatten - dense on images (N, 1, size, size)."""

    def __init__(self, size=8, channels=4, classes=10):
        self.layers = [
            Conv2D(1, channels, 3, padding=1),
            ReLU(),
            MaxPool2D(2),
            Flatten(),
            Dense(channels * (size // 2) ** 2, classes),
        ]
        self.criterion = SoftmaxCrossEntropy()

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.criterion.forward(self.predict(x), t)

    def backward(self):
        grad = self.criterion.backward()
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)
        return grad
