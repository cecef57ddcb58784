"""Which line is blamed: not a helper that is right, not the gradient of another parameter."""

import numpy as np

import backproof

GLIDING = """
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gliding(z):
    return z * sigmoid(z)


def gliding_derivative(z):
    s = sigmoid(z)
    return s + z * s
"""

ONE_OUTPUT = """
import numpy as np


class Net:
    def __init__(self, W1, b1, W2, b2):
        self.W1, self.b1, self.W2, self.b2 = W1, b1, W2, b2

    def forward(self, X):
        self.X = X
        self.A = np.tanh(self.W1 @ X + self.b1)
        self.Y = self.W2 @ self.A + self.b2
        return self.Y

    def backward(self, T):
        D = self.Y - T
        self.dW2, self.db2 = D @ self.A.T, np.sum(D, axis=1, keepdims=True)
        D = self.W2.T @ D * (1 - self.A**2)
        self.dW1, self.db1 = D @ self.X.T, np.sum(D, keepdims=True)
"""


def made(source, tmp_path, monkeypatch, name):
    (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return __import__(name)


def test_a_helper_of_both_is_not_changed_so_that_two_wrongs_agree(tmp_path, monkeypatch):
    module = made(GLIDING, tmp_path, monkeypatch, "gliding_apart")
    (finding,) = backproof.check((module.gliding, module.gliding_derivative)).findings
    assert (finding.kind, finding.layer) == ("backward", "gliding_derivative")
    assert "s + z * s" in dict(finding.evidence["lines"])[finding.line]


def test_a_bias_summed_over_everything_is_not_taken_for_weights_of_its_shape(tmp_path, monkeypatch):
    module = made(ONE_OUTPUT, tmp_path, monkeypatch, "one_output_apart")
    rng = np.random.default_rng(0)
    shapes = [(5, 7), (5, 1), (1, 5), (1, 1)]
    (finding,) = backproof.check(module.Net(*(rng.normal(size=shape) for shape in shapes))).findings
    assert (finding.cause, finding.quantity) == ("sum-without-axis", "b1")
