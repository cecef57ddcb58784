"""The graph: the book's numbers by hand, any sum of products against autograd, networks, joins, failures."""

import json

import autograd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xray_cases import buy_apple_orange, digits, edge_between, edges_of, node_named

import backproof
from backproof.layers import AddLayer, Affine, MulLayer, Relu, Sigmoid, SoftmaxWithLoss


def test_the_books_apples_and_oranges():
    assert edges_of(buy_apple_orange()) == {
        "apple → mul_apple": (100, pytest.approx(2.2)),
        "apple_num → mul_apple": (2, pytest.approx(110)),
        "orange → mul_orange": (150, pytest.approx(3.3)),
        "orange_num → mul_orange": (3, pytest.approx(165)),
        "mul_apple → add_fruit": (200, 1.1),
        "mul_orange → add_fruit": (450, 1.1),
        "add_fruit → mul_tax": (650, 1.1),
        "tax → mul_tax": (1.1, 650),
        "mul_tax → price": (pytest.approx(715), 1),
    }


@pytest.mark.parametrize("number", [int, float, np.float64, np.asarray])
def test_x_plus_y_times_z(number):
    """By hand: p = x + y, g = p z, so ∂g/∂x = ∂g/∂y = z and ∂g/∂z = p."""
    x, y, z = number(-2), number(5), number(-4)
    add, mul = AddLayer(), MulLayer()
    with backproof.watch(add, mul) as graph:
        p = add.forward(x, y)
        g = mul.forward(p, z)
        dp, dz = mul.backward(1)
        add.backward(dp)
    assert g == -12
    assert dz == 3
    assert edges_of(graph) == {
        "x → add": (-2, -4),
        "y → add": (5, -4),
        "add → mul": (3, -4),
        "z → mul": (-4, 3),
        "mul → g": (-12, 1),
    }


class PlainMul:
    """A reader's own layer: Python numbers, which share one object where they are small."""

    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


def test_small_whole_numbers_join_though_python_keeps_one_object_for_them():
    first, second = PlainMul(), PlainMul()
    with backproof.watch(first, second) as graph:
        six = first.forward(2, 3)
        second.forward(six, 6)
        back, _ = second.backward(1)
        first.backward(back)
    assert edges_of(graph) == {
        "x → first": (2, 18),
        "y → first": (3, 12),
        "first → second": (6, 6),
        "y → second": (6, 6),
        "second → y": (36, 1),
    }


@pytest.mark.filterwarnings("ignore:Output seems independent")
@given(
    start=st.lists(st.floats(-3, 3), min_size=2, max_size=4),
    program=st.lists(st.tuples(st.booleans(), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=6),
)
def test_any_program_of_sums_and_products_has_the_gradients_of_autograd(start, program):
    leaves = [np.asarray(value) for value in start]
    layers = [MulLayer() if times else AddLayer() for times, _, _ in program]

    def run(values, combine):
        values = list(values)
        for i, (_, a, b) in enumerate(program):
            values.append(combine(i, values[a % len(values)], values[b % len(values)]))
        return values

    def loss(*values):
        return run(values, lambda i, a, b: a * b if program[i][0] else a + b)[-1]

    with backproof.watch(*layers) as graph:
        values = run(leaves, lambda i, a, b: layers[i].forward(a, b))
        upstream = [0.0] * len(values)
        upstream[-1] = 1.0
        for i in reversed(range(len(program))):
            da, db = layers[i].backward(upstream[len(leaves) + i])
            upstream[program[i][1] % (len(leaves) + i)] += da
            upstream[program[i][2] % (len(leaves) + i)] += db
    expected = [float(autograd.grad(loss, i)(*start)) for i in range(len(start))]
    sources = {}
    for edge in graph.graph.edges:
        source = graph.graph.node(edge.source)
        if source.kind == "input":
            sources.setdefault(id(source), []).append(edge)
    found = sorted(sum(edge.gradient.number for edge in edges) for edges in sources.values())
    used = {k % (len(leaves) + i) for i, (_, a, b) in enumerate(program) for k in (a, b)}
    assert found == pytest.approx(sorted(g for i, g in enumerate(expected) if i in used))
    assert len(found) == len(used & set(range(len(leaves))))


def test_a_network_is_a_chain_with_what_it_computed_on_every_edge():
    x, t = digits()
    network = backproof.TwoLayerNet(784, 50, 10, seed=0)
    xray = backproof.xray(network, x, t)
    h = x @ network.params["W1"] + network.params["b1"]
    scores = np.maximum(h, 0) @ network.params["W2"] + network.params["b2"]
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    dh = (p - t) / 100 @ network.params["W2"].T * (h > 0)
    assert [node.name for node in xray.graph.nodes if node.kind not in ("input", "output")] == [
        "Affine1",
        "Relu1",
        "Affine2",
        "SoftmaxWithLoss",
    ]
    np.testing.assert_allclose(edge_between(xray, "Affine1", "Relu1").value.array, h)
    np.testing.assert_allclose(edge_between(xray, "Affine1", "Relu1").gradient.array, dh, atol=1e-12)
    np.testing.assert_allclose(edge_between(xray, "Affine2", "SoftmaxWithLoss").gradient.array, (p - t) / 100)
    assert xray.loss == pytest.approx(-np.log(p[t == 1]).mean())
    W1 = node_named(xray, "Affine1").parameters[0]
    assert (W1.name, W1.value.shape) == ("W1", (784, 50))
    assert W1.gradient.norm == pytest.approx(np.linalg.norm(x.T @ dh))
    assert W1.ratio == pytest.approx(np.linalg.norm(x.T @ dh) / np.linalg.norm(network.params["W1"]))


def test_the_subject_is_left_as_it_was():
    network = backproof.TwoLayerNet(7, 5, 3, seed=0)
    x, t = np.random.default_rng(0).normal(size=(4, 7)), np.array([0, 1, 2, 0])
    given_x, state = x.copy(), np.random.get_state()[1].copy()
    before = {name: array.copy() for name, array in network.params.items()}
    backproof.xray(network, x, t)
    assert network.layers["Affine1"].dW is None
    assert all(np.array_equal(before[name], array) for name, array in network.params.items())
    np.testing.assert_array_equal(x, given_x)
    np.testing.assert_array_equal(np.random.get_state()[1], state)


def test_a_network_without_layer_objects_shows_its_ends_and_parameters():
    network = backproof.MatrixTwoLayerNet(7, 5, 3, seed=0)
    x, t = np.random.default_rng(0).normal(size=(4, 7)), np.array([0, 1, 2, 0])
    xray = backproof.xray(network, x, t)
    node = node_named(xray, "MatrixTwoLayerNet")
    gradient = network.gradient(x, t)
    assert {p.name: p.gradient.norm for p in node.parameters} == pytest.approx(
        {name: np.linalg.norm(g) for name, g in gradient.items()}
    )
    assert xray.loss == pytest.approx(network.loss(x, t))
    assert any("no layer objects" in note for note in xray.notes)


def test_a_layer_alone_gets_random_numbers_from_above():
    layer = Affine(np.full((3, 2), 2.0), np.zeros(2))
    xray = backproof.xray(layer, np.ones((4, 3)))
    above = edge_between(xray, "Affine", "y").gradient.array
    assert len(np.unique(above)) == 8
    np.testing.assert_allclose(edge_between(xray, "x", "Affine").gradient.array, above @ layer.W.T)
    np.testing.assert_allclose(xray.graph.nodes[1].parameters[0].gradient.array, np.ones((3, 4)) @ above)
    assert any("from above is random" in note for note in xray.notes)


class Standardise:
    """Of a gradient of all ones nothing would be left."""

    def forward(self, x):
        self.y = (x - x.mean(axis=0)) / x.std(axis=0)
        self.std = x.std(axis=0)
        return self.y

    def backward(self, dout):
        return (dout - dout.mean(axis=0) - self.y * (dout * self.y).mean(axis=0)) / self.std


def test_the_gradient_of_a_normalisation_alone_is_there_to_be_seen():
    xray = backproof.xray(Standardise(), np.random.default_rng(0).normal(size=(5, 4)))
    assert edge_between(xray, "x", "Standardise").gradient.norm > 0.1
    assert xray.stands_out == []


def test_a_loss_layer_alone():
    xray = backproof.xray(SoftmaxWithLoss(), np.zeros((2, 4)), np.array([0, 3]))
    assert xray.loss == pytest.approx(np.log(4))
    assert edge_between(xray, "x", "SoftmaxWithLoss").gradient.array[0].tolist() == [-0.375, 0.125, 0.125, 0.125]
    assert edge_between(xray, "t", "SoftmaxWithLoss").gradient is None


class LossWithoutDout(SoftmaxWithLoss):
    def backward(self):
        return super().backward(1.0)


def test_a_loss_layer_whose_backward_takes_nothing():
    xray = backproof.xray(LossWithoutDout(), np.zeros((2, 4)), np.array([0, 3]))
    assert xray.error is None
    assert edge_between(xray, "x", "LossWithoutDout").gradient.array[0].tolist() == [-0.375, 0.125, 0.125, 0.125]


def test_inputs_are_made_up_where_none_are_given():
    xray = backproof.xray(backproof.TwoLayerNet(7, 5, 3, seed=0))
    assert edge_between(xray, "x", "Affine1").value.shape[1] == 7
    assert any("random" in note for note in xray.notes)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def sigmoid_grad(x):
    return (1 - sigmoid(x)) * sigmoid(x)


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def test_a_function_with_its_derivative():
    x = np.array([[0.0, 1.0]])
    xray = backproof.xray((sigmoid, sigmoid_grad), x)
    edge = next(edge for edge in xray.graph.edges if edge.name == "x")
    np.testing.assert_allclose(edge.gradient.array, autograd.elementwise_grad(lambda v: 1 / (1 + np.e**-v))(x))


def test_an_out_cache_pair_is_a_layer_with_parameters():
    x, w, b = np.ones((2, 3)), np.full((3, 4), 2.0), np.zeros(4)
    xray = backproof.xray((affine_forward, affine_backward), (x, w, b))
    above = edge_between(xray, "affine", "y").gradient.array
    np.testing.assert_allclose(edge_between(xray, "x", "affine").gradient.array, above @ w.T)
    found = {p.name: p.gradient.array for p in node_named(xray, "affine").parameters}
    np.testing.assert_allclose(found["w"], x.T @ above)
    np.testing.assert_allclose(found["b"], above.sum(axis=0))


class Columns:
    """Samples in columns, other method names, the update made in the way back."""

    def __init__(self):
        self.weights = np.random.default_rng(0).normal(size=(2, 3))

    def feed_forward(self, x):
        self.x = x
        return self.weights @ x

    def back_prop(self, grad, rate):
        upstream = self.weights.T @ grad
        self.weights -= rate * grad @ self.x.T
        return upstream


@pytest.mark.parametrize("x", [None, np.random.default_rng(1).normal(size=(3, 5))])
def test_a_layer_of_other_habits_is_seen_as_the_check_sees_it(x):
    layer = Columns()
    before = layer.weights.copy()
    xray = backproof.xray(layer, x)
    edge, above = edge_between(xray, "x", "Columns"), edge_between(xray, "Columns", "y").gradient.array
    np.testing.assert_allclose(edge.gradient.array, before.T @ above)
    (weights,) = node_named(xray, "Columns").parameters
    np.testing.assert_allclose(weights.gradient.array, above @ edge.value.array.T)
    assert x is None or np.array_equal(edge.value.array, x)
    np.testing.assert_array_equal(layer.weights, before)


def test_what_was_told_is_drawn_on_the_callers_input():
    layer = Affine(np.full((3, 2), 2.0), np.zeros(2))
    told = backproof.subject(layer.forward, layer.backward, x=np.ones((5, 3)))
    x = np.arange(12.0).reshape(4, 3)
    (edge,) = [edge for edge in backproof.xray(told, x).graph.edges if edge.name == "x"]
    np.testing.assert_array_equal(edge.value.array, x)
    with pytest.raises(backproof.BackproofError, match=r"takes x of shape \(\d, 3\).* got \(4, 9\)"):
        backproof.xray(told, np.ones((4, 9)))


def test_a_function_without_a_way_back_is_refused_with_the_mend():
    with pytest.raises(backproof.BackproofError, match="pass it with its derivative"):
        backproof.xray(sigmoid, np.ones((2, 3)))


class Residual:
    """Layers with NumPy between them: a sum that no layer sees, and a reshape."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.first = Affine(rng.normal(size=(4, 4)), np.zeros(4))
        self.second = Affine(rng.normal(size=(4, 3)), np.zeros(3))
        self.last = SoftmaxWithLoss()
        self.layers = {"first": self.first, "second": self.second}
        self.params = {"W1": self.first.W, "W2": self.second.W}

    def loss(self, x, t):
        return self.last.forward(self.second.forward(self.first.forward(x) + x).reshape(-1, 3), t)

    def gradient(self, x, t):
        self.loss(x, t)
        self.first.backward(self.second.backward(self.last.backward()))
        return {"W1": self.first.dW, "W2": self.second.dW}


def test_code_between_layers_and_views_are_seen_for_what_they_are():
    x = np.random.default_rng(1).normal(size=(5, 4))
    xray = backproof.xray(Residual(), x, np.array([0, 1, 2, 0, 1]))
    assert edge_between(xray, "first", "code between").value.shape == (5, 4)
    assert edge_between(xray, "code between", "second").gradient.shape == (5, 4)
    joined = edge_between(xray, "second", "SoftmaxWithLoss")
    assert joined.note == "reshaped on the way"
    assert joined.gradient.shape == (5, 3)


class Slotted:
    """A layer whose instances take no new attributes."""

    __slots__ = ("x",)

    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout):
        return 2 * dout * self.x


def test_a_layer_with_slots():
    layer = Slotted()
    with backproof.watch(layer) as graph:
        layer.forward(3.0)
        layer.backward(1.0)
    assert edges_of(graph) == {"x → layer": (3, 6), "layer → y": (9, 1)}
    assert type(layer) is Slotted


class Block:
    """A container: what it returns was returned by a layer inside it."""

    params, grads = {}, {}

    def __init__(self):
        self.inner = [Relu(), Sigmoid()]

    def forward(self, x):
        for layer in self.inner:
            x = layer.forward(x)
        return x

    def backward(self, dout):
        for layer in reversed(self.inner):
            dout = layer.backward(dout)
        return dout


def test_a_container_is_opened():
    network = backproof.Sequential({"block": Block(), "Affine1": Affine(np.ones((3, 2)), np.zeros(2))})
    xray = backproof.xray(network, np.array([[1.0, -1.0, 2.0]]), np.array([0]))
    names = [node.class_name for node in xray.graph.nodes if node.call is not None]
    assert names == ["Relu", "Sigmoid", "Affine", "SoftmaxWithLoss"]


class Raises:
    params, grads = {}, {}

    def __init__(self, way):
        self.way = way

    def forward(self, x):
        if self.way == "forward":
            raise ValueError("shapes not aligned")
        return x + 0

    def backward(self, dout):
        raise ValueError("shapes not aligned")


@pytest.mark.parametrize("way", ["forward", "backward"])
def test_a_network_that_raises_midway_gives_the_graph_up_to_there(way):
    layers = {"Affine1": Affine(np.ones((3, 3)), np.zeros(3)), "Bad": Raises(way), "Relu1": Relu()}
    xray = backproof.xray(backproof.Sequential(layers), np.ones((2, 3)), np.array([0, 1]))
    node = node_named(xray, "Bad")
    assert (node.error, node.error_phase) == ("ValueError: shapes not aligned", way)
    assert edge_between(xray, "Affine1", "Bad").value.mean == 3
    assert ("Relu1" in [n.name for n in xray.graph.nodes]) == (way == "backward")
    assert xray.stands_out[0].text == "Bad raised ValueError: shapes not aligned"
    assert json.loads(json.dumps(xray.to_dict(), allow_nan=False))["error"] == node.error
    assert "shapes not aligned" in xray.to_html()


def test_a_network_without_layers_that_raises_has_it_on_its_node():
    class Broken(backproof.MatrixTwoLayerNet):
        def loss_and_gradients(self, x, t):
            raise KeyError("W3")

    xray = backproof.xray(Broken(7, 5, 3, seed=0), np.ones((2, 7)), np.array([0, 1]))
    assert node_named(xray, "Broken").error == "KeyError: 'W3'"


def test_nan_and_inf_are_shown():
    x = np.ones((3, 4))
    x[0, 0], x[1, 1] = np.nan, np.inf
    network = backproof.Sequential([Affine(np.ones((4, 2)), np.zeros(2))])
    xray = backproof.xray(network, x, np.array([0, 1, 0]))
    value = edge_between(xray, "x", "Affine1").value
    assert (value.nan, value.inf, value.high) == (1, 1, 1.0)
    assert any(remark.kind == "not-finite" for remark in xray.stands_out)
    data = xray.to_dict()
    assert data["edges"][0]["value"]["value"][0][0] == "nan"
    assert data["loss"] == "nan"
    json.dumps(data, allow_nan=False)
    assert "NaN" in xray.to_html()


def test_what_a_with_block_raises_comes_through_and_the_graph_is_filled():
    mul = MulLayer()
    watching = backproof.watch(mul)
    graph = watching.__enter__()
    mul.forward(2.0, 3.0)
    assert not watching.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert [node.name for node in graph.graph.nodes if node.call is not None] == ["mul"]
    assert "forward" not in vars(mul)


def test_layers_without_a_variable_go_by_their_class():
    layers = [MulLayer(), MulLayer()]
    with backproof.watch(*layers) as graph:
        layers[1].forward(layers[0].forward(2.0, 3.0), 4.0)
    assert [node.name for node in graph.graph.nodes if node.call is not None] == ["MulLayer1", "MulLayer2"]


def test_a_layer_used_twice_is_two_nodes():
    relu = Relu()
    with backproof.watch(relu) as graph:
        relu.forward(relu.forward(np.array([1.0, -1.0])))
    assert [node.name for node in graph.graph.nodes if node.call is not None] == ["relu", "relu (2)"]


@pytest.mark.parametrize("layers", [(), (3,), (MulLayer,)])
def test_watch_refuses_what_is_no_layer(layers):
    with pytest.raises(backproof.BackproofError, match="watch"):
        backproof.watch(*layers)


def test_repr_names_the_way():
    assert repr(buy_apple_orange()) == "<Xray of price: mul_apple → mul_orange → add_fruit → mul_tax>"


@pytest.mark.parametrize(
    ("x", "t", "error"),
    [
        (np.zeros((0, 64)), np.zeros(0, dtype=int), "LabelError"),
        (np.ones((2, 5)), np.array([0, 1]), "ShapeError"),
        (np.ones((2, 64)), np.array([0, 7]), "LabelError"),
        (np.array([["a"] * 64] * 2), np.array([0, 1]), "UFunc"),
        (np.ones(64), np.array(1), None),
        (np.ones((2, 64), dtype=np.uint8), np.array([0, 1]), None),
        (np.full((2, 64), np.nan), np.array([0, 1]), None),
        (np.full((2, 64), 1e308), np.array([0, 1]), None),
        ([[0.5] * 64], [1], None),
        (np.ones((2, 3, 8, 8)), np.array([0, 1]), "ShapeError"),
    ],
)
def test_odd_input_ends_in_a_page_that_says_what_happened(x, t, error):
    xray = backproof.xray(backproof.TwoLayerNet(64, 3, 2, seed=0), x, t)
    page = xray.to_html()
    json.dumps(xray.to_dict(), allow_nan=False)
    assert (xray.error or "None").startswith(str(error))
    assert error is None or error in page


@pytest.mark.parametrize("subject", [None, 3, backproof.TwoLayerNet, "net.py"])
def test_what_is_no_subject_is_refused(subject):
    with pytest.raises(backproof.BackproofError):
        backproof.xray(subject, np.ones((2, 3)), np.array([0, 1]))
