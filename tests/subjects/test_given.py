"""What a caller hands over becomes arrays, or a message that says what is wrong with it."""

import numpy as np
import pytest

from backproof.errors import LabelError, ShapeError
from backproof.subjects.given import given_inputs, given_labels


def test_lists_and_tuples_of_inputs_become_arrays():
    x = given_inputs([[1, 2], [3, 4]])
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])
    first, second = given_inputs(([1.0], np.ones(2)))
    assert isinstance(first, np.ndarray)
    np.testing.assert_array_equal(second, np.ones(2))
    np.testing.assert_array_equal(given_labels([2, 0]), [2, 0])
    assert given_inputs(None) is None
    assert given_labels(None) is None


def test_an_array_is_handed_on_as_it_is():
    x = np.ones((2, 3), dtype=np.float32)
    assert given_inputs(x) is x
    assert given_labels(x) is x


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.zeros((0, 4)), r"\(0, 4\)"),
        (3.0, r"shape \(\)"),
        ("hello", "str 'hello'"),
        ([[1], [1, 2]], "list"),
        (np.array([None, 1]), r"ndarray of shape \(2,\)"),
        ((np.ones(2), np.zeros(0)), r"\(0,\)"),
    ],
)
def test_what_cannot_be_an_input_is_named(x, words):
    with pytest.raises(ShapeError, match=words):
        given_inputs(x)


@pytest.mark.parametrize("t", ["abc", 3, np.zeros((0, 3)), [[1], [1, 2]], np.array(["a", "b"])])
def test_what_cannot_be_labels_is_named(t):
    with pytest.raises(LabelError, match=type(t).__name__):
        given_labels(t)
