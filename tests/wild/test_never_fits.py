"""Ways back whose arrays never fit together are wrong; those that lie otherwise than the way forward are not."""

import pytest
from judging import judged

NETWORK = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Network:
    def __init__(self, n_inputs, n_outputs):
        self.weights_1 = np.random.rand(n_inputs, 9)
        self.weights_2 = np.random.rand(9, n_outputs)

    def feedforward(self, x):
        self.hidden = sigmoid(np.dot(x, self.weights_1))
        self.output = sigmoid(np.dot(self.hidden, self.weights_2))
        return self.output

    def backpropagation(self, x, y):
        delta = 2 * (y - self.output) * self.output * (1 - self.output)
        d_weights_2 = np.dot({hidden}, delta)
        d_weights_1 = np.dot(x.T, np.dot(delta, self.weights_2.T) * self.hidden * (1 - self.hidden))
        self.weights_1 += d_weights_1
        self.weights_2 += d_weights_2
"""

TURNED = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class InRowsGoingBack:
    def __init__(self, sizes):
        self.biases = [np.random.randn(n, 1) for n in sizes[1:]]
        self.weights = [np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]

    def feed_forward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def backprop(self, x, y):
        activation, activations = x, [x]
        for b, w in zip(self.biases, self.weights):
            activation = sigmoid(np.dot(activation, w.T) + b.T)
            activations.append(activation)
        delta = (activations[-1] - y) * activation * (1 - activation)
        nabla_b, nabla_w = [], []
        for i in range(1, len(self.weights) + 1):
            nabla_b.insert(0, delta.sum(axis=0).reshape(-1, 1))
            nabla_w.insert(0, np.dot(delta.T, activations[-i - 1]))
            delta = np.dot(delta, self.weights[-i]) * activations[-i - 1] * (1 - activations[-i - 1])
        return nabla_b, nabla_w
"""


@pytest.mark.parametrize(("hidden", "right"), [("self.hidden.T", True), ("self.hidden", False)])
def test_what_raises_whatever_goes_in_is_wrong_on_its_line(tmp_path, hidden, right):
    path = tmp_path / "network.py"
    text = NETWORK.format(hidden=hidden)
    path.write_text(text, encoding="utf-8")
    report = judged(str(path))[0]
    assert report["ok"] is right
    if not right:
        (finding,) = report["findings"]
        assert (finding["kind"], finding["cause"]) == ("backward", "raises")
        assert "np.dot(self.hidden, delta)" in text.splitlines()[finding["line"] - 1]


def test_a_way_back_in_rows_beside_a_way_forward_in_columns_is_no_fault(tmp_path):
    path = tmp_path / "network.py"
    path.write_text(TURNED, encoding="utf-8")
    reports = judged(str(path))
    assert [report["findings"] for report in reports if not report["ok"]] == []


ONLY_THE_ERROR = """
import numpy as np


class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.b1 = np.random.randn(n_in, n_hidden), np.zeros(n_hidden)
        self.W2, self.b2 = np.random.randn(n_hidden, n_out), np.zeros((1, n_out))

    def forward(self, x):
        return np.tanh(x @ self.W1 + self.b1) @ self.W2 + self.b2

    def backward(self, x, y):
        return (self.forward(x) - y).sum(axis=0, keepdims=True)
"""


def test_one_gradient_of_many_parameters_is_no_judgement(tmp_path):
    """A part of the way back that gives the error at the output is the gradient of the last bias, and no more."""
    path = tmp_path / "network.py"
    path.write_text(ONLY_THE_ERROR, encoding="utf-8")
    findings = [finding for report in judged(str(path)) for finding in report["findings"]]
    assert {finding["kind"] for finding in findings} == {"uncheckable"}
