import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from backproof.errors import BackproofError, ShapeError
from backproof.optimizers import SGD

finite = {"allow_nan": False, "allow_infinity": False, "width": 32}


@given(data=st.data(), dtype=st.sampled_from(["float32", "float64"]), rate=st.floats(1e-4, 10))
def test_each_step_is_w_minus_rate_times_gradient_in_place(data, dtype, rate):
    shape = data.draw(hnp.array_shapes(min_dims=0, min_side=0, max_dims=3))
    numbers = hnp.arrays(dtype, shape, elements=st.floats(-1e4, 1e4, **finite))
    start, *grads = (data.draw(numbers) for _ in range(4))
    param, expected = start.copy(), start.copy()
    optimizer = SGD(rate)
    for grad in grads:
        before = grad.copy()
        optimizer.update({"W": param}, {"W": grad})
        expected = expected - np.multiply(grad, np.dtype(dtype).type(rate))
        assert np.array_equal(grad, before)
        assert np.array_equal(param, expected)
        assert param.dtype == dtype


def test_a_wider_gradient_does_not_widen_the_parameter():
    param = np.ones(3, "float32")
    SGD(0.5).update({"b": param}, {"b": np.ones(3)})
    assert param.dtype == np.float32
    assert param.tolist() == [0.5, 0.5, 0.5]


def test_one_optimizer_serves_parameters_of_another_shape():
    optimizer = SGD(1.0)
    for size in (3, 5, 3):
        param = np.ones(size)
        optimizer.update({"b": param}, {"b": np.ones(size)})
        assert not param.any()


@pytest.mark.parametrize("rate", [0, -0.1, float("nan"), float("inf"), "fast", None])
def test_a_rate_that_is_no_positive_number_is_refused(rate):
    with pytest.raises(BackproofError, match=r"learning_rate must be a positive number .*got"):
        SGD(rate)
    optimizer = SGD(0.1)
    with pytest.raises(BackproofError, match="learning_rate"):
        optimizer.learning_rate = rate
    assert optimizer.learning_rate == 0.1


def test_a_missing_gradient_is_named():
    with pytest.raises(BackproofError, match=r"'b2' has no gradient.*\['W2'\]"):
        SGD(0.1).update({"W2": np.ones(1), "b2": np.ones(1)}, {"W2": np.ones(1)})


@pytest.mark.parametrize("shape", [(), (1,), (1, 3)])
def test_a_gradient_of_another_shape_is_refused_even_where_it_would_broadcast(shape):
    param = np.ones(3)
    with pytest.raises(ShapeError, match="'b' has shape"):
        SGD(0.1).update({"b": param}, {"b": np.ones(shape)})
    assert param.tolist() == [1, 1, 1]


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_state_comes_back_exactly(rate):
    other = SGD(1.0)
    other.restore(SGD(rate).state())
    assert other.learning_rate == rate
