"""What is kept of an array: figures against NumPy's, thinning, memory."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backproof.xray import values
from backproof.xray.values import CHUNK, ENTRIES_KEPT, keep, value_of

DTYPES = st.sampled_from([np.float64, np.float32, np.float16, np.int64, np.uint8, np.bool_])


@given(
    array=DTYPES.flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)))
)
def test_figures_are_those_of_the_finite_entries(array):
    value = value_of(array)
    wide = array.astype(np.float64)
    finite = wide[np.isfinite(wide)]
    assert (value.shape, value.dtype, value.size) == (array.shape, str(array.dtype), array.size)
    assert (value.nan, value.inf) == (np.isnan(wide).sum(), np.isinf(wide).sum())
    assert value.zeros == pytest.approx(np.mean(wide == 0) if array.size else 0)
    if finite.size:
        scale = np.abs(finite).max() or 1.0
        assert (value.low, value.high) == (finite.min(), finite.max())
        with np.errstate(over="ignore"):
            assert value.norm == pytest.approx(np.linalg.norm(finite / scale) * scale)
        assert sum(value.counts) == (finite.size if array.size > 1 else 0)
    else:
        assert value.low is value.high is value.mean is None


@given(array=hnp.arrays(np.float64, (5, 7), elements=st.floats(-1e3, 1e3)))
def test_mean_histogram_and_units(array):
    value = value_of(array)
    assert value.mean == pytest.approx(array.mean(), abs=1e-9)
    assert value.rms == pytest.approx(np.sqrt((array**2).mean()))
    if array.min() < array.max():
        inner = np.linspace(array.min(), array.max(), len(value.counts) + 1)[1:-1]
        for below, edge in zip(
            np.cumsum(value.counts), inner, strict=False
        ):  # an entry on an edge may go either way
            assert (array < edge - 1e-9).sum() <= below <= (array < edge + 1e-9).sum()
        assert sum(value.counts) == 35
    assert (value.units, value.dead, value.constant) == (
        7,
        (array == 0).all(axis=0).sum(),
        (array == array[0]).all(axis=0).sum(),
    )


def test_numbers_next_to_zero_are_counted_too():
    assert value_of(np.array([0.0, 1e-307, 2e-307, 4e-307])).counts[-1] == 1
    assert sum(value_of(np.array([0.0, 5e-324])).counts) == 2


def test_the_norm_neither_overflows_nor_vanishes():
    assert value_of(np.array([3e200, 4e200])).norm == pytest.approx(5e200)
    assert value_of(np.array([3e-200, 4e-200])).norm == pytest.approx(5e-200)


@pytest.mark.parametrize("shape", [(ENTRIES_KEPT * 3 + 1,), (1, ENTRIES_KEPT * 2), (1500, 1500), (70, 80, 90)])
def test_a_large_array_is_thinned_and_its_figures_stay_exact(shape):
    array = np.random.default_rng(0).normal(size=shape)
    array.flat[5] = 0
    value = value_of(array)
    assert value.array.size <= ENTRIES_KEPT
    assert value.array.size > 1000
    assert not value.is_whole
    assert value.mean == pytest.approx(array.mean())
    assert value.norm == pytest.approx(np.linalg.norm(array))
    assert value.zeros == pytest.approx(1 / array.size)
    assert (sum(value.counts), value.high) == (array.size, array.max())
    rows = tuple(slice(None, None, step) for step in value.steps)
    np.testing.assert_array_equal(value.array, array[rows])


def test_a_transposed_or_strided_array_is_read_as_it_stands():
    array = np.arange(4.0 * CHUNK).reshape(4, -1)[:, ::2].T
    assert value_of(array).mean == pytest.approx(array.mean())
    assert value_of(array).zeros == pytest.approx(1 / array.size)


def test_a_large_array_is_summarised_in_a_small_part_of_its_memory():
    array = np.random.default_rng(0).normal(size=(2000, 4000))  # 64 MB
    tracemalloc.start()
    value_of(array)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.2 * array.nbytes


def test_keep_takes_numbers_and_arrays_inside_tuples_and_leaves_the_rest():
    kept = keep((np.ones(2), 3, "text", None, [1.5]))
    assert kept[0].array.tolist() == [1, 1]
    assert kept[1].number == 3
    assert kept[2:4] == ("text", None)
    assert kept[4][0].number == 1.5
    assert keep(np.array(["a"], dtype=object)).to_dict()["dtype"] == "object"


def test_a_kept_copy_does_not_follow_its_array():
    array = np.ones(3)
    value = value_of(array)
    array[:] = 5
    assert value.to_dict()["value"] == [1, 1, 1]


def test_plain_says_nan_and_inf_in_words():
    assert values.plain({"a": [float("nan"), (float("inf"), -float("inf"))], "b": 1}) == {
        "a": ["nan", ["inf", "-inf"]],
        "b": 1,
    }
