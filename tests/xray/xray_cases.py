"""The book's graph, digits, and short ways to look into an X-ray."""

import functools

import numpy as np
import pytest

import backproof
from backproof.layers import AddLayer, MulLayer


def buy_apple_orange():
    """The book's section 5.4: two apples at 100, three oranges at 150, a tax of 10 %."""
    apple, apple_num, orange, orange_num, tax = 100, 2, 150, 3, 1.1
    mul_apple, mul_orange, add_fruit, mul_tax = MulLayer(), MulLayer(), AddLayer(), MulLayer()
    with backproof.watch(mul_apple, mul_orange, add_fruit, mul_tax) as graph:
        apple_price = mul_apple.forward(apple, apple_num)
        orange_price = mul_orange.forward(orange, orange_num)
        all_price = add_fruit.forward(apple_price, orange_price)
        price = mul_tax.forward(all_price, tax)
        dall_price, dtax = mul_tax.backward(1)
        dapple_price, dorange_price = add_fruit.backward(dall_price)
        mul_orange.backward(dorange_price)
        mul_apple.backward(dapple_price)
    assert price == pytest.approx(715)
    assert dtax == 650
    return graph


def edges_of(xray):
    """{"apple → mul_apple": (value, gradient)} of a graph of numbers, read from `to_dict` alone."""
    data = xray.to_dict()
    names = {node["id"]: node["name"] for node in data["nodes"]}

    def number(part):
        return None if part is None else part["value"]

    return {
        f"{names[edge['source']]} → {names[edge['target']]}": (number(edge["value"]), number(edge["gradient"]))
        for edge in data["edges"]
    }


@functools.cache
def digits(samples=100):
    (x, t), _ = backproof.datasets.load_mnist(name="mnist-sample", one_hot_label=True)
    return x[:samples].astype(np.float64), t[:samples]


def node_named(xray, name):
    return next(node for node in xray.graph.nodes if node.name == name)


def edge_between(xray, source, target):
    return next(edge for edge in xray.graph.edges if xray.graph.title(edge) == f"{source} → {target}")
