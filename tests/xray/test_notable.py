"""What stands out: each remark where it is due, with its figure, and none where it is not."""

import numpy as np
import pytest
from xray_cases import buy_apple_orange

import backproof
from backproof.layers import Affine, Relu, Sigmoid

RNG = np.random.default_rng(0)
X = RNG.normal(size=(20, 6))
T = np.arange(20) % 3


def remarks(*layers, x=X, t=T):
    return {r.kind: r for r in backproof.xray(backproof.Sequential(list(layers)), x, t).stands_out}


def affine(inputs, outputs, scale=1.0, bias=0.0):
    rng = np.random.default_rng(inputs * 100 + outputs)
    return Affine(scale * rng.normal(size=(inputs, outputs)) / np.sqrt(inputs), np.full(outputs, float(bias)))


def test_nothing_is_said_of_a_healthy_network():
    """A loss below ln 3: the labels are the network's own choice."""
    layers = [affine(6, 30), Relu(), affine(30, 3, scale=3)]
    t = backproof.Sequential(layers).predict(X).argmax(axis=1)
    assert remarks(*layers, t=t) == {}
    assert buy_apple_orange().stands_out == []


def test_dead_units():
    first = affine(6, 10)
    first.b[:4] = -100
    found = remarks(first, Relu(), affine(10, 3))["dead-relu"]
    assert found.figure == pytest.approx(0.4)
    assert "4 of 10 units of Relu1 (40 %) are 0 for all 20 samples" in found.text


def test_saturated_sigmoids():
    found = remarks(affine(6, 10, scale=100), Sigmoid(), affine(10, 3))["saturated-sigmoid"]
    assert found.figure > 0.9
    assert "saturated-sigmoid" not in remarks(affine(6, 10), Sigmoid(), affine(10, 3))


def deep(scale):
    return [layer for _ in range(8) for layer in (affine(6, 6, scale), Sigmoid())]


def test_gradients_that_vanish_and_explode():
    vanishing = remarks(*deep(0.5), affine(6, 3))["vanishing-gradient"]
    assert vanishing.figure < 1e-3
    assert "vanishes on its way back" in vanishing.text
    growing = [affine(6, 6, scale=30) for _ in range(6)]
    assert remarks(*growing, affine(6, 3))["exploding-gradient"].figure > 1e3


def test_a_single_layer_that_lets_no_gradient_through():
    found = remarks(affine(6, 6, scale=1e-5), affine(6, 3))["vanishing-gradient"]
    assert "in Affine1" in found.text


def test_constant_outputs_are_said_once_where_they_begin():
    found = remarks(affine(6, 5, scale=0, bias=1), affine(5, 4), affine(4, 3))
    assert "Affine1 puts out the same for all 20 samples" in found["constant-output"].text
    assert remarks(affine(6, 3), x=np.ones((20, 6))).keys() <= {"loss-at-chance"}  # the samples are all alike


def test_gradients_of_zero():
    found = remarks(affine(6, 5, bias=-100), Relu(), affine(5, 3))
    assert "is 0 in every entry" in found["zero-gradient"].text


def test_a_loss_at_and_above_chance():
    at = remarks(affine(6, 3, scale=1e-3))["loss-at-chance"]
    assert at.figure == pytest.approx(np.log(3), rel=1e-2)
    assert "guessing evenly among 3 classes (ln 3 = 1.099)" in at.text
    layers = [affine(6, 3, scale=20)]
    worst = backproof.Sequential(layers).predict(X).argmin(axis=1)
    assert "worse than guessing" in remarks(*layers, t=worst)["loss-at-chance"].text


def test_the_first_layer_that_makes_nan_is_named():
    first = affine(6, 4)
    first.W[0, 0] = np.inf
    found = remarks(first, Relu(), affine(4, 3))
    assert "Affine1 is the first to make 20 infinite among 80 entries" in found["not-finite"].text
    assert "is the first to send back" in found["gradient-not-finite"].text
