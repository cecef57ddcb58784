"""More samples like the given ones: shape, form and spread are kept, whatever the number asked for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backproof.subjects.resample import is_one_hot, is_probability, jittered, more_inputs, more_labels

numbers = st.integers(1, 9)
seeds = st.integers(0, 10**6)


def generator(seed=0):
    return np.random.default_rng(seed)


@settings(max_examples=40)
@given(seeds, numbers, numbers, numbers)
def test_inputs_keep_their_shape_and_stay_near_the_given_rows(seed, have, want, features):
    x = generator(seed).normal(size=(have, features)) + 100
    before = x.copy()
    more = more_inputs(x, want, generator(seed))
    assert more.shape == (want, features)
    np.testing.assert_array_equal(x, before)
    assert np.abs(more - 100).max() < 100


@given(seeds)
def test_positive_data_stay_positive(seed):
    x = generator(seed).uniform(1e-6, 1, size=(3, 4))
    assert jittered(x, generator(seed)).min() > 0


def test_zeros_become_noise_and_ties_are_broken():
    x = np.zeros((3, 4))
    noisy = jittered(x, generator())
    assert len(np.unique(noisy)) == noisy.size
    assert np.abs(noisy).max() < 1
    assert float(jittered(np.array(2.5), generator())) > 0
    assert jittered(np.zeros((0, 3)), generator()).shape == (0, 3)


def test_whole_numbers_become_floats():
    assert more_inputs(np.arange(6).reshape(2, 3), 4, generator()).dtype == np.float64


@settings(max_examples=40)
@given(seeds, numbers, st.integers(2, 9))
def test_labels_keep_their_form_and_differ_as_far_as_there_are_classes(seed, want, classes):
    rng = generator(seed)
    indices = rng.integers(0, classes, 3)
    for t in (indices, np.eye(classes)[indices], np.eye(classes, dtype=np.int64)[indices], indices[:, None]):
        more = more_labels(t, want, classes, rng)
        assert more.shape == (want, *t.shape[1:])
        assert more.dtype == t.dtype
        rows = {tuple(np.atleast_1d(row).tolist()) for row in more}
        assert len(rows) == min(want, classes)
        if t.ndim == 2 and t.shape[1] == classes:
            assert is_one_hot(more)
        else:
            assert more.min() >= 0
            assert more.max() < classes


def test_probabilities_stay_probabilities_and_targets_stay_real():
    p = generator().dirichlet(np.ones(4), size=3)
    more = more_labels(p, 5, 4, generator())
    assert more.shape == (5, 4)
    assert is_probability(more)
    targets = generator().normal(size=(3, 4))
    assert not is_probability(more_labels(targets, 5, 4, generator()))


@pytest.mark.parametrize(
    ("t", "one_hot", "probability"),
    [
        ([[0, 1], [1, 0]], True, True),
        ([[0.3, 0.7]], False, True),
        ([[1, 1], [0, 1]], False, False),
        ([[0.3, 0.3]], False, False),
        ([[-0.5, 1.5]], False, False),
    ],
)
def test_forms_are_told_apart(t, one_hot, probability):
    assert is_one_hot(np.array(t)) is one_hot
    assert is_probability(np.array(t)) is probability
