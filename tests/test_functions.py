"""The functions against SciPy, against their own derivatives, and for every kind of label and input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import optimize, special

from backproof import functions as F
from backproof.errors import LabelError

FLOATS = (np.float32, np.float64)
finite = st.floats(-1e4, 1e4, width=32)  # representable in both widths


def values(min_dims=0, max_dims=4, elements=finite):
    shapes = array_shapes(min_dims=min_dims, max_dims=max_dims, max_side=5)
    return st.sampled_from(FLOATS).flatmap(lambda dtype: arrays(dtype, shapes, elements=elements))


@st.composite
def scores_and_indices(draw, min_dims=1):
    x = draw(values(min_dims=min_dims))
    indices = draw(
        arrays(
            draw(st.sampled_from((np.uint8, np.int64, np.uint64))),
            x.shape[:-1],
            elements=st.integers(0, x.shape[-1] - 1),
        )
    )
    return x, indices


def tolerance(x):
    return {"rtol": 1e-5, "atol": 1e-6} if x.dtype == np.float32 else {"rtol": 1e-12, "atol": 1e-14}


@pytest.mark.parametrize(
    ("ours", "oracle"),
    [
        (F.sigmoid, special.expit),
        (F.softmax, lambda x: special.softmax(x, axis=-1)),
        (F.log_softmax, lambda x: special.log_softmax(x, axis=-1)),
        (F.sigmoid_grad, lambda x: special.expit(x) * special.expit(-x)),
    ],
    ids=["sigmoid", "softmax", "log_softmax", "sigmoid_grad"],
)
@given(x=values(min_dims=1))
def test_agrees_with_scipy_and_keeps_the_type(ours, oracle, x):
    kept = x.copy()
    y = ours(x)
    assert y.dtype == x.dtype
    assert y.shape == x.shape
    np.testing.assert_allclose(y, oracle(x.astype(np.float64)), **tolerance(x))
    np.testing.assert_array_equal(x, kept)
    assert not np.shares_memory(x, y)


@given(x=values())
def test_relu_is_the_positive_part_and_its_derivative_zero_at_zero(x):
    y, slope = F.relu(x), F.relu_grad(x)
    assert y.dtype == slope.dtype == x.dtype
    np.testing.assert_array_equal(y, np.where(x > 0, x, 0))
    np.testing.assert_array_equal(slope, np.heaviside(x, 0.0))


def test_step_function_counts_with_integers():
    y = F.step_function(np.array([-1.0, 0.0, 2.0]))
    np.testing.assert_array_equal(y, [0, 0, 1])
    assert y.dtype.kind == "i"


def test_identity_function_gives_what_it_got():
    x = np.array([1.0, -2.0])
    assert F.identity_function(x) is x


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int64, bool])
@pytest.mark.parametrize("function", [F.sigmoid, F.sigmoid_grad, F.softmax, F.log_softmax, F.relu_grad])
def test_integers_are_taken_as_float64_and_never_wrap_around(function, dtype):
    x = np.array([[1, 0, 100], [7, 120, 3]]).astype(dtype)
    y = function(x)
    assert y.dtype == np.float64
    np.testing.assert_array_equal(y, function(x.astype(np.float64)))


@given(x=values(min_dims=1))
def test_softmax_rows_sum_to_one_and_ignore_a_shift_of_the_row(x):
    y = F.softmax(x)
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-5)
    shift = np.arange(y[..., 0].size, dtype=x.dtype).reshape(*x.shape[:-1], 1)
    np.testing.assert_allclose(F.softmax(x.astype(np.float64) + shift), F.softmax(x.astype(np.float64)), atol=1e-9)


def test_softmax_of_one_sample_does_not_know_the_others():
    rows = np.array([[1.0, 3.0, 5.0], [1.0, 1.0, 1.0], [-10.0, 0.0, 8.0]])
    np.testing.assert_array_equal(F.softmax(rows), [F.softmax(row) for row in rows])


@pytest.mark.parametrize("function", [F.sigmoid, F.softmax, F.log_softmax, F.relu])
def test_nan_stays_visible(function):
    assert np.isnan(function(np.array([np.nan, 1.0]))[0])


@given(data=scores_and_indices())
def test_softmax_loss_is_the_mean_negative_log_probability(data):
    x, t = data
    log_y = special.log_softmax(x.astype(np.float64), axis=-1).reshape(-1, x.shape[-1])
    expected = -log_y[np.arange(len(log_y)), t.reshape(-1).astype(int)].mean()
    assert F.softmax_loss(x, t) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@given(data=scores_and_indices())
def test_every_form_of_the_same_labels_gives_the_same_loss(data):
    x, t = data
    one_hot = np.eye(x.shape[-1])[t]
    for loss in (F.softmax_loss, lambda x, t: F.cross_entropy_error(F.softmax(x), t)):
        by_index = loss(x, t)
        for rows in (one_hot, one_hot.astype(np.uint8), one_hot.astype(bool), one_hot.astype(np.float32)):
            assert loss(x, rows) == pytest.approx(by_index, rel=1e-6)


@given(data=scores_and_indices(min_dims=2))
def test_the_loss_is_a_mean_over_the_samples(data):
    x, t = data
    once, twice = F.softmax_loss(x, t), F.softmax_loss(np.concatenate([x, x]), np.concatenate([t, t]))
    assert once == pytest.approx(twice, rel=1e-5)


def test_probabilities_as_labels_are_used_in_full():
    y, t = np.array([[0.2, 0.3, 0.5]]), np.array([[0.1, 0.6, 0.3]])
    expected = special.rel_entr(t, y).sum() + special.entr(t).sum()
    assert F.cross_entropy_error(y, t) == pytest.approx(expected)
    assert F.softmax_loss(np.log(y), t) == pytest.approx(expected)


@pytest.mark.parametrize("dtype", FLOATS)
def test_cross_entropy_of_a_zero_probability_is_large_and_finite(dtype):
    loss = F.cross_entropy_error(np.array([0, 1], dtype), np.array(0))
    assert loss == pytest.approx(-np.log(float(np.finfo(dtype).tiny)), rel=1e-6)


def test_softmax_loss_is_exact_where_cross_entropy_has_to_clip():
    x = np.array([[0.0, 1e4]])
    assert F.softmax_loss(x, np.array([0])) == 1e4
    assert F.cross_entropy_error(F.softmax(x), np.array([0])) < 800


def test_mean_squared_error_is_half_the_sum_of_squares():
    assert F.mean_squared_error([0.1, 0.9], [0, 1]) == pytest.approx(0.01)
    assert F.mean_squared_error(np.array([3], np.uint8), np.array([5], np.uint8)) == 2.0


@given(x=arrays(np.float64, (2, 3), elements=st.floats(-5, 5)))
def test_derivatives_are_those_of_their_functions(x):
    flat = x.ravel()
    slope = optimize.approx_fprime(flat, lambda v: F.sigmoid(v).sum(), 1e-6)
    np.testing.assert_allclose(F.sigmoid_grad(flat), slope, atol=1e-5)


@pytest.mark.parametrize("loss", [F.cross_entropy_error, F.softmax_loss])
@pytest.mark.parametrize(
    ("shape", "labels", "words"),
    [
        ((3, 4), np.zeros((3, 1), int), r"\(3, 1\).*\(3, 4\).*t\[\.\.\., 0\]"),
        ((4,), np.array([2]), r"\(1,\).*t\[\.\.\., 0\]"),
        ((3, 4), np.array([0, 4, 1]), "label 4 is out of range: 4 classes are numbered 0 to 3"),
        ((3, 4), np.array([0, -1, 1]), "label -1 is out of range"),
        ((3, 4), np.array([0.0, 1.0, 2.0]), r"float64.*astype\(int\)"),
        ((3, 4), np.array([True, False, True]), "bool"),
        ((3, 4), np.array([0, 1]), r"\(2,\).*\(3, 4\)"),
        ((3, 4), np.zeros((4, 3)), r"\(4, 3\).*\(3, 4\)"),
        ((3, 4), np.zeros((3, 5)), r"\(3, 5\).*\(3, 4\)"),
        ((3, 4), np.array(1), r"\(\)"),
        ((1, 2), np.array([["a", "b"]]), "numbers"),
        ((0, 4), np.zeros(0, int), "at least one sample"),
        ((), np.array(0), "at least one sample"),
    ],
)
def test_labels_that_do_not_fit_are_named(loss, shape, labels, words):
    with pytest.raises(LabelError, match=words):
        loss(np.full(shape, 0.25), labels)


def test_mean_squared_error_refuses_to_broadcast():
    with pytest.raises(LabelError, match=r"\(2,\).*\(2, 1\)"):
        F.mean_squared_error(np.zeros(2), np.zeros((2, 1)))
