import numpy as np


class ThreeLayer:
    def __init__(self, input_dim=3072, hidden_dims=(100, 50), num_classes=10, reg=0.0):
        self.reg = reg
        self.params = {}
        dims = [input_dim, *hidden_dims, num_classes]
        for i in range(len(dims) - 1):
            self.params["W%d" % (i + 1)] = 1e-2 * np.random.randn(dims[i], dims[i + 1])
            self.params["b%d" % (i + 1)] = np.zeros(dims[i + 1])

    def loss(self, X, y=None):
        depth = len(self.params) // 2
        inputs, out = [], X
        for i in range(1, depth + 1):
            inputs.append(out)
            out = out @ self.params["W%d" % i] + self.params["b%d" % i]
            if i < depth:
                out = np.maximum(out, 0)
        if y is None:
            return out
        n = X.shape[0]
        p = np.exp(out - out.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -np.log(p[np.arange(n), y]).mean()
        d = p.copy()
        d[np.arange(n), y] -= 1
        d /= n
        grads = {}
        for i in range(depth, 0, -1):
            w = self.params["W%d" % i]
            loss += 0.5 * self.reg * np.sum(w * w)
            grads["W%d" % i] = inputs[i - 1].T @ d + self.reg * w
            grads["b%d" % i] = d.sum(axis=0)
            d = d @ w.T
            d[inputs[i - 1] <= 0] = 0
        return loss, grads
