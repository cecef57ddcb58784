"""The subject is left exactly as it was, whatever its code does, and costs what it should."""

import copy
import tracemalloc

import numpy as np
import pytest
import wrong_layers as w

import backproof
from backproof import check


def state_of(item):
    """Everything an object holds, by identity and by value."""
    found = {}
    for name, value in vars(item).items():
        found[name] = (
            id(value),
            copy.deepcopy(value) if isinstance(value, (np.ndarray, list, int, float)) else None,
        )
        if isinstance(value, dict):
            found[name] = {
                k: (id(v), v.copy() if isinstance(v, np.ndarray) else state_of(v)) for k, v in value.items()
            }
        elif isinstance(value, np.random.Generator):
            found[name] = repr(value.bit_generator.state)
        elif hasattr(value, "__dict__"):
            found[name] = state_of(value)
    return found


def unchanged(before, after):
    np.testing.assert_equal(after, before)


@pytest.mark.parametrize(
    "make",
    [
        w.TwoLayers, w.Affine, w.Dropout, w.BatchNormalization, w.TrainsWhileAsked, w.AccumulatingAffine,
        w.WritingTanh, w.RememberingTanh, w.WholeWeights, w.RemembersTheFirstBatchSize, w.KeepsCopies,
        lambda: backproof.TwoLayerNet(4, 5, 4), lambda: backproof.TwoLayerNet(4, 5, 4, dtype="float32"),
    ],
)  # fmt: skip
def test_a_check_leaves_no_trace(make):
    subject = make()
    if hasattr(subject, "loss"):
        given = {"x": w.X2.copy(), "t": w.ONE_HOT.copy()}
        subject.gradient(**given)
    else:
        given = {"x": w.X2.copy()}
        subject.backward(subject.forward(given["x"].copy()))
    before, random = state_of(subject), np.random.get_state()
    check(subject, **given)
    unchanged(before, state_of(subject))
    unchanged(random, np.random.get_state())
    np.testing.assert_array_equal(given["x"], w.X2)


@pytest.mark.parametrize("method", ["forward", "backward"])
@pytest.mark.parametrize("calls_until", [1, 2, 5, 12, 40])
def test_a_layer_that_raises_midway_is_put_back(method, calls_until):
    class Failing(w.Affine):
        calls = 0

    def failing(self, value):
        self.calls += 1
        np.random.rand()
        self.W *= 1.5
        if self.calls >= calls_until:
            raise RuntimeError("midway")
        return getattr(w.Affine, method)(self, value)

    setattr(Failing, method, failing)
    subject = Failing()
    before, random = state_of(subject), np.random.get_state()
    report = check(subject, w.X2)
    assert report.exit_code in (1, 2)
    unchanged(before, state_of(subject))
    unchanged(random, np.random.get_state())


def test_evaluations_do_not_grow_with_the_parameters():
    x, t = np.random.default_rng(0).random((3, 784)), np.eye(10)[:3]
    small, large = (check(backproof.TwoLayerNet(784, h, 10, seed=0), x, t).evaluations for h in (50, 500))
    assert large <= 1.1 * small


def test_memory_stays_below_three_copies_of_the_largest_tensor_beside_the_gradients_themselves():
    net = backproof.TwoLayerNet(2000, 1000, 10, seed=0)
    x, t = np.random.default_rng(0).random((3, 2000)), np.eye(10)[:3]
    tracemalloc.start()
    try:
        assert check(net, x, t).ok
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < (1 + 3) * net.params["W1"].nbytes  # one is the gradient that the layer itself keeps
