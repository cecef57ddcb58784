"""SoftmaxWithLoss for every form of labels, with autograd as the oracle."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof.errors import LabelError, OrderError
from backproof.layers import SoftmaxWithLoss

FLOATS = (np.float32, np.float64)
seeds = st.integers(0, 2**32 - 1)


def formula(x, rows, dout=1.0):
    shifted = x - anp.max(x, axis=-1, keepdims=True)
    log_y = shifted - anp.log(anp.sum(anp.exp(shifted), axis=-1, keepdims=True))
    return dout * -anp.mean(anp.sum(rows * log_y, axis=-1))


@given(seed=seeds, rows=st.sampled_from([(), (1,), (5,), (2, 3)]), dout=st.floats(-3, 3))
def test_loss_and_gradient_for_every_form_of_labels(seed, rows, dout):
    rng = np.random.default_rng(seed)
    x, index = 3 * rng.normal(size=(*rows, 4)), rng.integers(0, 4, rows)
    one_hot = np.eye(4)[index]
    want = autograd.grad(formula)(x, one_hot, dout)
    forms = (index, np.asarray(index, np.uint8), one_hot, one_hot.astype(np.uint8), one_hot.astype(np.float32))
    for t in forms:
        layer = SoftmaxWithLoss()
        kept = np.array(t)
        assert layer.forward(x, t) == pytest.approx(formula(x, one_hot), rel=1e-12, abs=1e-14)
        np.testing.assert_allclose(layer.backward(dout), want, rtol=1e-9, atol=1e-14)
        np.testing.assert_array_equal(t, kept)


@given(seed=seeds)
def test_probabilities_count_in_full_even_if_they_do_not_sum_to_one(seed):
    rng = np.random.default_rng(seed)
    x, t = rng.normal(size=(3, 4)), rng.random((3, 4))
    layer = SoftmaxWithLoss()
    assert layer.forward(x, t) == pytest.approx(formula(x, t), rel=1e-12)
    np.testing.assert_allclose(layer.backward(), autograd.grad(formula)(x, t), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("axes", [(2, 1, 0), (0, 2, 1), (1, 0, 2)])
def test_any_memory_order_of_the_scores(axes):
    x = np.random.default_rng(0).normal(size=(2, 3, 4)).transpose(axes)
    t = np.zeros(x.shape[:-1], int)
    gradients = []
    for scores in (x, np.ascontiguousarray(x)):
        layer = SoftmaxWithLoss()
        layer.forward(scores, t)
        gradients.append(layer.backward())
    np.testing.assert_array_equal(*gradients)


@pytest.mark.parametrize("dtype", FLOATS)
def test_labels_of_a_wider_type_do_not_widen_the_gradient(dtype):
    x = np.ones((2, 3), dtype)
    for t in (np.array([0, 2]), np.eye(3)[[0, 2]], np.eye(3, dtype=np.int64)[[0, 2]]):
        layer = SoftmaxWithLoss()
        layer.forward(x, t)
        assert layer.backward().dtype == layer.backward(np.float64(2)).dtype == dtype


def test_keeps_the_books_attributes_and_gives_fresh_arrays():
    layer, x, t = SoftmaxWithLoss(), np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([0, 1])
    loss = layer.forward(x, t)
    assert layer.loss == loss
    np.testing.assert_allclose(layer.y.sum(axis=1), 1)
    np.testing.assert_array_equal(layer.t, t)
    dx = layer.backward()
    kept = dx.copy()
    assert not np.shares_memory(dx, layer.y)
    layer.forward(x + 1, t)
    layer.backward()
    np.testing.assert_array_equal(dx, kept)


@pytest.mark.parametrize("dtype", FLOATS)
def test_hopeless_scores_cost_what_they_cost(dtype):
    layer = SoftmaxWithLoss()
    assert layer.forward(np.array([[1e4, -1e4]], dtype), np.array([1])) == 2e4
    np.testing.assert_array_equal(layer.backward(), [[1, -1]])


def test_nan_gives_a_nan_loss():
    assert np.isnan(SoftmaxWithLoss().forward(np.array([[np.nan, 1.0]]), np.array([0])))


def test_integer_scores_do_not_wrap_around():
    assert SoftmaxWithLoss().forward(np.array([[0, 200]], np.uint8), np.array([0])) == 200.0


def test_refusals():
    layer = SoftmaxWithLoss()
    with pytest.raises(OrderError, match=r"SoftmaxWithLoss\.backward was called before forward"):
        layer.backward()
    for t in (np.array([[0], [1]]), np.array([0, 3]), np.array([0.0, 1.0])):
        with pytest.raises(LabelError):
            layer.forward(np.zeros((2, 3)), t)
