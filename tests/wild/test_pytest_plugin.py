"""`assert_gradients`: what is right passes, what is wrong fails with the report, what is not judged fails too."""

import numpy as np
import pytest

from backproof.layers import Affine
from backproof.pytest_plugin import assert_gradients


class Forgetful(Affine):
    """An affine layer whose bias gradient takes the first row alone."""

    def parameter_gradients(self, dout):
        super().parameter_gradients(dout)
        self.grads["b"] = dout[0]


def made(cls):
    rng = np.random.default_rng(0)
    return cls(rng.normal(size=(4, 3)), rng.normal(size=3))


def test_a_right_layer_passes():
    assert_gradients(made(Affine), np.ones((2, 4)))


def test_a_wrong_layer_fails_with_the_report():
    with pytest.raises(pytest.fail.Exception) as failure:
        assert_gradients(made(Forgetful), np.random.default_rng(1).normal(size=(2, 4)))
    assert "db" in str(failure.value)
    assert "fault" in str(failure.value)


def test_a_layer_that_cannot_be_judged_fails():
    class Undecided:
        def forward(self, x):
            self.calls = getattr(self, "calls", 0) + 1
            return x * id(object()) * self.calls

        def backward(self, dout):
            return dout

    with pytest.raises(pytest.fail.Exception):
        assert_gradients(Undecided(), np.ones((2, 4)))


def test_the_plugin_is_installed_as_one(pytester):
    pytester.makepyfile(
        """
        class Double:
            def forward(self, x):
                return 2 * x
            def backward(self, dout):
                return 3 * dout
        def test_it(assert_gradients):
            assert_gradients(Double())
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*dx*"])
