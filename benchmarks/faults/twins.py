"""The programs' functions once more in HIPS autograd's NumPy, so that their derivatives are not by hand."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np

Array = Any


def affine(x: Array, W: Array, b: Array) -> Array:
    return anp.dot(anp.reshape(x, (x.shape[0], -1)), W) + b


def matmul(x: Array, W: Array) -> Array:
    return anp.dot(x, W)


def relu(x: Array) -> Array:
    return anp.where(x > 0, x, 0.0)


def leaky_relu(x: Array, slope: float = 0.1) -> Array:
    return anp.where(x > 0, x, slope * x)


def sigmoid(x: Array) -> Array:
    return 1.0 / (1.0 + anp.exp(-x))


def tanh(x: Array) -> Array:
    return anp.tanh(x)


def log_softmax(x: Array) -> Array:
    shifted = x - anp.max(x, axis=1, keepdims=True)
    return shifted - anp.log(anp.sum(anp.exp(shifted), axis=1, keepdims=True))


def softmax(x: Array) -> Array:
    return anp.exp(log_softmax(x))


def softmax_cross_entropy(x: Array, t: Array) -> Array:
    """Mean over the batch; t: class numbers (N,) or one-hot rows (N, C)."""
    labels = t.argmax(axis=1) if t.ndim == 2 else t
    return -anp.mean(log_softmax(x)[np.arange(len(labels)), labels])


def half_squared_error(x: Array, t: Array) -> Array:
    return 0.5 * anp.sum((x - t) ** 2) / x.shape[0]


def hinge(x: Array, t: Array) -> Array:
    rows = np.arange(x.shape[0])
    margins = relu(x - anp.reshape(x[rows, t], (-1, 1)) + 1.0)
    return (anp.sum(margins) - x.shape[0]) / x.shape[0]  # the correct class contributes its margin of one


def batch_norm(x: Array, gamma: Array, beta: Array, eps: float = 1e-7) -> Array:
    mean = anp.mean(x, axis=0)
    variance = anp.mean((x - mean) ** 2, axis=0)
    return gamma * (x - mean) / anp.sqrt(variance + eps) + beta


def layer_norm(x: Array, gamma: Array, beta: Array) -> Array:
    mean = anp.mean(x, axis=1, keepdims=True)
    variance = anp.mean((x - mean) ** 2, axis=1, keepdims=True)
    return gamma * (x - mean) / anp.sqrt(variance + 1e-5) + beta


def _padded(x: Array, pad: int) -> Array:
    return anp.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), "constant") if pad else x


def convolution(x: Array, W: Array, b: Array, stride: int = 1, pad: int = 0) -> Array:
    """x: (N, C, H, W), W: (F, C, h, w), b: (F,); a sum over the window's offsets."""
    x = _padded(x, pad)
    rows = (x.shape[2] - W.shape[2]) // stride + 1
    columns = (x.shape[3] - W.shape[3]) // stride + 1
    out = anp.reshape(b, (1, -1, 1, 1))
    for i in range(W.shape[2]):
        for j in range(W.shape[3]):
            patch = x[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
            out = out + anp.einsum("nchw,fc->nfhw", patch, W[:, :, i, j])
    return out


def max_pool(x: Array, size: int = 2, stride: int = 2) -> Array:
    rows, columns = (x.shape[2] - size) // stride + 1, (x.shape[3] - size) // stride + 1
    patches = [
        x[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
        for i in range(size)
        for j in range(size)
    ]
    return anp.max(anp.array(patches), axis=0)


def mean_pool(x: Array) -> Array:
    return anp.mean(x, axis=(2, 3))


def flatten(x: Array) -> Array:
    return anp.reshape(x, (x.shape[0], -1))


def residual_block(x: Array, W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
    return relu(affine(relu(affine(x, W1, b1)), W2, b2) + x)


def affine_relu(x: Array, w: Array, b: Array) -> Array:
    return relu(affine(x, w, b))
