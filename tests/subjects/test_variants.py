"""The same object made otherwise: with the other activations that its class offers, with a penalty."""

import numpy as np

from backproof.check.job import program
from backproof.subjects.construct import build
from backproof.subjects.variants import variants


class Choosy:
    """Offers four words, of which one does not construct."""

    def __init__(self, n_in, n_out, activation="tanh"):
        self.W = np.ones((n_in, n_out))
        self.activation = activation
        if activation == "relu":
            raise NotImplementedError
        if activation == "sigmoid" or activation == "logistic" or activation == "tanh":
            return


class Fixed:
    def __init__(self, n_in, n_out):
        self.W = np.ones((n_in, n_out))


def test_each_other_word_that_constructs_makes_one():
    _, proposal = next(build(Choosy))
    found = list(variants(Choosy, proposal, penalised=False))
    assert [instance.activation for instance, _ in found] == ["sigmoid", "logistic"]
    assert found[0][1] == "Choosy(..., activation='sigmoid')"


def test_without_an_activation_there_is_none():
    _, proposal = next(build(Fixed))
    assert list(variants(Fixed, proposal, penalised=False)) == []


def test_a_proposal_of_another_class_makes_none():
    _, proposal = next(build(Choosy))
    assert list(variants(type("Bare", (), {}), proposal, penalised=False)) == []


class InRows:
    def __init__(self, layers):
        self.layers = layers
        for n_in, n_out, act in layers:
            self.sizes, self.act = (n_in, n_out), act
        if self.act == "softmax" or self.act == "sigmoid":
            return


class InDicts:
    def __init__(self, layers):
        self.layers = layers
        for layer in layers:
            self.last = layer["units"], layer["activation"] == "relu", layer["activation"] == "tanh"


def test_an_entry_a_layer_gives_the_other_words_of_its_last_and_of_its_hidden_layers():
    _, proposal = next(build(InRows))
    assert proposal.args == ([(7, 8, "sigmoid"), (8, 9, "sigmoid"), (9, 4, "sigmoid")],)
    words = [
        [entry[2] for entry in instance.layers] for instance, _ in variants(InRows, proposal, penalised=False)
    ]
    assert words == [["sigmoid", "sigmoid", "softmax"]]
    _, proposal = next(build(InDicts))
    words = [
        [entry["activation"] for entry in instance.layers]
        for instance, _ in variants(InDicts, proposal, penalised=False)
    ]
    assert ["tanh"] * (len(words[0]) - 1) == words[0][:-1]


def test_an_averaging_layer_is_tried_with_its_other_activation(tmp_path):
    path = tmp_path / "dense.py"
    path.write_text(
        """
import numpy as np


def identity(z, slope=False):
    return np.ones_like(z) if slope else z


def sigmoid(z, slope=False):
    s = 1 / (1 + np.exp(-z))
    return s * (1 - s) if slope else s


class Dense:
    def __init__(self, n_in, n_out, activation=identity):
        self.W, self.b = np.random.randn(n_in, n_out), np.zeros((1, n_out))
        self.activation = activation

    def feed(self, x):
        self.x = x
        self.y = self.activation(x @ self.W + self.b)
        return self.y

    def backpropagate(self, errors):
        d = errors * self.activation(self.y, slope=True)
        self.gradients = [self.x.T @ d / len(d), d.mean(axis=0, keepdims=True)]
        return d @ self.W.T
""",
        encoding="utf-8",
    )
    sent = []
    program({"target": str(path), "make": None, "depth": "normal", "seed": 0, "done": {}}, sent.append)
    reports = {m["name"]: m["report"] for m in sent if "report" in m}
    assert reports["Dense"]["subject"] == "Dense(..., activation=sigmoid)"
    assert not reports["Dense"]["ok"]


class Penalised:
    def __init__(self, n_in, n_out, weight_decay=0.0, regression=0):
        self.W = np.ones((n_in, n_out))
        self.weight_decay, self.regression = weight_decay, regression


def test_a_penalty_that_is_off_is_switched_on_where_the_loss_has_one():
    _, proposal = next(build(Penalised))
    assert list(variants(Penalised, proposal, penalised=False)) == []
    ((instance, words),) = variants(Penalised, proposal, penalised=True)
    assert (instance.weight_decay, instance.regression) == (0.3, 0)
    assert words == "Penalised(..., weight_decay=0.3)"


class Strided:
    def __init__(self, n_in, stride=1, training=True, rate=0.1, kind="a"):
        self.W = np.ones((n_in, 3))
        self.stride, self.training, self.rate, self.kind = stride, training, rate, kind


def script():
    return [Strided(4), Strided(4, 2, kind="b"), Strided(4, training=False, rate=0.3), Strided(5, stride=2)]


def test_options_are_tried_as_the_file_sets_them_but_for_how_it_trains():
    _, proposal = next(build(Strided))
    found = [words for _, words in variants(Strided, proposal, penalised=False)]
    assert found == ["Strided(..., stride=2)", "Strided(..., kind='b')"]
