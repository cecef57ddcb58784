"""Where gradient() is right and the loss is not, the line is one of the loss, and the other way round."""

import linecache

import numpy as np
import pytest

import backproof

MATRICES = """
import numpy as np


def softmax(a):
    e = np.exp(a - a.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(y, t):
    n = y.shape[0]
    return -np.sum(t * np.log(y)) / n


class Net:
    def __init__(self):
        rng = np.random.default_rng(0)
        self.params = {"W1": rng.normal(size=(4, 5)), "W2": rng.normal(size=(5, 3))}
        self.params |= {"b1": np.zeros(5), "b2": np.zeros(3)}

    def predict(self, x):
        p = self.params
        z = np.tanh(x @ p["W1"] + p["b1"])
        return softmax(z @ p["W2"] + p["b2"])

    def loss(self, x, t):
        return cross_entropy(self.predict(x), t)

    def gradient(self, x, t):
        p = self.params
        z = np.tanh(x @ p["W1"] + p["b1"])
        y = softmax(z @ p["W2"] + p["b2"])
        dy = (y - t) / len(x)
        da = (dy @ p["W2"].T) * (1 - z**2)
        return {"W1": x.T @ da, "b1": da.sum(axis=0), "W2": z.T @ dy, "b2": dy.sum(axis=0)}
"""

LAYERS = """
import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class SoftmaxWithLoss:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.y)) / len(x)

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


class Net:
    def __init__(self):
        rng = np.random.default_rng(0)
        self.decay = 0.1
        self.params = {"W1": rng.normal(size=(4, 5)), "W2": rng.normal(size=(5, 3))}
        self.params |= {"b1": np.zeros(5), "b2": np.zeros(3)}
        p = self.params
        self.layers = {"Affine1": Affine(p["W1"], p["b1"]), "Affine2": Affine(p["W2"], p["b2"])}
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        penalty = 0
        for key in ("W1", "W2"):
            penalty += 0.5 * self.decay * np.sum(self.params[key] ** 2)
        value = self.last_layer.forward(self.predict(x), t)
        return value + penalty

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        grads = {}
        for i in ("1", "2"):
            layer = self.layers["Affine" + i]
            grads["W" + i] = layer.dW + self.decay * layer.W
            grads["b" + i] = layer.db
        return grads
"""
RNG = np.random.default_rng(1)
GIVEN = {"x": RNG.normal(size=(6, 4)), "t": np.eye(3)[RNG.integers(0, 3, 6)]}


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (MATRICES, "n = y.shape[0]", "n = y.shape[1]"),
        (MATRICES, "np.sum(t * np.log(y)) / n", "np.mean(t * np.log(y)) / n"),
        (MATRICES, "dy = (y - t) / len(x)", "dy = (y - t) / y.shape[1]"),
        (MATRICES, 'z = np.tanh(x @ p["W1"] + p["b1"])', 'z = np.tanh(x @ p["W1"] - p["b1"])'),
        (MATRICES, "return cross_entropy(self.predict(x), t)", "return cross_entropy(self.predict(x), t) * 3"),
        (LAYERS, "0.5 * self.decay", "self.decay"),
        (LAYERS, "0.5 * self.decay", "0.5"),
        (LAYERS, "self.params[key] ** 2", "self.params[key] ** 4"),
        (LAYERS, "value + penalty", "value - penalty"),
        (LAYERS, "return value + penalty", "return 2 * (value + penalty)"),
        (LAYERS, "+ self.decay * layer.W", "+ 2 * self.decay * layer.W"),
        (LAYERS, "layer.dW + self.decay * layer.W", "layer.dW"),
    ],
)
def test_the_line_is_where_the_mistake_is(tmp_path, text, right, wrong):
    path = tmp_path / "code.py"
    faulty = text.replace(right, wrong, 1)
    path.write_text(faulty, encoding="utf-8")
    linecache.checkcache()
    names = {"__name__": "code"}
    exec(compile(faulty, path, "exec"), names)
    first, *_ = [f for f in backproof.check(names["Net"](), **GIVEN).findings if f.is_fault]
    changed = next(
        i for i, (a, b) in enumerate(zip(text.split("\n"), faulty.split("\n"), strict=True), 1) if a != b
    )
    assert first.line == changed


@pytest.mark.parametrize("text", [MATRICES, LAYERS])
def test_a_loss_without_a_mistake_is_left_alone(tmp_path, text):
    path = tmp_path / "code.py"
    path.write_text(text, encoding="utf-8")
    names = {"__name__": "code"}
    exec(compile(text, path, "exec"), names)
    assert backproof.check(names["Net"](), **GIVEN).ok


def test_a_penalty_that_gradient_lacks_is_missing_there(tmp_path):
    path = tmp_path / "code.py"
    text = MATRICES.replace("predict(x), t)", 'predict(x), t) + 0.1 * np.abs(self.params["W1"]).sum()')
    path.write_text(text, encoding="utf-8")
    linecache.checkcache()
    names = {"__name__": "code"}
    exec(compile(text, path, "exec"), names)
    first = next(f for f in backproof.check(names["Net"](), **GIVEN).findings if f.is_fault)
    lines = text.split("\n")
    assert first.line > lines.index("    def gradient(self, x, t):")


@pytest.mark.parametrize("all_of_them", [True, False])
def test_layers_that_divide_where_the_loss_does_not_are_right_together(tmp_path, all_of_them):
    text = LAYERS.replace("(self.y - self.t) / len(self.t)", "(self.y - self.t)")
    text = text.replace("self.dW = self.x.T @ dout", "self.dW = self.x.T @ dout / len(dout)")
    if all_of_them:
        text = text.replace("self.db = dout.sum(axis=0)", "self.db = dout.mean(axis=0)")
    path = tmp_path / "code.py"
    path.write_text(text, encoding="utf-8")
    linecache.checkcache()
    names = {"__name__": "code"}
    exec(compile(text, path, "exec"), names)
    report = backproof.check(names["Net"](), **GIVEN)
    assert report.ok is all_of_them
    assert ("divided-in-layers" in [f.cause for f in report.findings]) is all_of_them
