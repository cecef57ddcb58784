"""A snapshot puts back whatever user code can change, and nothing else."""

import collections
import functools
import itertools
import random
import types
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from backproof.subjects.snapshot import Snapshot


class Slotted:
    __slots__ = ("W", "cache", "single")


class OneSlot:
    __slots__ = "W"


class Shared:
    cache: ClassVar = {"seen": 1}
    counter = 0
    last = None
    table = np.arange(3.0)

    def __init__(self):
        self.W = np.ones((2, 3))
        self.params = collections.OrderedDict(W1=np.zeros(2), b1=np.ones(2))
        self.history, self.keys = [1, 2], {"a", "b"}
        self.recent = collections.deque([1, 2], maxlen=4)
        self.rng = np.random.default_rng(3)
        self.legacy = np.random.RandomState(4)
        self.python = random.Random(5)


def test_arrays_containers_attributes_and_generators_come_back():
    item = Shared()
    arrays_before = {"W": item.W, "W1": item.params["W1"]}
    snapshot = Snapshot(item)
    drawn = item.rng.normal(), item.legacy.normal(), item.python.random(), np.random.rand(), random.random()

    item.W += 1
    item.params["W1"][0] = 9
    item.params["b1"] = np.zeros(7)
    item.params["new"] = np.zeros(1)
    item.params.move_to_end("W1")
    item.history.append(3)
    item.keys.clear()
    item.recent.append(5)
    item.extra = "left over"
    item.W = np.zeros(4)
    Shared.cache["seen"] = 2
    Shared.counter, Shared.last = 7, np.ones(2)
    Shared.table[0] = 5
    snapshot.restore()

    assert item.W is arrays_before["W"]
    np.testing.assert_array_equal(item.W, np.ones((2, 3)))
    assert list(item.params) == ["W1", "b1"]
    assert item.params["W1"] is arrays_before["W1"]
    np.testing.assert_array_equal(item.params["W1"], np.zeros(2))
    np.testing.assert_array_equal(item.params["b1"], np.ones(2))
    assert (item.history, item.keys, list(item.recent)) == ([1, 2], {"a", "b"}, [1, 2])
    assert not hasattr(item, "extra")
    assert (Shared.cache, Shared.counter, Shared.last) == ({"seen": 1}, 0, None)
    np.testing.assert_array_equal(Shared.table, [0.0, 1.0, 2.0])
    again = item.rng.normal(), item.legacy.normal(), item.python.random(), np.random.rand(), random.random()
    assert again == drawn


@settings(max_examples=30)
@given(arrays(np.float64, array_shapes(max_dims=3, max_side=4), elements=st.floats(allow_nan=True)))
def test_an_array_comes_back_bit_for_bit(array):
    before = array.tobytes()
    snapshot = Snapshot([array])
    array[...] = 7
    snapshot.restore()
    assert array.tobytes() == before


def test_slots_come_back_and_unset_ones_hold_nothing():
    item, one = Slotted(), OneSlot()
    item.W, one.W = np.ones(2), np.ones(3)
    snapshot = Snapshot((item, one))
    item.W = np.zeros(5)
    item.cache = "left over"
    one.W[0] = 8
    snapshot.restore()
    np.testing.assert_array_equal(item.W, np.ones(2))
    assert getattr(item, "cache", None) is None
    np.testing.assert_array_equal(one.W, np.ones(3))


def test_closures_defaults_partials_and_methods_are_followed():
    held, default, bound, named = (np.zeros(2) for _ in range(4))
    count = 0

    def function(x, kept=default, *, also=(named,)):
        nonlocal count
        count += 1
        return held + x

    function.note = np.zeros(1)
    owner = types.SimpleNamespace(array=np.zeros(2))

    class Box:
        def __init__(self):
            self.array = np.zeros(2)

        def method(self):
            return self.array

    box = Box()
    snapshot = Snapshot(functools.partial(function, bound), box.method, frozenset({1}), owner)
    function(1.0)
    for array in (held, default, bound, named, function.note, owner.array, box.array):
        array += 1
    snapshot.restore()
    for array in (held, default, bound, named, function.note, owner.array, box.array):
        assert not array.any()
    assert count == 0


def test_a_variable_that_was_not_yet_set_is_no_hindrance():
    def outer():
        def inner():
            return later

        snapshot = Snapshot(inner)
        later = 3
        snapshot.restore()
        return later

    assert outer() is None  # the empty cell came back as nothing


def test_cycles_object_arrays_and_read_only_arrays():
    inner = np.zeros(2)
    boxed = np.empty(1, dtype=object)
    boxed[0] = inner
    frozen = np.ones(2)
    frozen.flags.writeable = False
    item = [boxed, frozen]
    item.append(item)
    snapshot = Snapshot(item)
    inner += 1
    snapshot.restore()
    assert not inner.any()
    assert item[2] is item
    np.testing.assert_array_equal(frozen, np.ones(2))


def test_views_of_one_array_stay_views():
    base = np.arange(6.0)
    item = {"all": base, "part": base[:3]}
    snapshot = Snapshot(item)
    base *= 2
    snapshot.restore()
    assert np.shares_memory(item["part"], base)
    np.testing.assert_array_equal(item["part"], [0.0, 1.0, 2.0])


def test_generators_can_be_held_alone():
    item = Shared()
    snapshot = Snapshot(item)
    first = item.rng.normal(), np.random.rand()
    item.W += 1
    snapshot.hold_random()
    assert (item.rng.normal(), np.random.rand()) == first
    np.testing.assert_array_equal(item.W, np.full((2, 3), 2.0))
    snapshot.restore()


def test_rebinding_replaces_an_array_everywhere_once():
    shared = np.ones(2, dtype=np.float32)

    class Layer:
        def __init__(self):
            self.W, self.params, self.by_name = shared, [shared, 3], {"W": shared, "n": 1}

    layer = Layer()
    snapshot = Snapshot(layer, lambda: shared)
    assert any(a is shared for a in snapshot.floats)
    snapshot.rebind_arrays(lambda a: a.astype(np.float64) if a is shared else a)
    assert layer.W.dtype == np.float64
    assert layer.params[0] is layer.W is layer.by_name["W"]
    snapshot.restore()
    assert layer.W is layer.params[0] is layer.by_name["W"] is shared


class Dicts(dict):
    def __setitem__(self, key, value):
        raise AssertionError("restoring is not the class's business")


def test_a_dict_of_its_own_class_is_refilled_behind_its_back():
    item = Dicts(a=1)
    snapshot = Snapshot(item)
    dict.__setitem__(item, "b", 2)
    snapshot.restore()
    assert item == {"a": 1}


SEEDS = itertools.count()
DRAWS = {
    "uniform": np.random.rand,
    "normal": np.random.randn,  # every second one is kept from the first
    "seeded": lambda: np.random.seed(next(SEEDS)),
    "python": random.random,
}


@given(st.lists(st.sampled_from([*DRAWS, "remember", "put back", "put the first back", "forget"]), max_size=30))
@example(["normal", "remember", "normal", "remember", "put the first back", "put back"])
@example(["remember", "uniform", "uniform", "remember", "put the first back", "normal", "put back"])
@example(["remember", "uniform", "uniform", "remember", "put the first back", "normal", "remember", "put back"])
def test_the_global_generators_draw_again_what_they_drew_however_snapshots_lie_in_one_another(steps):
    kept = []
    for step in steps:
        if step == "remember":
            kept.append((Snapshot(), repr(np.random.get_state()), random.getstate()))
        elif step in DRAWS:
            DRAWS[step]()
        elif kept:
            snapshot, state, python_state = kept[0 if step == "put the first back" else -1]
            snapshot.restore()
            assert repr(np.random.get_state()) == state
            assert random.getstate() == python_state
            if step == "forget":
                kept.pop()


def test_a_global_generator_of_another_kind_is_put_back_too():
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(1))
    try:
        snapshot = Snapshot()
        first = np.random.rand()
        snapshot.restore()
        assert np.random.rand() == first
    finally:
        np.random.set_bit_generator(before)


@pytest.mark.parametrize("root", [None, 3, "text", np.float64(2), random, len])
def test_what_holds_nothing_is_left_alone(root):
    Snapshot(root).restore()
