"""The nodes of the book's computational graphs."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from backproof.errors import OrderError, ShapeError
from backproof.layers import AddLayer, MulLayer

seeds = st.integers(0, 2**32 - 1)


@given(seed=seeds, shape=array_shapes(min_dims=0, max_dims=3, max_side=3))
def test_sum_and_product_go_back_by_the_chain_rule(seed, shape):
    rng = np.random.default_rng(seed)
    x, y, dout = (rng.normal(size=shape) for _ in range(3))
    for layer, formula in ((AddLayer(), anp.add), (MulLayer(), anp.multiply)):
        np.testing.assert_array_equal(layer.forward(x, y), formula(x, y))
        dx, dy = layer.backward(dout)
        want = autograd.grad(lambda x, y, f=formula: anp.sum(f(x, y) * dout), (0, 1))(x, y)
        np.testing.assert_allclose((dx, dy), want)


def test_the_graph_of_seed_003():
    add, multiply = AddLayer(), MulLayer()
    assert multiply.forward(add.forward(2.0, 3.0), 4.0) == 20.0
    dp, dz = multiply.backward(1.0)
    assert (*add.backward(dp), dz) == (4.0, 4.0, 5.0)


@pytest.mark.parametrize("layer_type", [AddLayer, MulLayer])
def test_the_two_gradients_are_fresh_and_of_the_inputs_shape(layer_type):
    layer = layer_type()
    x, y = np.ones((2, 3)), np.full((2, 3), 2.0)
    out = layer.forward(x, y)
    dout = np.ones((2, 3))
    dx, dy = layer.backward(dout)
    for a in (dx, dy, out):
        assert not any(np.shares_memory(a, b) for b in (x, y, dout))
    assert not np.shares_memory(dx, dy)
    assert [g.shape for g in layer.backward(1)] == [(2, 3), (2, 3)]


@pytest.mark.parametrize("layer_type", [AddLayer, MulLayer])
def test_refusals(layer_type):
    layer = layer_type()
    with pytest.raises(OrderError, match=rf"{layer_type.__name__}\.backward was called before forward"):
        layer.backward(1.0)
    with pytest.raises(ShapeError, match=r"one shape.*\(2,\) and \(3,\)"):
        layer.forward(np.ones(2), np.ones(3))
    layer.forward(np.ones(2), np.ones(2))
    with pytest.raises(ShapeError, match=r"shape \(2,\), got \(3,\)"):
        layer.backward(np.ones(3))
