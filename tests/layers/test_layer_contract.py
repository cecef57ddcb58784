"""What every layer with one input promises: right gradients, ownership, freshness, types, clear refusals."""

import re

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from backproof.errors import OrderError, ShapeError
from backproof.layers import Affine, Layer, Relu, Sigmoid

seeds = st.integers(0, 2**32 - 1)
FLOATS = (np.float32, np.float64)


def affine(D, M, rng, dtype=np.float64):
    return Affine(rng.normal(size=(D, M)).astype(dtype), rng.normal(size=M).astype(dtype))


ONE_INPUT = {
    "affine": (lambda rng, dtype: affine(4, 3, rng, dtype), lambda x, p: x @ p["W"] + p["b"]),
    "relu": (lambda rng, dtype: Relu(), lambda x, p: anp.maximum(x, 0)),
    "sigmoid": (lambda rng, dtype: Sigmoid(), lambda x, p: (anp.tanh(x / 2) + 1) / 2),
}
one_input = pytest.mark.parametrize(("make", "formula"), ONE_INPUT.values(), ids=ONE_INPUT)


@one_input
@given(seed=seeds, rows=st.sampled_from([(), (1,), (5,)]))
def test_output_and_gradients_are_those_of_the_formula(make, formula, seed, rows):
    rng = np.random.default_rng(seed)
    layer = make(rng, np.float64)
    x = rng.normal(size=(*rows, 4))
    y = layer.forward(x)
    np.testing.assert_allclose(y, formula(x, layer.params), rtol=1e-12, atol=1e-14)

    dout = rng.normal(size=y.shape)
    dx = layer.backward(dout)
    params = dict(layer.params)
    want_dx, want_params = autograd.grad(lambda x, p: anp.sum(formula(x, p) * dout), (0, 1))(x, params)
    np.testing.assert_allclose(dx, want_dx, rtol=1e-11, atol=1e-13)
    assert layer.grads.keys() == layer.params.keys()
    for name, gradient in layer.grads.items():
        np.testing.assert_allclose(gradient, want_params[name], rtol=1e-11, atol=1e-13)


@one_input
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(4,), (3, 4), (0, 4)])
def test_types_and_shapes_stay(make, formula, dtype, shape):
    rng = np.random.default_rng(0)
    layer = make(rng, dtype)
    x = rng.normal(size=shape).astype(dtype)
    y = layer.forward(x)
    dx = layer.backward(np.ones_like(y))
    assert y.dtype == dx.dtype == dtype
    assert dx.shape == x.shape
    for name, gradient in layer.grads.items():
        assert gradient.dtype == dtype
        assert gradient.shape == layer.params[name].shape


@one_input
@given(seed=seeds)
def test_nothing_given_is_written_to_and_nothing_returned_changes_later(make, formula, seed):
    rng = np.random.default_rng(seed)
    layer = make(rng, np.float64)
    given_arrays = x, dout = rng.normal(size=(3, 4)), rng.normal(size=layer.forward(np.zeros((3, 4))).shape)
    kept = [a.copy() for a in given_arrays]
    y, dx = layer.forward(x), layer.backward(dout)
    returned = [y, dx, *layer.grads.values()]
    before = [a.copy() for a in returned]

    layer.forward(rng.normal(size=(3, 4)))
    layer.backward(rng.normal(size=dout.shape))
    for array, copy in zip([*given_arrays, *returned], [*kept, *before], strict=True):
        np.testing.assert_array_equal(array, copy)
    for array in returned:
        assert not any(np.shares_memory(array, other) for other in [*given_arrays, *layer.params.values()])


@one_input
def test_writing_into_what_forward_returned_does_not_disturb_backward(make, formula):
    rng = np.random.default_rng(0)
    layer, x = make(rng, np.float64), rng.normal(size=(3, 4))
    dout = np.ones_like(layer.forward(x))
    expected = layer.backward(dout)
    layer.forward(x)[...] = 99.0
    np.testing.assert_array_equal(layer.backward(dout), expected)


@one_input
def test_backward_before_forward_says_so(make, formula):
    layer = make(np.random.default_rng(0), np.float64)
    with pytest.raises(
        OrderError, match=rf"{type(layer).__name__}\.backward was called before forward.*forward\(x\)"
    ):
        layer.backward(np.ones((3, 4)))


@one_input
def test_a_gradient_of_the_wrong_shape_is_named(make, formula):
    layer = make(np.random.default_rng(0), np.float64)
    y = layer.forward(np.zeros((2, 4)))
    for wrong in ((2, 7), (5, 2, 4), (), (1, y.shape[1])):
        words = re.escape(f"{type(layer).__name__}.backward expected a gradient of shape {y.shape}") + ".*"
        with pytest.raises(ShapeError, match=words + re.escape(f"got {wrong}")):
            layer.backward(np.ones(wrong))


@pytest.mark.parametrize("layer_type", [Relu, Sigmoid])
@given(x=arrays(np.float64, array_shapes(min_dims=0, max_dims=4, max_side=4), elements=st.floats(-1e4, 1e4)))
def test_activations_take_any_shape(layer_type, x):
    layer = layer_type()
    y = layer.forward(x)
    assert y.shape == layer.backward(np.ones(x.shape)).shape == x.shape
    assert np.isfinite(y).all()


def test_relu_passes_nothing_at_zero_and_shows_nan():
    relu = Relu()
    np.testing.assert_array_equal(relu.forward(np.array([-1.0, -0.0, 0.0, 2.0, np.nan])), [0, 0, 0, 2, np.nan])
    np.testing.assert_array_equal(relu.backward(np.ones(5)), [0, 0, 0, 1, 0])


def test_the_bare_layer_promises_nothing():
    with pytest.raises(NotImplementedError):
        Layer().forward(np.ones(1))
    with pytest.raises(NotImplementedError):
        Layer().backward(np.ones(1))
