import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backproof.training import History

numbers = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def histories(draw):
    loss = draw(st.lists(numbers, max_size=12))
    steps = sorted(draw(st.sets(st.integers(0, len(loss)))))
    columns = [draw(st.lists(numbers, min_size=len(steps), max_size=len(steps))) for _ in range(3)]
    return History(loss, steps, *columns)


@given(histories())
def test_tensors_give_the_same_history_back(history):
    assert History.from_tensors(history.tensors()) == history


@given(histories())
def test_csv_holds_every_number_to_the_last_bit(tmp_path_factory, history):
    path = tmp_path_factory.mktemp("history") / "history.csv"
    history.save(path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows if row["loss"]] == history.loss
    measured = [row for row in rows if row["seconds"]]
    assert [int(row["step"]) for row in measured] == history.steps
    for name in ("train_accuracy", "test_accuracy", "seconds"):
        assert [float(row[name]) for row in measured] == getattr(history, name)
    first = 0 if 0 in history.steps else 1
    assert [int(row["step"]) for row in rows] == list(range(first, len(history.loss) + 1))


def test_a_copy_has_lists_of_its_own():
    history = History([1.0], [0], [0.5], [0.5], [0.0])
    copy = history.copy()
    history.loss.append(2.0)
    assert copy.loss == [1.0]


def test_a_missing_column_is_an_error():
    tensors = History([1.0]).tensors()
    del tensors["loss"]
    with pytest.raises(KeyError):
        History.from_tensors(tensors)


def test_accuracy_columns_must_belong_together(tmp_path):
    with pytest.raises(ValueError, match="shorter"):
        History([1.0], [0, 1], [0.5], [0.5], [0.0]).save(tmp_path / "history.csv")
    assert list(tmp_path.iterdir()) == []
    assert np.array_equal(History([1.0]).tensors()["steps"], [])
