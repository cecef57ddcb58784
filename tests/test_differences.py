"""Numerical gradients against SciPy and autograd, and what happens to the perturbed array."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import optimize

from backproof import BackproofError, numerical_gradient, numerical_gradient_2d
from backproof.errors import DtypeError

points = arrays(np.float64, array_shapes(min_dims=0, max_dims=3, max_side=3), elements=st.floats(-10, 10))


@given(x=points)
def test_agrees_with_automatic_differentiation_and_puts_x_back(x):
    def f(a):
        return anp.sum(anp.sin(a) * anp.exp(-a * a / 10) + a**3)

    kept = x.copy()
    np.testing.assert_allclose(numerical_gradient(f, x), autograd.grad(f)(x), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(x, kept)


def test_agrees_with_scipy_on_rosenbrock():
    x = np.array([1.3, 0.7, 0.8, 1.9, 1.2])
    np.testing.assert_allclose(numerical_gradient(optimize.rosen, x), optimize.rosen_der(x), rtol=1e-6)


@given(scale=st.floats(1, 1e8))
def test_the_step_grows_with_the_value(scale):
    x = np.array([scale])
    np.testing.assert_allclose(numerical_gradient(lambda a: a[0] ** 2, x), 2 * x, rtol=1e-7)


@given(value=st.floats(-1e6, 1e6))
def test_the_step_is_the_one_that_was_made_after_rounding(value):
    assert numerical_gradient(lambda a: a[0], np.array([value])) == 1.0


def test_the_function_may_read_the_array_itself():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(numerical_gradient(lambda _: float((x**2).sum()), x), 2 * x, rtol=1e-9)


@pytest.mark.parametrize("layout", [lambda a: a.T, lambda a: a[::2], lambda a: a[:, ::-1], np.asfortranarray])
def test_any_memory_layout(layout):
    x = layout(np.arange(12.0).reshape(4, 3))
    np.testing.assert_allclose(numerical_gradient(lambda a: float((a**2).sum()), x), 2 * x, atol=1e-7)


def test_a_float32_loss_is_still_differenced_in_float64():
    x = np.array([2.0])
    gradient = numerical_gradient(lambda a: np.array([3 * a[0]], dtype=np.float32), x)
    assert gradient.dtype == np.float64
    assert gradient == pytest.approx(3, rel=0.1)  # a float32 value leaves this much rounding over a step of 1e-5


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_x_is_put_back_when_the_function_raises(call):
    x = np.array([0.1, 0.2])
    calls = []

    def f(a):
        calls.append(a.copy())
        if len(calls) == call:
            raise RuntimeError("in the user's own function")
        return a.sum()

    with pytest.raises(RuntimeError, match="user's own"):
        numerical_gradient(f, x)
    assert len(calls) == call
    np.testing.assert_array_equal(x, [0.1, 0.2])


@pytest.mark.parametrize("differentiate", [numerical_gradient, numerical_gradient_2d])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int64, np.uint8, bool, complex])
def test_other_number_types_are_refused_with_the_mend(differentiate, dtype):
    x = np.ones(3, dtype)
    with pytest.raises(DtypeError, match=rf"{np.dtype(dtype)}.*astype\(np.float64\)"):
        differentiate(np.sum, x)


def test_a_list_and_a_read_only_array_are_refused():
    with pytest.raises(DtypeError, match=r"list.*np\.array"):
        numerical_gradient(sum, [1.0, 2.0])
    frozen = np.ones(3)
    frozen.flags.writeable = False
    with pytest.raises(DtypeError, match=r"read-only.*copy"):
        numerical_gradient(np.sum, frozen)


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda a: a, r"float64 of shape \(2,\)"),
        (lambda a: None, "None.*return"),
        (lambda a: "high", "<U4"),
    ],
)
def test_a_function_that_gives_no_single_number_is_named(f, words):
    x = np.ones(2)
    with pytest.raises(BackproofError, match=words):
        numerical_gradient(f, x)
    np.testing.assert_array_equal(x, 1)


def test_nan_gives_nan_and_no_warning():
    gradient = numerical_gradient(np.sum, np.array([np.nan, 1.0, np.inf]))
    assert np.isnan(gradient).all()


def test_two_dimensional_form_takes_each_row_as_a_point():
    X = np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]])
    kept = X.copy()
    np.testing.assert_allclose(numerical_gradient_2d(lambda p: p[0] ** 2 * p[1], X), [[4, 1], [24, 9], [-1, 1]])
    np.testing.assert_array_equal(X, kept)
    np.testing.assert_allclose(numerical_gradient_2d(lambda p: p[0] ** 2 * p[1], X[0]), [4, 1])
    assert numerical_gradient_2d(np.sum, np.zeros((0, 2))).shape == (0, 2)
    assert numerical_gradient_2d(np.sum, np.array(1.0)) == pytest.approx(1)
