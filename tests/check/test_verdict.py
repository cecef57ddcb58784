"""Analytic against numeric gradients; HIPS autograd and SciPy say what is right."""

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime
from scipy.stats import kstest

from backproof.check.directions import Directions, gaussian
from backproof.check.verdict import Probe, compare, to_verdict

SMOOTH = {
    "affine": lambda a: a @ M,
    "tanh": lambda a: anp.tanh(a @ M),
    "softmax": lambda a: anp.exp(a) / anp.sum(anp.exp(a), axis=-1, keepdims=True),
    "normalised": lambda a: (a - anp.mean(a)) / anp.sqrt(anp.var(a) + 1e-5),
    "products": lambda a: a[:, :1] * a,
}
M = np.random.default_rng(7).normal(size=(3, 3))


def probe_of(f, a, cotangent=None, seed=0):
    y = np.asarray(f(a)).reshape(-1)
    c = np.random.default_rng([seed, 1]).normal(size=y.size) if cotangent is None else cotangent
    return Probe(a, lambda: np.asarray(f(a), dtype=np.float64).reshape(-1), c)


def gradient_of(f, a, cotangent):
    return autograd.grad(lambda v: anp.sum(anp.ravel(f(v)) * cotangent))(a)


def compared(probe, analytic, **keywords):
    return compare(probe, analytic, Directions(np.random.default_rng(1)), **keywords)


@pytest.mark.parametrize("name", SMOOTH)
@pytest.mark.parametrize("entries_at_most", [0, 64], ids=["directions", "entries"])
@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), magnitude=st.sampled_from([1e-6, 1e-2, 1.0, 30.0]))
def test_a_right_gradient_agrees_and_a_wrong_one_does_not(name, entries_at_most, seed, magnitude):
    f = SMOOTH[name]
    rng = np.random.default_rng(seed)
    a = magnitude * rng.normal(size=(4, 3))
    if name in ("tanh", "softmax", "normalised") and magnitude == 30:
        a /= 10  # saturated beyond
    before = a.copy()
    probe = probe_of(f, a, seed=seed)
    right = gradient_of(f, a, probe.cotangent)
    assert compared(probe, right, entries_at_most=entries_at_most).outcome == "agree"
    wrong = right + 0.2 * np.abs(right).max() * rng.normal(size=right.shape)
    comparison = compared(probe, wrong, entries_at_most=entries_at_most)
    if np.linalg.norm(wrong - right) >= 3 * comparison.smallest_visible:  # that size itself is missed by chance
        assert comparison.outcome == "disagree"
        assert comparison.fault
    assert a.tobytes() == before.tobytes()


def test_the_numeric_gradient_is_the_one_scipy_finds():
    a = np.random.default_rng(0).normal(size=(2, 5))
    f = lambda v: np.sin(v) * np.exp(v / 3)  # noqa: E731
    probe = probe_of(f, a)
    comparison = compared(probe, np.zeros_like(a))
    scipy = approx_fprime(a.ravel(), lambda v: probe.cotangent @ f(v.reshape(2, 5)).ravel(), 1e-7)
    np.testing.assert_allclose(comparison.numeric.ravel(), scipy, rtol=1e-5, atol=1e-6)


def test_the_worst_entry_comes_first_with_both_numbers():
    a = np.random.default_rng(0).normal(size=(3, 4))
    probe = probe_of(np.sin, a)
    wrong = probe.cotangent.reshape(3, 4) * np.cos(a)
    wrong[2, 1] += 7.0
    wrong[0, 3] -= 2.0
    comparison = compared(probe, wrong)
    (first, claimed, numeric), (second, *_), *rest = comparison.worst
    assert (first, second) == ((2, 1), (0, 3))
    assert claimed == wrong[2, 1]
    assert claimed - numeric == pytest.approx(7.0, rel=1e-6)
    assert comparison.error == pytest.approx(7.0, rel=1e-6)
    assert len(rest) == 3
    verdict = to_verdict(comparison, "Sin", "dx", "generic", 3)
    assert (verdict.layer, verdict.quantity, verdict.outcome, verdict.method) == (
        "Sin",
        "dx",
        "disagree",
        "entries",
    )
    assert verdict.worst == tuple(comparison.worst)


def test_small_arrays_are_taken_by_entries_and_large_ones_along_directions():
    for shape, method in (((4, 4), "entries"), ((10, 10), "directions")):
        a = np.random.default_rng(0).normal(size=shape)
        probe = probe_of(np.sin, a)
        assert compared(probe, probe.cotangent.reshape(shape) * np.cos(a)).method == method


def test_directions_see_an_error_as_small_as_they_say():
    a = np.random.default_rng(0).normal(size=(40, 40))
    probe = probe_of(np.sin, a)
    right = probe.cotangent.reshape(a.shape) * np.cos(a)
    smallest = compared(probe, right).smallest_visible
    assert 0 < smallest < 1e-4 * np.linalg.norm(right)
    unit = np.random.default_rng(5).normal(size=a.shape)
    unit /= np.linalg.norm(unit)
    seen = [
        compare(probe, right + smallest * unit, Directions(np.random.default_rng(seed))).outcome == "disagree"
        for seed in range(40)
    ]
    assert all(seen)  # each is missed with a probability of at most 1e-3


def test_swapped_entries_are_seen_along_directions():
    """Directions of ones would pass these."""
    a = np.random.default_rng(0).normal(size=(30, 30))
    probe = probe_of(np.sin, a)
    right = probe.cotangent.reshape(a.shape) * np.cos(a)
    assert compared(probe, right[::-1]).outcome == "disagree"


# Kinks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("claimed", [0.0, 0.4, 1.0])
def test_at_a_kink_what_lies_between_the_two_slopes_is_accepted_and_counted(claimed):
    a = np.array([1.5, 0.0, -2.0])
    comparison = compared(probe_of(lambda v: np.maximum(v, 0), a, np.ones(3)), np.array([1.0, claimed, 0.0]))
    assert comparison.outcome == "kink"
    assert comparison.unverified == 1


@pytest.mark.parametrize("claimed", [-0.3, 1.2])
def test_at_a_kink_what_lies_outside_the_two_slopes_is_wrong(claimed):
    a = np.array([1.5, 0.0, -2.0])
    comparison = compared(probe_of(lambda v: np.maximum(v, 0), a, np.ones(3)), np.array([1.0, claimed, 0.0]))
    assert comparison.outcome == "disagree"
    assert comparison.worst[0][0] == (1,)


def test_half_the_slope_at_a_kink_is_what_a_central_difference_gives():
    a = np.array([1.5, 0.0, -2.0])
    comparison = compared(probe_of(lambda v: np.maximum(v, 0), a, np.ones(3)), np.array([1.0, 0.5, 0.0]))
    assert comparison.outcome == "agree"


def test_a_wrong_entry_beside_a_kink_is_still_wrong():
    a = np.array([1.5, 0.0, -2.0])
    comparison = compared(probe_of(lambda v: np.maximum(v, 0), a, np.ones(3)), np.array([1.0, 0.0, 1.0]))
    assert comparison.outcome == "disagree"
    assert comparison.worst[0][0] == (2,)
    assert comparison.unverified == 1


def test_where_every_direction_crosses_kinks_the_entries_are_asked():
    a = np.zeros((10, 10))
    a[::2] = np.random.default_rng(0).normal(size=(5, 10))
    probe = probe_of(lambda v: np.maximum(v, 0), a)
    right = probe.cotangent.reshape(a.shape) * (a > 0)
    comparison = compared(probe, right)
    assert (comparison.outcome, comparison.method, comparison.unverified) == ("kink", "entries", 50)
    right[0, 0] += 0.1
    assert compared(probe, right).outcome == "disagree"


def test_where_there_are_too_many_entries_to_ask_a_kink_leaves_no_answer():
    a = np.zeros((40, 40))
    probe = probe_of(lambda v: np.maximum(v, 0), a)
    assert compared(probe, np.zeros_like(a)).outcome == "cannot tell"


# Noise, scales, zeros ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("shape", [(3,), (4, 4), (12, 12)], ids=["few", "entries", "directions"])
@pytest.mark.parametrize("rounded", ["input", "output"])
def test_float32_inside_is_judged_with_longer_steps(shape, rounded, seed):
    a = np.random.default_rng(seed).normal(size=shape)

    def f(v):
        return np.tanh(v.astype(np.float32)) if rounded == "input" else np.tanh(v).astype(np.float32)

    probe = probe_of(f, a, seed=seed)
    right = probe.cotangent.reshape(shape) * (1 - np.tanh(a) ** 2)
    comparison = compared(probe, right)
    assert comparison.outcome == "agree"
    assert comparison.smallest_visible > 1e-6  # and it says that float32 hides more
    assert compared(probe, 1.05 * right).outcome == "disagree"


def test_an_array_of_float32_takes_rounded_steps_and_still_agrees():
    seen = 0
    for seed in range(3000):  # one draw in some thousands has two steps that agree by chance
        rng = np.random.default_rng(seed)
        a, c = rng.standard_normal(5).astype(np.float32), rng.standard_normal(5)
        right = c * (1 - np.tanh(a.astype(np.float64)) ** 2)
        probe = Probe(a, lambda a=a: np.tanh(a.astype(np.float64)), c)
        assert compare(probe, right, Directions(rng), directions=1, entries_at_most=0).outcome == "agree"
        seen += compare(probe, 1.1 * right, Directions(rng), directions=1, entries_at_most=0).fault
    assert seen > 2900  # the others lie across the gradient


def test_a_kink_in_float32_is_still_a_kink():
    a = np.array([1.5, 0.0, -2.0, 0.7])
    probe = probe_of(lambda v: np.maximum(v.astype(np.float32), 0), a, np.ones(4))
    comparison = compared(probe, np.array([1.0, 0.0, 0.0, 1.0]))
    assert (comparison.outcome, comparison.unverified) == ("kink", 1)
    assert compared(probe, np.array([1.0, 0.0, 0.0, -1.0])).outcome == "disagree"


@pytest.mark.parametrize("shape", [(4, 4), (12, 12)], ids=["entries", "directions"])
def test_noise_is_never_called_agreement(shape):
    a = np.random.default_rng(0).normal(size=shape)
    noise = np.random.default_rng(1)
    probe = probe_of(lambda v: v + noise.normal(size=v.shape), a)
    assert compared(probe, probe.cotangent.reshape(shape)).outcome == "cannot tell"


@pytest.mark.parametrize("shape", [(4, 4), (12, 12)], ids=["entries", "directions"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_never_called_agreement(shape, value):
    a = np.random.default_rng(0).normal(size=shape)
    with np.errstate(invalid="ignore"):  # as the checker calls it
        probe = probe_of(lambda v: v * value, a)
        assert compared(probe, np.zeros(shape)).outcome == "cannot tell"


@pytest.mark.parametrize("shape", [(4, 4), (12, 12)], ids=["entries", "directions"])
def test_a_claimed_gradient_that_is_not_finite_disagrees(shape):
    a = np.random.default_rng(0).normal(size=shape)
    probe = probe_of(np.sin, a)
    assert compared(probe, np.full(shape, np.nan)).outcome == "disagree"


@pytest.mark.parametrize("entries_at_most", [0, 64], ids=["directions", "entries"])
@settings(max_examples=20)
@given(exponent=st.integers(-6, 6), outer=st.integers(-6, 6), seed=st.integers(0, 10**6))
def test_scales_make_no_difference(entries_at_most, exponent, outer, seed):
    """y = s f(a / m): the gradient is s/m f', from 1e-12 to 1e12."""
    magnitude, scale = 10.0**exponent, 10.0**outer
    rng = np.random.default_rng(seed)
    a = magnitude * rng.normal(size=(4, 4))
    probe = probe_of(lambda v: scale * np.tanh(v / magnitude), a, seed=seed)
    right = scale / magnitude * probe.cotangent.reshape(4, 4) * (1 - np.tanh(a / magnitude) ** 2)
    assert compared(probe, right, entries_at_most=entries_at_most).outcome == "agree"
    comparison = compared(probe, 1.01 * right, entries_at_most=entries_at_most)
    assert comparison.fault


@pytest.mark.parametrize("entries_at_most", [0, 64], ids=["directions", "entries"])
def test_a_gradient_of_zero_agrees_with_zero_and_with_nothing_else(entries_at_most):
    a, other = np.random.default_rng(0).normal(size=(2, 4, 4))
    probe = probe_of(lambda v: np.sin(other), a)
    assert compared(probe, np.zeros_like(a), entries_at_most=entries_at_most).outcome == "agree"
    assert compared(probe, np.ones_like(a), entries_at_most=entries_at_most).fault


def test_zeros_are_an_array_like_any_other():
    a = np.zeros((3, 3))
    probe = probe_of(np.sin, a)
    assert compared(probe, probe.cotangent.reshape(3, 3)).outcome == "agree"


def test_a_difference_as_an_epsilon_makes_it_is_no_fault():
    a = np.random.default_rng(0).uniform(0.2, 1, size=(3, 4))
    probe = probe_of(lambda v: np.log(v + 1e-7), a)
    comparison = compared(probe, probe.cotangent.reshape(3, 4) / a)
    assert comparison.negligible
    assert not comparison.fault
    assert to_verdict(comparison, "Log", "dx", "generic", 3).outcome == "agree"


def test_an_output_that_changes_its_shape_is_never_called_agreement():
    for size in (3, 100):
        a = np.random.default_rng(0).normal(size=size)
        calls = iter(range(10**6))
        probe = Probe(a, lambda calls=calls: np.ones(2 + next(calls) % 2), np.ones(2))
        assert compared(probe, np.zeros(size)).outcome == "cannot tell"


def test_an_empty_array_has_nothing_to_disagree_about():
    a = np.zeros((0, 3))
    assert compared(probe_of(lambda v: v, a), np.zeros((0, 3))).outcome == "agree"


# Manners -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 4), (20, 20)], ids=["entries", "directions"])
@settings(max_examples=20)
@given(stop=st.integers(1, 12))
def test_the_array_is_put_back_bit_for_bit_even_when_the_function_raises(shape, stop):
    a = np.random.default_rng(0).normal(size=shape) * 1e3 + 0.1
    a[0, 0], a[1, 1] = -0.0, np.nan
    before, calls = a.copy(), []

    def f():
        calls.append(1)
        if len(calls) == stop:
            raise RuntimeError("midway")
        return np.nan_to_num(a).reshape(-1)

    with pytest.raises(RuntimeError, match="midway"):
        compared(Probe(a, f, np.ones(a.size)), np.ones(shape))
    assert a.tobytes() == before.tobytes()


@settings(max_examples=20)
@given(seed=st.integers(0, 10**6), size=st.integers(1, 200))
def test_evaluations_are_counted_one_by_one(seed, size):
    a, calls = np.random.default_rng(seed).normal(size=size), []

    def f():
        calls.append(1)
        return np.cumsum(a)

    probe = Probe(a, f, np.ones(size))
    comparison = compared(probe, np.arange(size, 0, -1.0))
    assert comparison.outcome == "agree"
    assert comparison.evaluations == len(calls)


def test_directions_cost_the_same_however_large_the_array():
    spent = []
    for size in (100, 100_000):
        a = np.random.default_rng(0).normal(size=(size // 10, 10))
        probe = probe_of(np.sin, a)
        spent.append(compared(probe, probe.cotangent.reshape(a.shape) * np.cos(a)).evaluations)
    assert spent[0] == spent[1] < 20


# Very large arrays ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_very_large_array_is_judged_in_place_and_put_back_up_to_rounding(dtype):
    rng = np.random.default_rng(0)
    a, c = rng.standard_normal((1001, 1000)).astype(dtype), rng.standard_normal(3)
    before, weights = a.copy(), rng.standard_normal((3, 1001))

    def f():
        return np.tanh(weights @ a.mean(axis=1, dtype=np.float64))

    inner = 1 - f() ** 2
    right = np.repeat(((c * inner) @ weights / 1000)[:, None], 1000, axis=1)
    wrong = right.copy()
    wrong[7] *= -1  # one row of a thousand
    assert compare(Probe(a, f, c), right, Directions(rng)).outcome == "agree"
    assert compare(Probe(a, f, c), wrong, Directions(rng)).fault
    np.testing.assert_allclose(a, before, rtol=0, atol=1e-5 if dtype == np.float32 else 1e-12)


def test_directions_of_very_large_arrays_are_normally_distributed():
    steps, deviation = gaussian((1000, 1000), np.random.default_rng(0))
    assert steps.dtype == np.int8
    assert (steps != 0).all()
    assert kstest(steps.ravel() / deviation, "norm").statistic < 0.02  # 1/44 is how finely they are rounded


def test_a_direction_is_drawn_once_a_shape():
    draws = Directions(np.random.default_rng(0))
    first = draws.number(0, (3, 4))
    assert draws.number(0, (3, 4)) is first
    assert draws.number(1, (3, 4)) is not first
    assert np.linalg.norm(first.unit * first.steps) == pytest.approx(1)
