"""Ways back that are meant to be no derivative are not compared; all others are."""

import numpy as np
import pytest

from backproof import check


class Steps:
    def forward(self, x):
        return np.sign(x)

    def backward(self, dout):
        return dout


class OfSigns:
    def __init__(self):
        self.W = np.random.default_rng(0).normal(size=(7, 4))

    def forward(self, x):
        self.x, self.signs = x, np.where(self.W > 0, 1.0, -1.0)
        return x @ self.signs

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.signs.T


class GradientReversal:
    def forward(self, x):
        return x * 1.0

    def backward(self, dout):
        return -dout


class Casts:
    def forward(self, x):
        return x.astype(int)

    def backward(self, dout):
        return dout


class Halves:
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, 0.5 * x)

    def backward(self, dout):
        return -dout * np.where(self.x > 0, 1, 0.5)


@pytest.mark.parametrize("layer", [Steps(), OfSigns(), GradientReversal()])
def test_a_surrogate_is_left_alone(layer):
    report = check(layer)
    assert report.ok
    assert not report.verdicts
    assert "stands in for a derivative" in report.understood


@pytest.mark.parametrize(("layer", "cause"), [(Casts(), "dout-passed-through"), (Halves(), "wrong-sign")])
def test_what_says_nothing_of_steps_is_compared(layer, cause):
    assert [finding.cause for finding in check(layer).findings if finding.is_fault] == [cause]
