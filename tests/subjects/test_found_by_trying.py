"""What the trial finds out about one score a sample, order, lists of layers and last outputs."""

import random

import numpy as np

from backproof.subjects.adapters import last_step
from backproof.subjects.one_score import one_score_each
from backproof.subjects.own_source import tree_of
from backproof.subjects.trial.lists_of_layers import _as_arrays, _gone_through
from backproof.subjects.trial.order import in_given_order

RNG = np.random.default_rng(0)


def test_one_score_a_sample_is_taken_where_it_goes_both_ways():
    rows, classes = np.ones((3, 4)), np.array([0, 1, 2])
    given = (rows, classes)

    def forward(x, t):
        if np.ndim(x) != 1:
            raise ValueError("scores")
        return np.abs(x - t)

    assert one_score_each(forward, lambda g: g, given, RNG, None)[0].ndim == 1
    assert one_score_each(lambda x, t: 1 / 0, lambda g: g, given, RNG, None) is None
    assert one_score_each(forward, lambda g: g[:1], given, RNG, None) is None
    assert one_score_each(forward, lambda g: g, (rows, rows), RNG, None) is None


def test_whatever_shuffles_keeps_the_order_and_is_put_back():
    class Holder:
        def __init__(self):
            self.rng, self.old = np.random.default_rng(3), np.random.RandomState(3)

    holder, names = Holder(), {"shuffle": np.random.shuffle}
    before = np.random.permutation, random.shuffle, holder.rng
    with in_given_order(holder, names):
        values = [3, 1, 2]
        names["shuffle"](values)
        random.shuffle(values)
        holder.old.shuffle(values)
        np.random.RandomState(1).shuffle(values)
        np.random.default_rng(1).shuffle(values)
        assert values == [3, 1, 2]
        assert list(holder.rng.permutation(4)) == [0, 1, 2, 3]
        assert list(np.random.permutation(values)) == [3, 1, 2]
    assert (np.random.permutation, random.shuffle, holder.rng) == before


def zipped(x, W, b):
    for w, c in zip(W, enumerate(b[1:]), strict=False):
        x = x @ w + c[1]
    return x


def cut(x, W):
    return x @ W[:, 0]


def test_lists_of_layers_are_gone_through_and_arrays_are_cut():
    loop = tree_of(zipped).body[0].body[0]
    assert [part.id for part in _gone_through(loop.iter) if hasattr(part, "id")][:2] == ["W", "b"]
    assert not _as_arrays(tree_of(zipped), ["W", "b"])
    assert _as_arrays(tree_of(cut), ["W"])


class Last:
    """Gives its last output alone; `kept` tells all of them."""

    def __init__(self, gives=None):
        self.U, self.gives = 0.1 * np.ones((4, 3)), gives

    def forward(self, inputs):
        h = np.zeros((4, 1))
        for x in inputs:
            h = np.tanh(self.U @ x + h)
        return {None: h, "dict": {0: h, 1: h}}[self.gives]

    def backward(self, d_y):
        return self.U.T @ d_y


class Apart(Last):
    def backward(self, d_y):
        return [d_y[0], *(d for d in d_y)]


class Along(Last):
    def backward(self, d_y):
        for d in d_y:
            self.last = d


def test_a_last_output_is_what_forward_gives_or_the_last_of_what_it_keeps():
    assert last_step.matches(Last())
    assert not last_step.matches(Apart())
    assert not last_step.matches(Along())
    (way,) = last_step.ways(Last())
    x = [np.ones((3, 1))] * 2
    assert np.shape(way.forward(x)) == (4, 1)
    (way,) = last_step.ways(Last("dict"))
    assert np.shape(way.forward(x)) == (4, 1)
