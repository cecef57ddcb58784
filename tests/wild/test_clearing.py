"""Layers whose backward adds to gradients that others set to zero: right, and wrong where nobody does."""

import pytest
from judging import judged

LAYER = """
import numpy as np

class Dense:
    def __init__(self, inputs, outputs):
        self.W = 0.5 * np.random.randn(inputs, outputs)
        self.b = np.zeros(outputs)
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW += self.x.T @ dout
        self.db += dout.sum(axis=0)
        return dout @ self.W.T
"""

OWN = """
    def zero_grad(self):
        self.dW[...] = 0
        self.db[...] = 0
"""
IN_THE_LOOP = """
def train(net, batches, rate):
    for x, dout in batches:
        for layer in net:
            layer.dW = np.zeros_like(layer.W)
            layer.db.fill(0)
        net[0].backward(dout)
"""
BOXES = """
import numpy as np

class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = np.zeros_like(data)

    def clear_grad(self):
        self.grad = np.zeros_like(self.data)

class Scale:
    def __init__(self, width):
        self.gain = Parameter(np.ones(width))

    def forward(self, x):
        self.x = x
        return x * self.gain.data

    def backward(self, up):
        self.gain.grad += np.sum(up * self.x, axis=0)
        return up * self.gain.data
"""
NETWORK = (
    LAYER
    + OWN
    + """
class Net:
    def __init__(self, inputs, hidden, outputs):
        self.layers = a, b = [Dense(inputs, hidden), Dense(hidden, outputs)]
        self.params = {"W1": a.W, "b1": a.b, "W2": b.W, "b2": b.b}

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        self.error = self.predict(x) - t
        return 0.5 * np.sum(self.error**2)

    def gradient(self, x, t):
        self.loss(x, t)
        self.layers[0].backward(self.layers[1].backward(self.error))
        a, b = self.layers
        return {"W1": a.dW, "b1": a.db, "W2": b.dW, "b2": b.db}
"""
)


@pytest.mark.parametrize("source", [LAYER + OWN, LAYER + IN_THE_LOOP, BOXES, NETWORK])
def test_a_backward_may_add_to_what_its_users_clear(source, tmp_path):
    path = tmp_path / "model.py"
    path.write_text(source, encoding="utf-8")
    (report,) = judged(path)
    assert report["ok"]
    assert len(report["verdicts"]) > 1


def test_the_clearing_may_lie_in_a_file_beside(tmp_path):
    loop = "from layers import Dense\n\ndef train(net, optimizer):\n    optimizer.zero_grads()\n"
    (tmp_path / "train.py").write_text(loop, encoding="utf-8")
    (tmp_path / "layers.py").write_text(LAYER, encoding="utf-8")
    (report,) = judged(tmp_path / "layers.py")
    assert report["ok"]


@pytest.mark.parametrize(
    ("source", "right", "wrong"),
    [
        (LAYER + OWN, "dout.sum(axis=0)", "dout.mean(axis=0)"),
        (LAYER + OWN, "self.dW += self.x.T", "self.dW -= self.x.T"),
        (BOXES, "np.sum(up * self.x, axis=0)", "np.sum(up, axis=0)"),
        (NETWORK, "dout @ self.W.T", "-dout @ self.W.T"),
    ],
)
def test_what_it_adds_is_judged(source, right, wrong, tmp_path):
    assert source.count(right) == 1
    path = tmp_path / "model.py"
    path.write_text(source.replace(right, wrong), encoding="utf-8")
    (report,) = judged(path)
    assert {finding["kind"] for finding in report["findings"]} == {"backward"}


def test_where_nobody_clears_them_they_grow(tmp_path):
    path = tmp_path / "model.py"
    path.write_text(LAYER, encoding="utf-8")
    (report,) = judged(path)
    assert (report["findings"][0]["cause"], report["findings"][0]["quantity"]) == ("accumulates", "dW")
