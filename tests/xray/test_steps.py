"""The steps: order, numbers that a reader can check, rules told apart from what the code gave; MathML."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from xray_cases import buy_apple_orange, digits, node_named

import backproof
from backproof.layers import Affine, Relu, Sigmoid, SoftmaxWithLoss
from backproof.xray.inspector import rule
from backproof.xray.rules import Seen, rule_of


def equations(xray):
    return {(step.title, e.symbols): e.numbers for step in xray.steps for e in step.equations}


def evaluated(numbers):
    """Both sides of "0.5 = 1 · (−0.5) + 1", where it has no words in it."""
    text = numbers.replace("−", "-").replace("·", "*").replace("²", "**2").replace("^", "**")
    text = re.sub(r"\[([^\]]*)\]", r"float(\1)", text)
    left, right = text.split(" = ")
    return float(left), eval(right, {"e": np.e, "max": max, "tanh": np.tanh, "log": np.log, "float": float})


def test_forward_and_back_one_operation_at_a_time():
    xray = buy_apple_orange()
    assert [(step.phase, xray.graph.node(step.node).name) for step in xray.steps] == [
        ("forward", "mul_apple"),
        ("forward", "mul_orange"),
        ("forward", "add_fruit"),
        ("forward", "mul_tax"),
        ("backward", "mul_tax"),
        ("backward", "add_fruit"),
        ("backward", "mul_orange"),
        ("backward", "mul_apple"),
    ]


def test_the_books_numbers_stand_in_the_steps():
    found = equations(buy_apple_orange())
    assert found["mul_apple, forward", "apple_price = apple · apple_num"] == "200 = 100 · 2"
    assert found["add_fruit, forward", "all_price = apple_price + orange_price"] == "650 = 200 + 450"
    assert found["mul_tax, backward", "∂L/∂tax = ∂L/∂price · all_price"] == "650 = 1 · 650"
    assert found["mul_apple, backward", "∂L/∂apple_num = ∂L/∂apple_price · apple"] == "110 = 1.1 · 100"


def small_network(*middle):
    rng = np.random.default_rng(3)
    layers = [Affine(rng.normal(size=(3, 2)), rng.normal(size=2)), *middle]
    network = backproof.Sequential([*layers, Affine(rng.normal(size=(2, 2)), rng.normal(size=2))])
    return backproof.xray(network, rng.normal(size=(2, 3)), np.array([0, 1]))


class Tanh:
    params, grads = {}, {}

    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out**2)


@pytest.mark.parametrize("middle", [Relu, Sigmoid, Tanh])
def test_every_equation_is_true_as_it_is_written(middle):
    """Four figures are shown, so both sides agree to about three."""
    xray = small_network(middle())
    written = [e.numbers for step in xray.steps for e in step.equations]
    assert len(written) >= 12
    for numbers in written:
        left, right = evaluated(numbers)
        assert left == pytest.approx(right, rel=5e-3, abs=2e-3)
    assert all(e.agrees for step in xray.steps for e in step.equations)
    assert not any(step.warnings for step in xray.steps)


def test_a_long_sum_shows_its_largest_terms_and_counts_the_rest():
    x, t = digits(5)
    found = equations(backproof.xray(backproof.TwoLayerNet(784, 6, 10, seed=0), x, t))
    numbers = next(n for (title, _), n in found.items() if title == "Affine1, forward")
    assert "… (781 more)" in numbers


class SoftmaxWithLossOverTheBatch(SoftmaxWithLoss):
    """The learner's softmax: over all entries at once."""

    def forward(self, x, t):
        super().forward(x, t)
        self.y = np.exp(x) / np.exp(x).sum()
        self.loss = float(-np.log(self.y[np.arange(len(t)), t]).mean())
        return self.loss


def test_where_the_code_does_not_follow_the_rule_both_numbers_are_said():
    rng = np.random.default_rng(0)
    network = backproof.Sequential([Affine(rng.normal(size=(3, 4)), np.zeros(4))], SoftmaxWithLossOverTheBatch())
    x, t = rng.normal(size=(3, 3)), np.array([0, 1, 2])
    step = next(s for s in backproof.xray(network, x, t).steps if "Softmax" in s.title and s.phase == "forward")
    right = backproof.Sequential(network.layers).loss(x, t)
    assert step.warnings == (f"The rule gives L = {right:.6g}; this code gave {network.loss(x, t):.6g}.",)


@pytest.mark.parametrize("name", ["Wobble", "TanhRelu", "LeakyRelu"])
def test_a_layer_of_unknown_kind_gets_the_chain_rule_and_no_numbers(name):
    xray = backproof.xray(type(name, (Tanh,), {})(), np.ones((2, 3)))
    seen = Seen(xray.graph, node_named(xray, name))
    assert rule_of(seen).name == "chain rule"
    assert all(step.equations == () for step in xray.steps)


@pytest.mark.parametrize("middle", [Relu, Sigmoid, Tanh])
def test_rules_are_well_formed_and_carry_the_shapes_of_the_run(middle):
    xray = small_network(middle())
    for node in xray.graph.nodes:
        if node.call is None:
            continue
        formulas = ET.fromstring(rule(xray.graph, node))
        assert formulas.findall("math")
        texts = {text.text for text in formulas.iter("mtext")}
        if node.parameters:
            assert {" × ".join(map(str, p.value.shape)) for p in node.parameters} <= texts
            assert "2 × 2" in texts


def test_sums_too_large_to_keep_have_no_numbers_but_a_step():
    network = backproof.Sequential([Affine(np.ones((600, 2)), np.zeros(2))])
    xray = backproof.xray(network, np.ones((500, 600)), np.zeros(500, dtype=int))
    step = next(s for s in xray.steps if s.title == "Affine1, forward")
    assert step.equations == ()
    assert "(500 × 600)" in step.says
