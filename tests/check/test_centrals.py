"""All entries at once against one entry at a time."""

import numpy as np
import pytest

from backproof.check.verdict import Probe


def affine(rng, shape):
    W, x = rng.normal(size=shape), rng.normal(size=(5, int(np.prod(shape[:-1]))))
    return W, lambda: np.tanh(x @ W.reshape(-1, shape[-1])).reshape(-1)


def mixing(rng, shape):
    W, x = rng.normal(size=shape), rng.normal(size=(5, int(np.prod(shape[:-1]))))
    return W, lambda: np.cumsum(x @ W.reshape(-1, shape[-1]), axis=1).reshape(-1)


@pytest.mark.parametrize("shape", [(4, 3), (7,), (2, 3, 5), (3, 1)])
@pytest.mark.parametrize("make", [affine, mixing])
def test_values_and_tolerances_are_those_of_one_entry_at_a_time(make, shape):
    rng = np.random.default_rng(0)
    W, evaluate = make(rng, shape)
    before, cotangent = W.copy(), rng.normal(size=5 * shape[-1])
    values, tolerances = Probe(W, evaluate, cotangent).centrals(1e-5)
    singly = Probe(W, evaluate, cotangent)
    want = np.array([singly.central(i, 1e-5) for i in range(W.size)])
    np.testing.assert_allclose(values, want[:, 0], rtol=1e-7, atol=1e-9)
    np.testing.assert_array_less(tolerances, 1e-6)
    np.testing.assert_array_equal(W, before)


def test_columns_that_are_apart_take_few_evaluations():
    W, evaluate = affine(np.random.default_rng(0), (3, 40))
    probe = Probe(W, evaluate, np.ones(200))
    probe.centrals(1e-5)
    assert probe.evaluations <= 4 * 3 + 2 * 6 + 1
