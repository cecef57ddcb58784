"""From a wrong quantity to the statement that computes it, in the shapes that people write."""

import linecache

import numpy as np
import pytest

from backproof.check.locate import place, spots


@pytest.fixture
def load(tmp_path):
    """The names that a piece of source defines, its lines readable as those of a file."""

    def load(text):
        path = tmp_path / "code.py"
        path.write_text(text, encoding="utf-8")
        linecache.checkcache()
        names = {"np": np}
        exec(compile(text, path, "exec"), names)
        return names

    return load


def told(found):
    """The lines that the spots point to, without indentation, and their expressions."""
    return [(linecache.getline(s.file, s.line).strip(), s.expression) for s in found]


AFFINE = """
class Affine:
    def __init__(self, W, b):
        self.W = W.copy()
        self.b = b
        self.params = [self.W, self.b]
    def forward(self, x):
        self.shape = x.shape
        self.x = x.reshape(len(x), -1)
        out = np.dot(self.x, self.W) + self.b
        return out
    def backward(self, dout):
        dx = np.dot(dout, self.W)
        self.dW = np.dot(self.x.T, dout) * 2
        self.db = np.sum(dout, axis=1)
        dx = dx.reshape(*self.shape)
        return dx
"""


@pytest.mark.parametrize(
    ("quantity", "cause", "expression"),
    [
        ("dW", "wrong-factor", "np.dot(self.x.T, dout) * 2"),
        ("dW", "unknown", "np.dot(self.x.T, dout) * 2"),
        ("db", "wrong-axis", "np.sum(dout, axis=1)"),
        ("dx", "unknown", "np.dot(dout, self.W)"),
        ("dx", "weights-not-used", "np.dot(dout, self.W)"),
        ("dx", "order-not-restored", "dx.reshape(*self.shape)"),
    ],
)
def test_quantities_of_a_layer_of_the_book(load, quantity, cause, expression):
    layer = load(AFFINE)["Affine"](np.ones((2, 3)), np.ones(3))
    (spot,) = spots(layer.backward, "backward", quantity, cause, {})
    assert spot.expression == expression
    start, end = spot.columns
    assert linecache.getline(spot.file, spot.line)[start:end] == expression


def test_what_an_init_copies(load):
    cls = load(AFFINE)["Affine"]
    (found,) = told(spots(cls.__init__, "state", "W1", "parameter-disconnected", {}))
    assert found == ("self.W = W.copy()", "W.copy()")


def test_pairs_give_their_gradients_by_name_and_place(load):
    text = """
def affine_backward(dout, cache):
    x, w, b = cache
    N = x.shape[0]
    dx = dout.dot(w.T).reshape(x.shape)
    dw = x.reshape(N, -1).T.dot(dout)
    db = dout.sum(axis=1)
    return dx, dw, db
"""
    back = load(text)["affine_backward"]
    for quantity, line in (("dx", "dx = dout"), ("dw", "dw = x"), ("db", "db = dout")):
        ((found, _),) = told(spots(back, "backward", quantity, "unknown", {}))
        assert found.startswith(line)


@pytest.mark.parametrize(
    "line",
    [
        'self.grads["W"] = self.x.T @ dout',
        "self.grads[0][...] = self.x.T @ dout",
        "self.grads = [self.x.T @ dout, dout.sum(axis=0)]",
        'self.grads = {"W": self.x.T @ dout}',
        "self.grad_W = self.x.T @ dout",
        "self.W_grad[...] = self.x.T @ dout",
    ],
)
def test_wherever_a_layer_keeps_its_gradients(load, line):
    names = load(f"""
class Dense:
    def __init__(self, W):
        self.W, self.params = W, [W]
    def backward(self, dout):
        {line}
        return dout @ self.W.T
""")
    layer = names["Dense"](np.ones((2, 3)))
    ((found, _),) = told(spots(layer.backward, "backward", "dW", "unknown", {}))
    assert found == line


def test_several_wrong_quantities_share_the_statement_at_fault(load):
    text = """
def backward(dout, cache):
    x, w, out = cache
    dz = dout * out
    dx = dz @ w.T
    dw = x.T @ dz
    dgain = dout.sum()
    return dx, dw, dgain
"""
    back = load(text)["backward"]
    ((found, _),) = told(spots(back, "backward", "dx", "unknown", {"also wrong": ["dw"]}))
    assert found == "dz = dout * out"


def test_in_place_masks_and_views(load):
    text = """
class Relu:
    def forward(self, x):
        self.mask = x <= 0
        out = x
        out[self.mask] = 0
        return out
    def backward(self, dout):
        dout[self.mask] = 0
        dx = dout
        return dx
"""
    layer = load(text)["Relu"]()
    found = told(spots(layer.forward, "state", "x", "writes-into-input", {}))
    assert [line for line, _ in found] == ["out = x", "out[self.mask] = 0"]
    ((found, _),) = told(spots(layer.backward, "note", "dout", "writes-into-dout", {}))
    assert found == "dout[self.mask] = 0"
    ((found, _),) = told(spots(layer.backward, "backward", "dx", "mask-inverted", {}))
    assert found == "dout[self.mask] = 0"


def test_a_forward_is_followed_into_its_helpers(load):
    text = """
def softmax(a):
    c = np.max(a)
    exp_a = np.exp(a - c)
    return exp_a / np.sum(exp_a)
def cross_entropy_error(y, t):
    return -np.sum(t * np.log10(y + 1e-7)) / len(y)
class SoftmaxWithLoss:
    def forward(self, x, t):
        self.y, self.t = softmax(x), t
        self.loss = cross_entropy_error(self.y, self.t)
        return self.loss
"""
    layer = load(text)["SoftmaxWithLoss"]()
    expressions = [e for _, e in told(spots(layer.forward, "forward", "loss", "softmax-over-batch", {}))]
    assert expressions == ["np.sum(exp_a)", "np.max(a)"]
    ((_, expression),) = told(spots(layer.forward, "forward", "loss", "log10", {}))
    assert expression == "np.log10(y + 1e-7)"
    ((line, _),) = told(spots(layer.forward, "forward", "loss", "not-softmax-loss", {}))
    assert line.startswith("return -np.sum")


@pytest.mark.parametrize("key", ["'W' + str(i)", "'W%d' % i", "f'W{i}'", "'W{}'.format(i)"])
def test_keys_that_are_put_together_in_a_loop(load, key):
    names = load(f"""
def gradient(network, x, t):
    grads = {{}}
    for i in (1, 2):
        grads['b' + str(i)] = network.layers[i].db
        grads[{key}] = 2 * network.layers[i].dW
    return grads
""")
    ((found, _),) = told(spots(names["gradient"], "backward", "W2", "unknown", {"right": ["b1", "b2"]}))
    assert found.startswith(f"grads[{key}]")


GRADIENT = """
def gradient(network, x, t):
    network.loss(x, t)
    dout = network.last.backward(2)
    for layer in network.layers:
        if layer.ready:
            dout = layer.backward(dout)
    grads = {}
    grads["W1"] = network.layers[0].dW
    return grads
"""


@pytest.mark.parametrize(
    ("cause", "quantity", "line"),
    [
        ("wrong-start", "dout", "dout = network.last.backward(2)"),
        ("layer-skipped", "W1", "if layer.ready:"),
        ("gradient-missing", "b1", 'grads["W1"] = network.layers[0].dW'),
    ],
)
def test_places_in_the_way_back(load, cause, quantity, line):
    ((found, _),) = told(spots(load(GRADIENT)["gradient"], "backward", quantity, cause, {}))
    assert found == line


def test_what_is_rounded(load):
    text = """
class Layer:
    def forward(self, x):
        n = len(x) // 1
        out = np.zeros(x.shape, dtype=int)
        out[...] = x * n
        return out
"""
    ((found, _),) = told(spots(load(text)["Layer"]().forward, "dtype", "output", "rounds-inside", {}))
    assert found == "out = np.zeros(x.shape, dtype=int)"


def test_where_it_was_raised_and_the_removed_name(load):
    names = load(
        "def relu_grad(x):\n    return np.zeros(x)\n\ndef step(x):\n    return np.array(x > 0, dtype=np.int)\n"
    )
    for name, expression in (("relu_grad", "np.zeros(x)"), ("step", "np.int")):
        with pytest.raises((TypeError, AttributeError)) as caught:
            names[name](np.ones((2, 2)) / 2)
        (spot,) = spots(names[name], "backward", "dx", "raises", {}, caught.value)
        assert spot.expression == expression


def test_only_what_ran_is_suspected(load):
    text = """
def backward(dout, cache):
    if cache is None:
        dx = dout * 3
    else:
        dx = dout * 2
    return dx
"""
    back = load(text)["backward"]
    file = back.__code__.co_filename
    ran = frozenset({(file, 3), (file, 4), (file, 7)})
    ((found, _),) = told(spots(back, "backward", "dx", "unknown", {}, ran=ran))
    assert found == "dx = dout * 3"


def test_what_has_no_source_has_no_place():
    assert spots(None, "backward", "dx", "unknown", {}) == []
    assert spots(len, "backward", "dx", "unknown", {}) == []
    assert spots(eval("lambda dout: dout"), "backward", "dx", "unknown", {}) == []
    assert place(None) == place(len) == (None, None)
