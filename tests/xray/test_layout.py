"""The layout of any small graph: nothing overlaps, everything flows one way, chains are straight."""

import itertools
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xray_cases import buy_apple_orange

import backproof
from backproof.layers import AddLayer, Affine, Relu
from backproof.xray.graph import Graph
from backproof.xray.layout import Sizes, layout
from backproof.xray.svg import drawing

SPACE = Sizes(along=50, across=20)


def graph_with(nodes, edges):
    graph = Graph()
    made = [graph.add("layer", f"layer {i}") for i in range(nodes)]
    for a, b in edges:
        graph.join(made[a], made[b], "x")
    return graph


def placed(graph, direction):
    sizes = {node.id: (60.0 + 10 * (i % 3), 30.0 + 10 * (i % 2)) for i, node in enumerate(graph.nodes)}
    axis = 0 if direction == "right" else 1
    ports = {id: (size[axis] / 2, size[axis] / 2) for id, size in sizes.items()}
    return layout(graph, sizes, ports, SPACE, direction)


GRAPHS = st.integers(1, 9).flatmap(
    lambda n: st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=14).map(
        lambda pairs: graph_with(n, {(min(p), max(p)) for p in pairs if p[0] != p[1]})
    )
)


@pytest.mark.parametrize("direction", ["right", "down"])
@given(graph=GRAPHS)
def test_boxes_lie_apart_and_inside(direction, graph):
    found = placed(graph, direction)
    for box in found.boxes.values():
        assert box.x - box.width / 2 >= 0
        assert box.y - box.height / 2 >= 0
        assert box.x + box.width / 2 <= found.width
        assert box.y + box.height / 2 <= found.height
    for a, b in itertools.combinations(found.boxes.values(), 2):
        apart_x = abs(a.x - b.x) >= (a.width + b.width) / 2 - 1e-6
        apart_y = abs(a.y - b.y) >= (a.height + b.height) / 2 - 1e-6
        assert apart_x or apart_y


@pytest.mark.parametrize("direction", ["right", "down"])
@given(graph=GRAPHS)
def test_edges_only_go_forward(direction, graph):
    found = placed(graph, direction)
    axis = 0 if direction == "right" else 1
    for edge in graph.edges:
        path = [point[axis] for point in found.paths[edge.id]]
        assert path == sorted(path)
        assert path[0] < path[-1]


@pytest.mark.parametrize("direction", ["right", "down"])
@given(length=st.integers(3, 12), sides=st.sets(st.integers(2, 11)))
def test_a_chain_is_straight_even_with_inputs_at_its_side(direction, length, sides):
    graph = graph_with(length, [(i, i + 1) for i in range(length - 1)])
    for i in sorted(side for side in sides if side < length):
        graph.join(graph.add("input", "t"), graph.nodes[i], "t")
    found = placed(graph, direction)
    places = [found.boxes[node.id] for node in graph.nodes[:length]]
    across = [box.y if direction == "right" else box.x for box in places]
    assert max(across) - min(across) < 0.5


def test_an_empty_graph_has_a_place_too():
    assert placed(Graph(), "right").boxes == {}


def skipping(blocks):
    """Two ways from each sum to the next: through layers, and past them."""
    rng = np.random.default_rng(0)
    layers = [(Affine(rng.normal(size=(4, 4)), np.zeros(4)), Relu(), AddLayer()) for _ in range(blocks)]
    x = first = rng.normal(size=(3, 4))
    with backproof.watch(*(layer for block in layers for layer in block)) as graph:
        for affine, relu, add in layers:
            x = add.forward(relu.forward(affine.forward(x)), x)
        dout = np.ones_like(x)
        for affine, relu, add in reversed(layers):
            deep, past = add.backward(dout)
            dout = affine.backward(relu.backward(deep)) + past
    assert first.shape == dout.shape
    return graph


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("graph", [skipping(1), skipping(3), buy_apple_orange()], ids=["one", "three", "apple"])
def test_no_label_lies_under_a_node_or_outside_the_drawing(graph, direction):
    root = ET.fromstring(drawing(graph.graph, direction, "graph", "p"))
    left, top, width, height = map(float, root.get("viewBox").split())
    nodes = [
        tuple(float(rect.get(key)) for key in ("x", "y", "width", "height"))
        for link in root.findall("a") if "xr-node" in link.get("class") for rect in link.findall("rect")
    ]  # fmt: skip
    labels = [
        text for link in root.findall("a") if "xr-edge" in link.get("class") for text in link.findall("text")
    ]
    assert len(labels) > len(graph.graph.edges)
    for label in labels:
        x, y = float(label.get("x")), float(label.get("y"))
        across = 7.4 * len(label.text)
        x -= {"start": 0, "middle": across / 2, "end": across}[label.get("text-anchor")]
        assert left <= x
        assert x + across <= left + width
        assert top <= y - 11
        assert y + 3 <= top + height
        for a, b, wide, high in nodes:
            hidden = min(x + across, a + wide) - max(x, a), min(y + 3, b + high) - max(y - 11, b)
            assert min(hidden) <= 4, label.text
