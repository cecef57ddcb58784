"""Networks that are filled by `add` and settled by `compile`: with parts of their module or those beside it."""

import inspect
import sys

import numpy as np
import pytest

from backproof.subjects.container import beside_loss, filled, is_empty
from backproof.subjects.load import load

STACK = """
class Stack:
    def __init__(self):
        self.layers = []
        self.told = None
    def add(self, layer):
        self.layers.append(layer)
    def use(self, loss, loss_prime):
        self.told = (loss, loss_prime)
"""
DENSE = """
import numpy as np
class Dense:
    def __init__(self, n_in, n_out):
        self.W, self.b = np.ones((n_in, n_out)), np.zeros(n_out)
    def forward(self, x):
        self.x = x
        return x @ self.W + self.b
    def backward(self, grad, rate):
        dx = grad @ self.W.T
        self.W -= rate * self.x.T @ grad
        self.b -= rate * grad.sum(axis=0)
        return dx
class Activation:
    def __init__(self, f, slope):
        self.f, self.slope = f, slope
    def forward(self, x):
        self.x = x
        return self.f(x)
    def backward(self, grad, rate):
        return grad * self.slope(self.x)
"""
SQUARES = """
def mse(t, y):
    return np.mean((y - t) ** 2)
def mse_prime(t, y):
    return 2 * (y - t) / y.size
"""
COMPILED = """
class Model:
    def __init__(self):
        self.layers = []
    def add(self, layer):
        self.layers.append(layer)
    def compile(self, loss, optimizer, accuracy, input_size, lr=1.0, **others):
        self.loss, self.optimizer, self.accuracy, self.size, self.lr = loss, optimizer, accuracy, input_size, lr
"""
PARTS = """
class Dense:
    def __init__(self, n_in, n_out, activation, *, seed):
        self.W, self.activation = np.ones((n_in, n_out)), activation
    def forward(self, x):
        self.x = x
        return x @ self.W
    def backward(self, grad):
        self.dW = self.x.T @ grad
        return grad @ self.W.T
class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y
    def backward(self, grad):
        return grad * (1 - self.y**2)
class MeanSquaredLoss:
    def forward(self, y, t):
        return np.mean((y - t) ** 2)
    def backward(self, y, t):
        return 2 * (y - t) / y.size
class Accuracy:
    def calculate(self, y, t):
        return np.mean(y == t)
class SGD:
    def __init__(self, rate):
        self.rate = rate
"""


@pytest.fixture
def defined(tmp_path):
    """What a file holds, with other files beside it."""

    def defined(text, **beside):
        for name, other in beside.items():
            (tmp_path / f"{name}.py").write_text(other, encoding="utf-8")
        (tmp_path / "net.py").write_text("import numpy as np\n" + text, encoding="utf-8")
        return load(str(tmp_path / "net.py"))

    yield defined
    for name in [
        n for n, m in sys.modules.items() if (getattr(m, "__file__", None) or "").startswith(str(tmp_path))
    ]:
        del sys.modules[name]


def shapes(network):
    return [layer.W.shape for layer in network.layers if hasattr(layer, "W")]


def test_layers_by_place_an_activation_of_two_functions_a_loss_with_its_slope(defined):
    loaded = defined(STACK + DENSE + SQUARES)
    with loaded.imports:
        network = loaded.definitions["Stack"]()
        assert is_empty(network)
        assert filled(network)
    assert shapes(network) == [(7, 8), (8, 4)]
    assert len(network.layers) == 3
    assert network.layers[1].slope(np.zeros(1)) == 1
    assert [f.__name__ for f in network.told] == ["mse", "mse_prime"]
    assert not is_empty(network)


def test_layers_by_their_parameters_names_and_all_that_compile_asks_for(defined):
    loaded = defined(COMPILED + PARTS)
    with loaded.imports:
        network = loaded.definitions["Model"]()
        assert filled(network)
    names = [type(layer).__name__ for layer in network.layers]
    assert names == ["Dense", "Tanh", "Dense"]
    assert type(network.layers[0].activation).__name__ == "Tanh"
    assert type(network.loss).__name__ == "MeanSquaredLoss"
    assert type(network.optimizer).__name__ == "SGD"
    assert type(network.accuracy).__name__ == "Accuracy"
    assert (network.size, network.lr, network.optimizer.rate) == (7, 0.01, 0.01)


def test_parts_are_taken_from_the_files_beside_it(defined):
    broken = "raise SystemExit('not today')\n"
    loaded = defined(STACK, parts="import numpy as np\n" + DENSE + SQUARES, broken=broken)
    with loaded.imports:
        network = loaded.definitions["Stack"]()
        assert filled(network)
    assert shapes(network) == [(7, 8), (8, 4)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (STACK, "Stack"),  # no layers anywhere
        (STACK.replace("def add", "def take") + DENSE, "Stack"),  # nothing that adds
        (STACK.replace("self.layers.append(layer)", "raise ValueError('full')") + DENSE + SQUARES, "Stack"),
        (STACK + DENSE.replace("self.W, self.b =", "raise ValueError; self.W, self.b ="), "Stack"),
    ],
)
def test_what_cannot_be_filled_is_left(defined, text, name):
    loaded = defined(text)
    with loaded.imports:
        assert not filled(loaded.definitions[name]())


def test_a_method_that_asks_for_what_is_not_known_is_not_called(defined):
    loaded = defined(
        STACK.replace("loss, loss_prime):", "schedule, loss):").replace("loss_prime)", "schedule)") + DENSE
    )
    with loaded.imports:
        network = loaded.definitions["Stack"]()
        assert filled(network)
    assert network.told is None


def test_a_loss_object_beside_it_but_no_function(defined):
    loaded = defined(COMPILED + PARTS)
    with loaded.imports:
        assert type(beside_loss(loaded.definitions["Model"])).__name__ == "MeanSquaredLoss"
    loaded = defined(STACK + SQUARES)
    with loaded.imports:
        found = beside_loss(loaded.definitions["Stack"])
    assert found is None
    assert not inspect.isfunction(found)
