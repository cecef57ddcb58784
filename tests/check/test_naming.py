"""The cause that a mend names, and which of two mends is the more plausible."""

import linecache

import pytest

from backproof.check.meanings import is_linear, upstream_names
from backproof.check.naming import Setting, cause_of
from backproof.check.plausible import cost
from backproof.check.syntax import read

LAYER = """
import numpy as np


class Layer:
    def forward(self, x):
        self.x = x
        N, D = x.shape
        mu = x.mean(axis=0)
        std = np.sqrt(x.var(axis=0))
        return x

    def backward(self, dout):
        N = dout.shape[0]
        H, W = dout.shape[2:]
        ds = dout * (self.x > 0)
        dh = ds @ self.W
        t = self.t
        return dh

    def gradient(self, x, t):
        weight_decay = 0
        return {}


def softmax(x):
    return x
"""


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    path = tmp_path_factory.mktemp("layer") / "layer.py"
    path.write_text(LAYER, encoding="utf-8")
    linecache.checkcache()
    names = {}
    exec(compile(LAYER, path, "exec"), names)
    layer = names["Layer"]()
    methods = {name: read(getattr(layer, name)) for name in ("forward", "backward", "gradient")}
    return {**methods, "softmax": read(names["softmax"])}


BACKWARD = [
    ("db = np.sum(dout)", "db = np.sum(dout, axis=0)", "sum-without-axis"),
    ("db = dout.sum(axis=1)", "db = dout.sum(axis=0)", "wrong-axis"),
    ("db = np.mean(dout, axis=0)", "db = np.sum(dout, axis=0)", "averaged-instead-of-summed"),
    ("db = dout[0]", "db = dout.sum(axis=0)", "one-row-only"),
    ("dx = -dout", "dx = dout", "wrong-sign"),
    ("dx = t - y", "dx = y - t", "wrong-sign"),
    ("dx += ds", "dx -= ds", "wrong-sign"),
    ("dx = dout * (self.x < 0)", "dx = dout * (self.x > 0)", "mask-inverted"),
    ("dx[self.mask] = 0", "dx[~self.mask] = 0", "mask-inverted"),
    ("dx = dout * (dout > 0)", "dx = dout * self.mask", "mask-from-dout"),
    ("dx = dout", "dx = dout * (self.x > 0)", "mask-missing"),
    ("dx = dh + dout", "dx = dh + ds", "mask-missing"),
    ("dx = self.y * (1 - self.y)", "dx = (self.y * (1 - self.y)) * dout", "ignores-dout"),
    ("dx = dout * (1 - self.y)", "dx = dout * (1 - self.y ** 2)", "derivative-factor-missing"),
    ("dx = dout", "dx = dout * self.gamma", "gamma-not-used"),
    ("dx = dout / N", "dx = dout", "averaged-instead-of-summed"),
    ("dx = dout", "dx = dout / N", "missing-batch-mean"),
    ("dx = dout * N", "dx = dout / N", "wrong-factor"),
    ("dx = dout / H", "dx = dout / (H * W)", "wrong-factor"),
    ("dx = dout / H", "dx = dout / W", "wrong-factor"),
    ("dx = 2 * dout", "dx = dout", "wrong-factor"),
    ("dx = 3 * dout", "dx = 2 * dout", "wrong-factor"),
    ("dx = dout @ self.W", "dx = dout @ self.W.T", "transposed"),
    ("dW = dout @ self.x", "dW = self.x @ dout", "operands-swapped"),
    ("dW = np.dot(dout.T, self.x)", "dW = np.dot(self.x.T, dout)", "operands-swapped"),
    ("dx = dx.transpose(0, 1, 3, 2)", "dx = dx.transpose(0, 1, 2, 3)", "axes-permuted"),
    ("dx = dx.reshape(s, order='F')", "dx = dx.reshape(s)", "order-not-restored"),
    ("dx = w[::-1]", "dx = w", "kernel-flipped"),
    ("dx[i] = g", "dx[i] += g", "overlaps-overwritten"),
    ("dx[i, t] = 1", "dx[i, t] -= 1", "labels-not-subtracted"),
    ("dx[:, t] -= 1", "dx[np.arange(len(t)), t] -= 1", "labels-not-subtracted"),
    ("self.dW += g", "self.dW = g", "accumulates"),
    ("dx = dh", "dx = dh + ds", "branch-forgotten"),
    ("dx = dh + ds", "dx = dh", "extra-term"),
    ("dW = self.a.T @ ds", "dW = self.h.T @ ds", "derivative-at-wrong-point"),
    ("da = dout", "da = relu_backward(dout, cache)", "layer-skipped"),
    ("dW = g.astype(np.float16)", "dW = g", "float16-inside"),
    ("dx = np.zeros(s, dtype=int)", "dx = np.zeros(s)", "integer-gradient"),
    ("dx = np.argmin(c, axis=1)", "dx = np.argmax(c, axis=1)", ""),
    ("dx = a / dout", "dx = dout / a", ""),
    ("dx = a + (", "dx = a", ""),
    ("dx = a", "dx = a", ""),
    ("dx = np.repeat(d, 2, axis=0)", "dx = np.repeat(d, 2, axis=1)", "wrong-axis"),
    ("dx = a[-1]", "dx = a[1]", ""),
    ("dx = dout * (self.x > 0)", "dx = dout * (self.x >= 0)", ""),
    ("dx = dout * (a < c)", "dx = dout * (a > c)", ""),
    ("dx = dout * (h > 0)", "dx = dout * self.mask", "derivative-at-wrong-point"),
    ("dW = a.T", "dW = a", "transposed"),
    ("dW = a.transpose(1, 0)", "dW = a", "axes-permuted"),
    ("dx = dout * (N / H)", "dx = dout * (H / N)", "wrong-factor"),
    ("dx = a[i + 1]", "dx = a[i - 1]", ""),
    ("dx = dout * 2", "dx = dout / 2", "wrong-factor"),
    ("dx = dout / N", "dx = dout * N", "wrong-factor"),
    ("dx = 1 + a", "dx = 1 - a", "wrong-sign"),
    ("dx = ds", "dx = ds * self.W", "weights-not-used"),
    ("dx = ds", "dx = ds / 2", "wrong-factor"),
    ("dx = ds", "dx = ds / std", "derivative-factor-missing"),
    ("dx = np.abs(ds)", "dx = ds", "derivative-at-wrong-point"),
    ("dx = ds", "dx += ds", "branch-forgotten"),
    ("dx = np.clip(a, 0, 1)", "dx = np.clip(a, 0, 2)", ""),
    ("dx = dout / a.shape[0]", "dx = dout / a.shape[1]", "wrong-factor"),
    ("dx = self.a", "dx = self.a ** 2", "derivative-factor-missing"),
    ("dx = np.sum(a)", "dx = np.max(a)", ""),
    ("dx = np.sum(a, axis=0) * 2", "dx = np.mean(a, axis=0) * 2", "wrong-factor"),
]


@pytest.mark.parametrize(("old", "new", "cause"), BACKWARD)
def test_a_change_in_a_backward_names_its_mistake(functions, old, new, cause):
    assert cause_of(old, new, Setting(functions["backward"], "backward")) == cause


LOSS_BACKWARD = [
    ("dx = np.mean(d, axis=0)", "dx = np.sum(d, axis=0)", "averaged-twice"),
    ("dx = np.sum(d, axis=0)", "dx = np.mean(d, axis=0)", "missing-batch-mean"),
    ("dx = p", "dx = p - t", "labels-not-subtracted"),
    ("dx = p - t", "dx = (p - t) / N", "missing-batch-mean"),
    ("dx = d / N", "dx = d", "averaged-twice"),
    ("dx = p", "dx = p - c", ""),
]


@pytest.mark.parametrize(("old", "new", "cause"), LOSS_BACKWARD)
def test_a_change_in_the_backward_of_a_loss_names_its_mistake(functions, old, new, cause):
    assert cause_of(old, new, Setting(functions["backward"], "backward", "softmax loss", True)) == cause


FORWARD = [
    ("softmax loss", True, "s = np.sum(e)", "s = np.sum(e, axis=1)", "softmax-over-batch"),
    ("softmax loss", True, "s = e.sum(axis=0)", "s = e.sum(axis=1)", "softmax-wrong-axis"),
    ("softmax loss", True, "return np.log10(p)", "return np.log(p)", "log10"),
    ("softmax loss", True, "return np.sum(np.log(p))", "return -np.sum(np.log(p))", "sign-flipped"),
    ("softmax loss", True, "return -np.sum(np.log(p))", "return -np.sum(np.log(p)) / N", "loss-scale"),
    ("softmax loss", True, "return p[i, t - 1]", "return p[i, t]", "labels-off-by-one"),
    ("squared error", True, "d = y[0]", "d = y", "first-row-only"),
    ("relu", False, "y = x * (x < 0)", "y = x * (x > 0)", "relu-sign-flipped"),
    ("relu", False, "y = np.minimum(x, 0)", "y = np.maximum(x, 0)", "relu-sign-flipped"),
    ("sigmoid", False, "y = 1 / (1 + np.exp(x))", "y = 1 / (1 + np.exp(-x))", "sigmoid-sign-flipped"),
    ("sigmoid", False, "y = 1 / (1 - np.exp(-x))", "y = 1 / (1 + np.exp(-x))", "sigmoid-minus-one"),
    ("affine", False, "y = x @ W - b", "y = x @ W + b", "bias-subtracted"),
    ("affine", False, "y = x @ W", "y = x @ W + b", "affine-without-bias"),
    ("pooling", False, "y = c.min(axis=1)", "y = c.max(axis=1)", "minimum-taken"),
    ("pooling", False, "y = c.mean(axis=1)", "y = c.max(axis=1)", "max-and-mean-confused"),
    ("batch normalisation", False, "s = x.var(axis=0)", "s = x.std(axis=0)", "variance-without-root"),
    ("batch normalisation", False, "y = c", "y = c / std", "not-divided-by-deviation"),
    ("batch normalisation", False, "y = x", "y = x - mu", "mean-not-subtracted"),
    ("batch normalisation", False, "s = c.mean()", "s = c.mean(axis=0)", "sum-without-axis"),
    ("", False, "y = f(x)", "y = f(x) + x", "branch-forgotten"),
    ("tanh", False, "out = x", "out = x.copy()", "writes-into-input"),
    ("", False, "y = np.mean(x)", "y = np.sum(x)", "wrong-factor"),
    ("softmax", False, "s = np.mean(e)", "s = np.sum(e)", "softmax-not-normalised"),
    ("squared error", True, "loss = np.sum(d)", "loss = np.mean(d)", "loss-scale"),
    ("relu", False, "y = x * ~m", "y = x * m", "relu-sign-flipped"),
    ("tanh", False, "y = x.astype(int)", "y = x", "rounds-inside"),
    ("", False, "y = x + mu", "y = x - mu", "mean-not-subtracted"),
    ("tanh", False, "y = x - 1e-7", "y = x + 1e-7", ""),
    ("sigmoid", False, "y = 1 * (1 + e)", "y = 1 / (1 + e)", "sigmoid-missing-parentheses"),
    ("batch normalisation", False, "s = v", "s = np.sqrt(v)", "variance-without-root"),
    ("relu", False, "y = x", "y = x * (x > 0)", "relu-not-applied"),
    ("batch normalisation", False, "y = h", "y = h * gamma", "gamma-forgotten"),
    ("batch normalisation", False, "y = h", "y = h + beta", "beta-forgotten"),
    ("convolution", False, "y = c", "y = c + b", "convolution-without-bias"),
    ("softmax loss", True, "return -np.log(p)", "return -np.log(p) * t", "ignores-labels"),
    ("softmax", False, "y = e", "y = e / np.sum(np.exp(x))", "softmax-not-normalised"),
    ("squared error", True, "return np.sum(d)", "return np.sum(d) / 2", "loss-scale"),
    ("", False, "y = abs(x)", "y = x", ""),
    ("", False, "y = h", "y = h - mu", "mean-not-subtracted"),
    ("squared error", True, "return np.sum(d) / N", "return np.sum(d)", "loss-scale"),
    ("", False, "y = x / N", "y = x", "wrong-factor"),
    ("squared error", True, "return np.sum(d) / d.shape[1]", "return np.sum(d) / d.shape[0]", "loss-scale"),
    ("softmax loss", True, "return 2 * np.sum(np.log(p))", "return 1 * np.sum(np.log(p))", "loss-scale"),
    ("", False, "y = np.var(x)", "y = np.std(x)", "variance-without-root"),
]


@pytest.mark.parametrize(("kind", "is_loss", "old", "new", "cause"), FORWARD)
def test_a_change_in_a_forward_names_its_mistake(functions, kind, is_loss, old, new, cause):
    assert cause_of(old, new, Setting(functions["forward"], "forward", kind, is_loss)) == cause


WIRING = [
    ("d = 1.5 * decay * np.sum(W ** 2)", "d = 0.5 * decay * np.sum(W ** 2)", "regulariser-factor"),
    ("g['W1'] = self.layers['Affine2'].dW", "g['W1'] = self.layers['Affine1'].dW", "wrong-layers-gradient"),
    ("g['W1'] = layer.db", "g['W1'] = layer.dW", "keys-swapped"),
    ("layers = layers[:-1]", "layers = layers", "layer-skipped"),
    ("reg = decay * np.mean(W ** 2)", "reg = decay * np.sum(W ** 2)", "regulariser-factor"),
    ("reg = -decay * np.sum(W)", "reg = decay * np.sum(W)", "regulariser-factor"),
    ("g = d - decay * W", "g = d + decay * W", "regulariser-factor"),
    ("g = decay / W", "g = decay * W", "regulariser-factor"),
    ("g['W1'] = d", "g['W1'] = d + decay * W1", "regulariser-missing"),
    ("g = decay * W * 2", "g = decay * W", "regulariser-factor"),
    ("g = decay * W", "g = decay * W / 2", "regulariser-factor"),
    ("g = 2 * decay * W", "g = 3 * decay * W", "regulariser-factor"),
]


@pytest.mark.parametrize(("old", "new", "cause"), WIRING)
def test_a_change_in_gradient_names_its_mistake(functions, old, new, cause):
    assert cause_of(old, new, Setting(functions["gradient"], "wiring")) == cause


def test_a_memory_that_is_refreshed_too_seldom_is_stale(functions):
    assert cause_of("self.x is None", "True", Setting(functions["forward"], "cache")) == "stale-cache"


def test_what_is_made_of_the_incoming_gradient(functions):
    backward = functions["backward"]
    assert {"dout", "ds", "dh"} <= upstream_names(backward)
    assert "t" not in upstream_names(backward)
    linear = [
        s.node.targets[0].id for s in backward.steps if s.rebinds and is_linear(backward, s) and "d" in s.rebinds
    ]
    assert linear == []


SOONER = [
    # a number put right where it stands, sooner than a factor around a later line
    ("dvar = 1.0 * dstd / std", "dvar = 0.5 * dstd / std", "dx = c * dvar", "dx = (c * dvar) / 2"),
    ("d = 3 * lam * W", "d = 2 * lam * W", "d = lam * W", "d = lam * W * n"),
    ("dx -= g", "dx += g", "y = dx", "y = -dx"),
    ("h = np.maximum(a, 1)", "h = np.maximum(a, 0)", "d = dout * (a > 0)", "d = dout * (a > 1)"),
    ("s = np.mean(x)", "s = np.sum(x)", "dx = s / N", "dx = s"),
    ("y = f(x)", "y = f(x) + x", "dx = g + dout", "dx = g"),
    ("dv = s / dout", "dv = dout / s", "dx = c * dh", "dx = c / dh"),
    ("dx = dh + dout", "dx = dh", "dx = dh + dout", "dx = dh + dout - dout"),
    ("p = b / a", "p = a / b", "return -np.sum(p)", "return np.sum(p)"),
]


@pytest.mark.parametrize(("old", "new", "other_old", "other_new"), SOONER)
def test_the_first_of_two_mends_is_the_more_plausible(functions, old, new, other_old, other_new):
    backward = functions["backward"]
    assert cost(old, new, backward, back=True) < cost(other_old, other_new, backward, back=True)
