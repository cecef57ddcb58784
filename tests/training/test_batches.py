import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from backproof.training.batches import Batches


def batches(samples=50, batch_size=8, seed=0, sampling="replacement", dtype=None):
    return Batches(
        np.arange(samples * 2.0).reshape(samples, 2), np.arange(samples), batch_size, seed, sampling, dtype
    )


@given(
    sampling=st.sampled_from(["replacement", "shuffled"]),
    samples=st.integers(1, 200),
    batch_size=st.integers(1, 300),
    seed=st.integers(0, 2**70),
    i=st.integers(0, 400),
)
def test_a_batch_depends_on_seed_and_number_alone(sampling, samples, batch_size, seed, i):
    used = batches(samples, batch_size, seed, sampling)
    for j in (3, 0, i + 1):
        used.indices(j)
    indices = used.indices(i).copy()
    assert indices.shape == (batch_size,)
    assert indices.min() >= 0
    assert indices.max() < samples
    assert np.array_equal(indices, batches(samples, batch_size, seed, sampling).indices(i))


@given(
    samples=st.integers(1, 60), batch_size=st.integers(1, 150), epochs=st.integers(1, 4), seed=st.integers(0, 99)
)
def test_shuffled_sees_every_sample_once_an_epoch(samples, batch_size, epochs, seed):
    source = batches(samples, batch_size, seed, "shuffled")
    drawn = np.concatenate([source.indices(i) for i in range(-(-samples * epochs // batch_size))])
    for epoch in drawn[: samples * epochs].reshape(epochs, samples):
        assert sorted(epoch) == list(range(samples))


def test_replacement_is_uniform_and_batches_are_independent():
    source = batches(10, 100)
    drawn = np.array([source.indices(i) for i in range(2000)])  # over several blocks
    assert stats.chisquare(np.bincount(drawn.ravel())).pvalue > 1e-4
    pairs = np.histogram2d(drawn[:-1, 0], drawn[1:, 0], bins=10)[0]
    assert stats.chi2_contingency(pairs).pvalue > 1e-4


def test_epochs_are_shuffled_differently_and_so_are_seeds():
    source = batches(1000, 1000, 0, "shuffled")
    first = source.indices(0).copy()
    assert not np.array_equal(first, source.indices(1))
    assert not np.array_equal(first, batches(1000, 1000, 1, "shuffled").indices(0))


@pytest.mark.parametrize("sampling", ["replacement", "shuffled"])
def test_a_batch_holds_the_rows_of_its_indices(sampling):
    x = np.random.default_rng(0).normal(size=(30, 2, 3))
    t = np.eye(5)[np.arange(30) % 5]
    before = x.copy()
    source = Batches(x, t, 7, 0, sampling)
    for i in range(9):
        x_batch, t_batch = source[i]
        assert np.array_equal(x_batch, x[source.indices(i)])
        assert np.array_equal(t_batch, t[source.indices(i)])
    assert np.array_equal(x, before)


def test_floats_take_the_wanted_dtype_and_whole_numbers_stay():
    x_batch, t_batch = batches(dtype="float32")[0]
    assert x_batch.dtype == np.float32
    assert t_batch.dtype == np.arange(1).dtype
    assert batches()[0][0].dtype == np.float64


def test_the_same_two_arrays_are_filled_again():
    source = batches(dtype="float32")
    assert source[0][0] is source[1][0]
    assert source[0][1] is source[1][1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64, None])
def test_pixels_of_one_byte_are_divided_on_the_way(dtype):
    pixels = np.arange(256, dtype=np.uint8).reshape(64, 4)
    source = Batches(pixels, np.arange(64), 30, 0, "replacement", dtype, divide_by=255)
    x, t = source[0]
    assert x.dtype == (dtype or np.float64)
    np.testing.assert_array_equal(x, (pixels[t] / np.asarray(255, dtype)).astype(dtype or np.float64))
