"""Affine: shared parameters, images, single samples, refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof.errors import DtypeError, ShapeError
from backproof.layers import Affine

seeds = st.integers(0, 2**32 - 1)


def affine(D, M, rng):
    return Affine(rng.normal(size=(D, M)), rng.normal(size=M))


def test_keeps_the_arrays_it_was_given():
    W, b = np.ones((2, 3), np.float32), np.zeros(3, np.float64)
    layer = Affine(W, b)
    assert layer.W is W
    assert layer.b is b
    assert layer.params == {"W": W, "b": b}
    W[...] = 5.0
    np.testing.assert_array_equal(layer.forward(np.ones((1, 2))), [[10.0] * 3])


def test_assignment_copies_into_the_shared_array():
    W, b = np.ones((2, 3)), np.zeros(3)
    layer = Affine(W, b)
    layer.W = np.full((2, 3), 7.0)
    layer.params["b"] = [1, 2, 3]
    layer.b -= 1
    assert layer.W is W
    np.testing.assert_array_equal(W, 7.0)
    np.testing.assert_array_equal(b, [0, 1, 2])


def test_gradients_read_as_attributes_and_follow_backward_after_being_scaled():
    layer = Affine(np.ones((2, 3)), np.zeros(3))
    assert layer.dW is None
    assert layer.db is None
    layer.forward(np.ones((4, 2)))
    layer.backward(np.ones((4, 3)))
    assert layer.dW is layer.grads["W"]
    layer.dW *= 0.5  # as someone does who clips gradients
    np.testing.assert_array_equal(layer.grads["W"], 2.0)
    layer.backward(np.ones((4, 3)))
    np.testing.assert_array_equal(layer.dW, 4.0)
    np.testing.assert_array_equal(layer.db, 4.0)


@given(seed=seeds)
def test_images_are_flattened_and_their_gradient_has_their_shape(seed):
    rng = np.random.default_rng(seed)
    layer, images = affine(12, 3, rng), rng.normal(size=(5, 1, 3, 4))
    y = layer.forward(images)
    dout = rng.normal(size=y.shape)
    dx, dW = layer.backward(dout), layer.dW
    np.testing.assert_array_equal(y, layer.forward(images.reshape(5, 12)))
    np.testing.assert_array_equal(dx.reshape(5, 12), layer.backward(dout))
    np.testing.assert_array_equal(dW, layer.dW)
    assert dx.shape == images.shape


@given(seed=seeds)
def test_one_sample_is_a_batch_of_one(seed):
    rng = np.random.default_rng(seed)
    layer, x, dout = affine(2, 3, rng), rng.normal(size=2), rng.normal(size=3)
    y, dx, dW, db = layer.forward(x), layer.backward(dout), layer.dW, layer.db
    np.testing.assert_array_equal(y, layer.forward(x[None])[0])
    np.testing.assert_array_equal(dx, layer.backward(dout[None])[0])
    np.testing.assert_array_equal(dW, layer.dW)
    np.testing.assert_array_equal(db, layer.db)


@given(seed=seeds)
def test_parameter_gradients_are_those_of_backward(seed):
    rng = np.random.default_rng(seed)
    layer = affine(4, 3, rng)
    layer.forward(rng.normal(size=(6, 4)))
    dout = rng.normal(size=(6, 3))
    layer.backward(dout)
    whole = dict(layer.grads)
    layer.parameter_gradients(dout)
    np.testing.assert_array_equal(whole["W"], layer.dW)
    np.testing.assert_array_equal(whole["b"], layer.db)


def test_takes_integer_input():
    layer = affine(2, 3, np.random.default_rng(0))
    np.testing.assert_array_equal(
        layer.forward(np.array([[250, 3]], np.uint8)), layer.forward(np.array([[250.0, 3.0]]))
    )


@pytest.mark.parametrize("shape", [(3, 5), (5,), (3, 2, 4), ()])
def test_a_wrong_input_names_the_layer_and_both_sizes_and_leaves_the_memory(shape):
    layer = affine(4, 3, np.random.default_rng(0))
    layer.forward(np.ones((2, 4)))
    with pytest.raises(ShapeError, match=r"Affine\.forward expected 4 features per sample.*shape \("):
        layer.forward(np.ones(shape))
    assert layer.backward(np.ones((2, 3))).shape == (2, 4)


@pytest.mark.parametrize(("W", "b"), [((2, 3), (2,)), ((2, 3), (1, 3)), ((2,), (2,)), ((2, 3, 4), (4,))], ids=str)
def test_parameters_that_do_not_fit_each_other_are_refused(W, b):
    with pytest.raises(ShapeError, match=r"Affine expected W of shape \(D, M\)"):
        Affine(np.ones(W), np.ones(b))


@pytest.mark.parametrize("W", [np.ones((2, 3), int), [[1.0, 2.0, 3.0]]], ids=["integers", "list"])
def test_parameters_that_are_no_floats_are_refused(W):
    with pytest.raises(DtypeError, match=r"Affine: parameter W.*float64"):
        Affine(W, np.ones(3))


def test_a_new_value_of_another_shape_is_refused():
    layer = affine(2, 3, np.random.default_rng(0))
    with pytest.raises(ShapeError, match=r"parameter b has shape \(3,\).*\(1, 3\)"):
        layer.b = np.ones((1, 3))


def test_parameters_are_read_on_layers_not_on_their_class():
    for name in ("W", "b", "dW", "db"):
        assert not hasattr(Affine, name)
