import json
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save_file

from backproof.training import CheckpointError
from backproof.training.checkpoint import Checkpoint

arrays = hnp.arrays(
    st.sampled_from(["float64", "float32", "int64", "bool"]), hnp.array_shapes(min_dims=0, max_dims=3, min_side=0)
)
groups = st.dictionaries(st.text("abcW123/é ", min_size=1), arrays, max_size=3)
facts = st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.integers()), max_size=3)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("checkpoint") / "run.safetensors"


def same(a, b):
    return a.keys() == b.keys() and all(
        a[k].dtype == b[k].dtype and a[k].shape == b[k].shape and a[k].tobytes() == b[k].tobytes() for k in a
    )


@given(groups, groups, groups, facts)
def test_what_was_saved_is_loaded_bit_for_bit(path, parameters, optimizer, history, facts):
    Checkpoint(parameters, optimizer, history, facts).save(path)
    loaded = Checkpoint.load(path)
    assert same(loaded.parameters, parameters)
    assert same(loaded.optimizer, optimizer)
    assert same(loaded.history, history)
    assert loaded.facts == facts
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_memory_order_does_not_matter(path):
    w = np.arange(6.0).reshape(2, 3)
    Checkpoint({"F": np.asfortranarray(w), "step": w[:, ::2]}, {}, {}, {}).save(path)
    loaded = Checkpoint.load(path).parameters
    assert np.array_equal(loaded["F"], w)
    assert np.array_equal(loaded["step"], w[:, ::2])


@cache
def example(path):
    Checkpoint({"W": np.arange(5.0)}, {"learning_rate": np.array(0.1)}, {"loss": np.ones(3)}, {"step": 3}).save(
        path
    )
    return path.read_bytes()


@given(st.data())
def test_any_flipped_bit_is_noticed_and_the_file_left_alone(path, data):
    whole = bytearray(example(path))
    position = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[position // 8] ^= 1 << position % 8
    path.write_bytes(whole)
    with pytest.raises(CheckpointError, match=r"run\.safetensors"):
        Checkpoint.load(path)
    assert path.read_bytes() == whole


@given(st.data())
def test_a_shortened_or_lengthened_file_is_refused(path, data):
    whole = example(path)
    part = whole[: data.draw(st.integers(0, len(whole) - 1))] if data.draw(st.booleans()) else whole + b"\0"
    path.write_bytes(part)
    with pytest.raises(CheckpointError):
        Checkpoint.load(path)


@given(st.binary(max_size=200))
def test_any_other_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="not a checkpoint"):
        Checkpoint.load(path)


def test_a_foreign_safetensors_file_is_refused(path):
    for metadata in (None, {"format": "pt"}):
        save_file({"weight": np.ones(3)}, path, metadata)
        with pytest.raises(CheckpointError, match="though it is a safetensors file"):
            Checkpoint.load(path)


def test_a_later_format_is_named(path):
    metadata = {"format": "backproof checkpoint 7", "facts": json.dumps({}), "sha256": ""}
    save_file({"weight": np.ones(3)}, path, metadata)
    with pytest.raises(CheckpointError, match=r"checkpoint 7.*checkpoint 1"):
        Checkpoint.load(path)


def test_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(CheckpointError, match="no checkpoint"):
            Checkpoint.load(path)


def test_an_array_that_it_cannot_hold_is_refused_and_the_old_file_kept(path):
    before = example(path)
    path.write_bytes(before)
    with pytest.raises(CheckpointError, match="complex256"):
        Checkpoint({"W": np.ones(2, np.complex256)}, {}, {}, {}).save(path)
    assert path.read_bytes() == before
