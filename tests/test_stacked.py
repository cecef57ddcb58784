"""Stacked copies against entry by entry, against autograd, and where the shortcut must not be taken."""

from itertools import pairwise

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof import Sequential, TwoLayerNet, numerical_gradient
from backproof.layers import Affine, Layer, Relu, Sigmoid
from backproof.stacked import stacked_gradient

seeds = st.integers(0, 2**32 - 1)


def affine(rng, before, after):
    return Affine(rng.normal(size=(before, after)), rng.normal(size=after))


def entry_by_entry(network, x, t):
    return {
        name: numerical_gradient(lambda _: network.loss(x, t), array) for name, array in network.params.items()
    }


@given(
    seed=seeds,
    widths=st.lists(st.integers(1, 6), min_size=2, max_size=4),
    samples=st.integers(1, 4),
    activation=st.sampled_from([Relu, Sigmoid]),
    one_hot=st.booleans(),
)
def test_a_chain_of_layers_has_the_gradient_that_entry_by_entry_gives(seed, widths, samples, activation, one_hot):
    rng = np.random.default_rng(seed)
    layers = []
    for before, after in pairwise(widths):
        layers += [affine(rng, before, after), activation()]
    network = Sequential(layers[:-1])
    x, t = rng.normal(size=(samples, widths[0])), rng.integers(0, widths[-1], samples)
    if one_hot:
        t = np.eye(widths[-1])[t]
    want = entry_by_entry(network, x, t)
    before = {name: array.copy() for name, array in network.params.items()}
    for name, gradient in network.numerical_gradient(x, t).items():
        np.testing.assert_allclose(gradient, want[name], rtol=1e-6, atol=1e-8)
        np.testing.assert_array_equal(network.params[name], before[name])


@given(seed=seeds, shape=st.sampled_from([(4, 3), (3,), (2, 2, 3)]))
def test_the_gradient_is_that_of_autograd(seed, shape):
    rng = np.random.default_rng(seed)
    W, x, c = rng.normal(size=shape), rng.normal(size=(5, int(np.prod(shape[:-1])))), rng.normal(size=(5, 3))
    x[rng.random(x.shape) < 0.3] = 0

    def value(W):
        return anp.sum(c * anp.tanh(anp.dot(x, W.reshape(-1, 3))))

    gradient = stacked_gradient(
        lambda: x @ W.reshape(-1, 3), W, lambda rows, samples: (c[samples] * np.tanh(rows)).sum(axis=1)
    )
    np.testing.assert_allclose(gradient, autograd.grad(value)(W), rtol=1e-6, atol=1e-8)


def test_it_takes_few_calls():
    calls = 0

    def forward():
        nonlocal calls
        calls += 1
        return x @ W

    rng = np.random.default_rng(0)
    W, x = rng.normal(size=(40, 30)), rng.normal(size=(3, 40))
    stacked_gradient(forward, W, lambda rows, samples: (rows**2).sum(axis=1))
    assert calls <= 2 * 40 + 30 + 2


class BatchNorm(Layer):
    def forward(self, x):
        return (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + 0.1)


class ThreeRowsOnly(Layer):
    def forward(self, x):
        if len(x) != 3:
            raise ValueError("three rows, please")
        return x


@pytest.mark.parametrize("between", [BatchNorm, ThreeRowsOnly])
def test_layers_whose_rows_depend_on_one_another_are_taken_entry_by_entry(between):
    rng = np.random.default_rng(0)
    network = Sequential([affine(rng, 3, 4), between(), Sigmoid(), affine(rng, 4, 2)])
    x, t = rng.normal(size=(3, 3)), np.array([0, 1, 1])
    want, found = entry_by_entry(network, x, t), network.numerical_gradient(x, t)
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, want[name], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    "forward",
    [
        lambda W: np.ones((2, 4)) @ (W / W.sum()),
        lambda W: np.cumsum(np.ones((2, 4)) @ W, axis=1),
        lambda W: np.ones((2, 4)) @ W[:, :2],
        lambda W: (np.ones((2, 4)) @ W)[0],
    ],
    ids=["divided by its sum", "columns added up", "another width", "one row"],
)
def test_columns_that_mix_are_refused_and_the_parameter_is_as_it_was(forward):
    W = np.random.default_rng(0).normal(size=(4, 3))
    before = W.copy()
    assert stacked_gradient(lambda: forward(W), W, lambda rows, samples: rows.sum(axis=1)) is None
    np.testing.assert_array_equal(W, before)


def test_the_parameter_is_put_back_when_the_rest_raises():
    W = np.random.default_rng(0).normal(size=(4, 3))
    before, calls = W.copy(), 0

    def rest(rows, samples):
        nonlocal calls
        calls += 1
        if calls > 4:  # the first four try whether rows are apart
            raise RuntimeError
        return rows.sum(axis=1)

    with pytest.raises(RuntimeError):
        stacked_gradient(lambda: np.ones((2, 4)) @ W, W, rest)
    np.testing.assert_array_equal(W, before)


def test_the_layers_remember_the_batch_afterwards():
    network = TwoLayerNet(6, 5, 3, weight_init_std=0.5, seed=0)
    x, t = np.random.default_rng(0).normal(size=(4, 6)), np.array([0, 1, 2, 1])
    want = network.gradient(x, t)
    network.loss(x, t)
    network.numerical_gradient(x, t)
    dout = network.last_layer.backward()
    for layer in reversed(network.layers.values()):
        dout = layer.backward(dout)
    np.testing.assert_array_equal(network.layers["Affine1"].dW, want["W1"])
