"""Normalisation layers with learned scale and shift."""
import numpy as np


class LayerNorm:
    def __init__(self, dim=6, eps=1e-5):
        self.gamma = np.ones(dim)
        self.beta = np.zeros(dim)
        self.eps = eps

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        self.inv = 1 / np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self.xhat = (x - mean) * self.inv
        return self.gamma * self.xhat + self.beta

    def backward(self, dy):
        self.dgamma = np.sum(dy * self.xhat, axis=0)
        self.dbeta = np.sum(dy, axis=0)
        g = dy * self.gamma
        centred = g - g.mean(axis=-1, keepdims=True)
        return self.inv * (centred - self.xhat * np.mean(g * self.xhat, axis=-1, keepdims=True))


class BatchNorm1d:
    """The gradient step by step through the variance and the mean."""

    def __init__(self, num_features=6, eps=1e-5, momentum=0.1):
        self.gamma = np.ones(num_features)
        self.beta = np.zeros(num_features)
        self.eps = eps
        self.momentum = momentum
        self.running_mean = np.zeros(num_features)
        self.running_var = np.ones(num_features)
        self.training = True

    def forward(self, x):
        if not self.training:
            x_norm = (x - self.running_mean) / np.sqrt(self.running_var + self.eps)
            return self.gamma * x_norm + self.beta
        mu = x.mean(axis=0)
        var = x.var(axis=0)
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mu
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
        self.xmu = x - mu
        self.std = np.sqrt(var + self.eps)
        self.x_norm = self.xmu / self.std
        return self.gamma * self.x_norm + self.beta

    def backward(self, dout):
        m = dout.shape[0]
        self.dgamma = (dout * self.x_norm).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        dx_norm = dout * self.gamma
        dvar = (dx_norm * self.xmu * -0.5 * self.std ** -3).sum(axis=0)
        dmean = -(dx_norm / self.std).sum(axis=0) + dvar * np.mean(-2 * self.xmu, axis=0)
        return dx_norm / self.std + dvar * 2 * self.xmu / m + dmean / m


class InstanceNorm2d:
    """Each channel of each image is normalised on its own. x: (N, C, H, W)."""

    def __init__(self, channels=3, eps=1e-5):
        self.gamma = np.ones((1, channels, 1, 1))
        self.beta = np.zeros((1, channels, 1, 1))
        self.eps = eps

    def forward(self, x):
        mu = x.mean(axis=(2, 3), keepdims=True)
        var = ((x - mu) ** 2).mean(axis=(2, 3), keepdims=True)
        self.istd = 1.0 / np.sqrt(var + self.eps)
        self.xn = (x - mu) * self.istd
        return self.gamma * self.xn + self.beta

    def backward(self, dout):
        self.dgamma = (dout * self.xn).sum(axis=(0, 2, 3), keepdims=True)
        self.dbeta = dout.sum(axis=(0, 2, 3), keepdims=True)
        k = dout.shape[2] * dout.shape[3]
        dxn = dout * self.gamma
        s1 = dxn.sum(axis=(2, 3), keepdims=True)
        s2 = (dxn * self.xn).sum(axis=(2, 3), keepdims=True)
        return self.istd / k * (k * dxn - s1 - self.xn * s2)


class Dropout:
    def __init__(self, p=0.5):
        self.p = p

    def forward(self, x, train=True):
        if not train:
            self.mask = np.ones_like(x)
        else:
            self.mask = (np.random.rand(*x.shape) >= self.p) / (1 - self.p)
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask
