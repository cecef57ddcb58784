"""What in a file is judged, and in which order."""

from pathlib import Path

import pytest

from backproof.subjects.load import load
from backproof.subjects.select import classes_inside, functions_used, targets

SEEDS = Path(__file__).parents[1] / "seeds"

FILE = """
import numpy as np
class Layer:
    def forward(self, x):
        raise NotImplementedError
    def backward(self, dout): ...
class Affine(Layer):
    def __init__(self, n=2):
        self.W = np.zeros((n, n))
    def forward(self, x):
        return helper(x)
    def backward(self, dout):
        return dout
class Block(Layer):
    def __init__(self):
        self.inner = Affine()
    def forward(self, x):
        return self.inner.forward(x)
    def backward(self, dout):
        return dout
class Net:
    def __init__(self):
        self.layers = {"a": [Block()]}
    def predict(self, x):
        return x
    def loss(self, x, t):
        return 0.0
class SGD:
    def update(self, params, grads): ...
class Trainer:
    def train(self): ...
def helper(x):
    return deeper(x)
def deeper(x):
    return x
def relu(x): ...
def relu_grad(x): ...
def tanh(x): ...
def d_tanh(x): ...
def conv_forward(x, w, b): ...
def conv_backward(dout, cache): ...
def softmax(x): ...
def gradient(network, x, t): ...
def numerical_gradient(network, x, t): ...
net = Net()
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(FILE, encoding="utf-8")
    return str(path)


def names(target):
    return [(t.kind, t.name, t.back.__name__ if t.back else None) for t in targets(load(target))]


def test_networks_then_layers_then_functions(file):
    assert names(file) == [
        ("network", "Net", "gradient"),
        ("layer", "Block", None),
        ("layer", "Affine", None),
        ("pair", "relu", "relu_grad"),
        ("pair", "tanh", "d_tanh"),
        ("pair", "conv_forward", "conv_backward"),
        ("function", "softmax", None),
    ]


def test_a_requested_name_alone(file):
    assert names(f"{file}::Affine") == [("layer", "Affine", None)]
    assert names(f"{file}::Net") == [("network", "Net", "gradient")]
    assert names(f"{file}::relu_grad") == [("pair", "relu", "relu_grad")]
    assert names(f"{file}::relu") == [("pair", "relu", "relu_grad")]
    assert names(f"{file}::deeper") == [("function", "deeper", None)]
    assert names(f"{file}::net") == [("object", "net", "gradient")]


def test_what_an_object_contains_is_covered(file):
    assert set(classes_inside(load(file).module.net)) == {"Net", "Block", "Affine"}


def test_functions_are_followed_through_their_calls(file):
    module = load(file).module
    assert functions_used([module.Affine], vars(module)) == {"helper", "deeper"}
    assert functions_used([module.net], vars(module)) == set()


def test_seed_003_as_a_whole():
    assert ("pair", "relu", "relu_grad") in names(f"{SEEDS}/003.py")
    assert ("function", "step_function", None) in names(f"{SEEDS}/003.py")
    assert names(f"{SEEDS}/000.py")[0] == ("network", "TwoLayerNet", "gradient")
