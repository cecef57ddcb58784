"""Function pairs in the ways people call them, and layers whose backward changes what forward reads."""

import numpy as np
import pytest

import backproof
from backproof.errors import BackproofError

rng = np.random.default_rng(3)


def relu(x):
    return np.maximum(0, x)


def relu_backward(dA, Z):
    return dA * (Z > 0)


def relu_backward_turned(Z, dA):
    return dA * (Z > 0)


def relu_backward_wrong(dA, Z):
    return dA * (Z < 0)


def cost_forward(scores, labels):
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(labels * np.log(p)), (p, labels)


def cost_backward(cache):
    p, labels = cache
    return p - labels


def cost_backward_wrong(cache):
    p, labels = cache
    return p + labels


@pytest.mark.parametrize(
    ("back", "ok"), [(relu_backward, True), (relu_backward_turned, True), (relu_backward_wrong, False)]
)
def test_a_slope_that_takes_the_upstream_gradient_too(back, ok):
    assert backproof.check((relu, back), rng.standard_normal((3, 7))).ok is ok


@pytest.mark.parametrize(("back", "ok"), [(cost_backward, True), (cost_backward_wrong, False)])
def test_a_losss_backward_takes_its_cache_alone(back, ok):
    report = backproof.check((cost_forward, back), rng.standard_normal((3, 4)), np.eye(4)[[0, 1, 2]])
    assert report.ok is ok


def needs_three(a, b, c):
    return a * b * c


def test_a_backward_that_is_called_as_it_is_not_meant_to_be_is_no_fault():
    try:
        report = backproof.check((relu, needs_three), rng.standard_normal((3, 7)))
    except BackproofError:
        return
    assert [f.kind for f in report.findings] == ["uncheckable"]


class Overwrites:
    """backward leaves the gradient where the weights were."""

    def __init__(self, W):
        self.W = W

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.W = self.x.T @ dout
        return dout @ self.W.T


def test_a_backward_that_changes_what_forward_reads():
    report = backproof.check(Overwrites(rng.standard_normal((7, 4))), rng.standard_normal((3, 7)))
    fault = report.findings[0]
    assert (fault.kind, fault.cause, fault.quantity) == ("state", "updates-parameters", "W")
