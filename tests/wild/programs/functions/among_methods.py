"""A pair among the methods of a class that holds nothing."""
import numpy as np


class Norms:
    def layernorm_forward(self, x, gamma, beta, eps=1e-5):
        mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
        xhat = (x - mean) / np.sqrt(var + eps)
        return gamma * xhat + beta, {"xhat": xhat, "std": np.sqrt(var + eps), "gamma": gamma}

    def layernorm_backprop(self, dY, cache):
        xhat, d = cache["xhat"], dY * cache["gamma"]
        dX = (d - d.mean(axis=1, keepdims=True) - xhat * (d * xhat).mean(axis=1, keepdims=True)) / cache["std"]
        return dX, np.sum(dY * xhat, axis=0), np.sum(dY, axis=0)
