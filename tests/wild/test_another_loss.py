"""A network whose cost is not what it goes down: wrong by its own word, and the report names the other loss."""

from judging import judged

NETWORK = """
import numpy as np


class Net:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1, self.W2 = np.random.randn(n_in, n_hidden), np.random.randn(n_hidden, n_out)

    def forward(self, X):
        self.h = np.tanh(X @ self.W1)
        self.out = 1 / (1 + np.exp(-self.h @ self.W2))
        return self.out

    def loss(self, y):
        return np.mean((self.out - y) ** 2)

    def backward(self, X, y):
        d2 = (self.out - y) / len(X)
        self.dW2 = self.h.T @ d2
        self.dW1 = X.T @ (d2 @ self.W2.T * (1 - self.h**2))
"""


def test_the_loss_whose_gradients_these_are_is_named(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(NETWORK, encoding="utf-8")
    (report,) = judged(path)
    assert not report["ok"]
    assert "its own loss (the gradients are exactly those of binary cross-entropy)" in report["understood"]


def test_of_a_loss_of_its_own_that_fits_nothing_is_said(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(
        NETWORK.replace("(self.out - y) / len(X)", "(self.out - y) * self.out * (1 - self.out)"), "utf-8"
    )
    (report,) = judged(path)
    assert report["ok"]
    assert "exactly those" not in report["understood"]
