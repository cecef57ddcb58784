"""People's layers, networks and pairs are understood by their shape; the proof of a right one shows that."""

import numpy as np
import pytest

from backproof import check
from backproof.subjects.adapters import recognise
from backproof.subjects.adapters.layer import find_slots, is_layer
from backproof.subjects.subject import Layerlike, Network, NotRecognised

X, T = np.random.default_rng(0).normal(size=(3, 4)), np.eye(4)[:3]


def rng():
    return np.random.default_rng(1)


class Attributes:
    weight, gradient = "W", "dW"

    def __init__(self, d=4, m=4):
        setattr(self, self.weight, rng().normal(size=(d, m)))

    def forward(self, x):
        self.x = x
        return x @ getattr(self, self.weight)

    def backward(self, dout):
        setattr(self, self.gradient, self.x.T @ dout)
        return dout @ getattr(self, self.weight).T


class InDict:
    def __init__(self):
        self.params, self.grads = {"W": rng().normal(size=(4, 4))}, {}

    def forward(self, x):
        self.x = x
        return x @ self.params["W"]

    def backward(self, dout):
        self.grads["dW"] = self.x.T @ dout
        return dout @ self.params["W"].T


class DictAndAttributes(InDict):
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.grads = None
        return dout @ self.params["W"].T


class InLists:
    def __init__(self):
        self.W = rng().normal(size=(4, 4))
        self.params, self.grads = [self.W], [np.zeros((4, 4))]

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        return dout @ self.W.T


class AttributeAndGrads(Attributes):
    def __init__(self):
        super().__init__()
        self.grads = {}

    def backward(self, dout):
        self.grads["W"] = self.x.T @ dout
        return dout @ self.W.T


LAYERS = {
    **{
        f"{weight}, {gradient}": type("Layer", (Attributes,), {"weight": weight, "gradient": gradient})
        for weight, gradient in (("W", "dW"), ("w", "d_w"), ("W", "W_grad"), ("W", "grad_W"), ("W", "W_gradient"))
    },
    "dicts": InDict,
    "dict and attributes": DictAndAttributes,
    "lists": InLists,
    "attribute and grads": AttributeAndGrads,
}


@pytest.mark.parametrize("name", LAYERS)
def test_parameters_and_gradients_are_found_where_people_keep_them(name):
    layer = LAYERS[name]()
    report = check(layer, X)
    assert report.ok
    assert {v.quantity for v in report.verdicts} == {"dx", f"d{getattr(layer, 'weight', 'W')}"}
    layer.backward(layer.forward(X))
    (slot,) = find_slots(layer)
    assert slot.read().shape == (4, 4)
    np.testing.assert_allclose(slot.gradient(), X.T @ layer.forward(X))


def test_a_usual_parameter_without_a_gradient_was_forgotten():
    class Forgetful(Attributes):
        def __init__(self):
            super().__init__()
            self.b = np.ones(4)

        def forward(self, x):
            return super().forward(x) + self.b

    (found,) = check(Forgetful(), X).findings
    assert (found.quantity, found.cause) == ("db", "gradient-missing")


class Multiply:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


class HalfRight(Multiply):
    def backward(self, dout):
        return dout * self.y, dout * self.y


def test_layers_of_several_inputs_are_judged_in_each():
    report = check(Multiply(), (X, X + 1))
    assert report.ok
    assert {v.quantity for v in report.verdicts} == {"dx", "dy"}
    (found,) = check(HalfRight(), (X, X + 1)).findings
    assert found.quantity == "dy"


class NoUpstream:
    """backward takes nothing: a loss of the simplest kind."""

    def forward(self, x, t):
        self.x, self.t = x, t
        return 0.5 * np.sum((x - t) ** 2)

    def backward(self):
        return self.x - self.t


def test_a_loss_whose_backward_takes_nothing():
    subject = recognise(NoUpstream(), x=X, t=T)
    assert isinstance(subject, Layerlike)
    assert "labels" in subject.understood
    assert check(NoUpstream(), X, T).ok


def test_what_is_a_layer():
    assert is_layer(Multiply())
    assert not is_layer(Multiply)
    assert not is_layer(np)


def test_a_backward_that_needs_more_is_not_guessed_at():
    class Eager(Attributes):
        def backward(self, dout, mood, weather):
            return dout * mood[weather]

    with pytest.raises(NotRecognised, match="needs more"):
        check(Eager(), X)


# Pairs -----------------------------------------------------------------------------------------------------------


def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, _ = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def affine_backward_wrong(dout, cache):
    dx, dw, db = affine_backward(dout, cache)
    return dx, dw, db * 2


def test_out_cache_pairs():
    report = check((affine_forward, affine_backward))
    assert report.ok
    assert "(out, cache)" in report.understood
    assert {v.quantity for v in report.verdicts} == {"dx", "dw", "db"}
    (found,) = check((affine_forward, affine_backward_wrong)).findings
    assert (found.layer, found.quantity, found.cause) == ("affine_backward_wrong", "db", "wrong-factor")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_function_with_its_derivative_of_the_input_or_of_the_output():
    assert check((np.tanh, lambda x: 1 - np.tanh(x) ** 2)).ok
    assert check((sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)))).ok
    assert check((sigmoid, lambda y: y * (1 - y))).ok
    assert check((np.sin, np.sin)).exit_code == 1


def test_a_function_of_all_entries_with_its_gradient():
    assert check((lambda x: np.sum(x**2), lambda x: 2 * x), X).ok
    assert check((lambda x: np.sum(x**2), lambda x: x), X).exit_code == 1


def squares(x, t):
    return 0.5 * np.sum((x - t) ** 2), x - t


def wrong_squares(x, t):
    return 0.5 * np.sum((x - t) ** 2), t - x


def test_a_loss_that_returns_its_gradient_too():
    assert check(squares, X, T).ok
    (found,) = check(wrong_squares, X, T).findings
    assert (found.quantity, found.cause) == ("dx", "wrong-sign")


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def test_a_function_by_itself_is_held_to_its_name():
    (found,) = check(softmax, X).findings
    assert (found.kind, found.cause) == ("forward", "softmax-over-batch")
    assert check(sigmoid, X).ok


# Networks --------------------------------------------------------------------------------------------------------


class Layers:
    """Layers in a list, and a loss layer under another name."""

    def __init__(self):
        self.layers, self.end = [Attributes(), Attributes()], Crossed()


class Crossed:
    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p, self.t = e / e.sum(axis=1, keepdims=True), t
        return -np.sum(t * np.log(self.p)) / len(x)

    def backward(self, dout=1):
        return dout * (self.p - self.t) / len(self.t)


class WithPredict(Layers):
    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x


class WithForward(WithPredict):
    def forward(self, x, t):
        return self.end.forward(self.predict(x), t)

    def backward(self):
        dout = self.end.backward()
        for layer in self.layers[::-1]:
            dout = layer.backward(dout)


class WithFlag(WithForward):
    def predict(self, x, train_flg=False):
        return super().predict(x)

    def loss(self, x, t, train_flg=False):
        assert train_flg
        return self.forward(x, t)


@pytest.mark.parametrize("make", [Layers, WithPredict, WithForward, WithFlag])
def test_networks_are_walked_where_they_do_not_walk_themselves(make):
    subject = recognise(make(), x=X, t=T)
    assert isinstance(subject, Network)
    report = check(make(), X, T)
    assert report.ok
    assert {"Attributes", "Attributes (2)", "Crossed"} <= {v.layer for v in report.verdicts}


class Plain:
    """No layers at all; the gradient is a free function."""

    def __init__(self):
        self.params = {"W": rng().normal(size=(4, 4)), "name": "plain"}

    def predict(self, x):
        return x @ self.params["W"]

    def loss(self, x, t):
        return Crossed().forward(self.predict(x), t)


def plain_gradient(network, x, t):
    end = Crossed()
    end.forward(network.predict(x), t)
    return {"W": x.T @ end.backward()}


def wrong_gradient(network, x, t):
    return {"W": -plain_gradient(network, x, t)["W"]}


def test_the_gradient_may_be_a_free_function():
    report = check(Plain(), X, T, gradient=plain_gradient)
    assert report.ok
    assert "plain_gradient" in report.understood
    (found,) = check(Plain(), gradient=wrong_gradient).findings
    assert (found.layer, found.quantity, found.cause) == ("gradient()", "W", "wrong-sign")


@pytest.mark.parametrize("t", [T, T.astype(int), np.array([0, 1, 2])], ids=["one-hot", "integer rows", "indices"])
def test_labels_of_the_form_that_the_network_takes(t):
    class Net(Plain):
        def loss(self, x, t):
            return Crossed().forward(self.predict(x), t if t.ndim == 2 else np.eye(4)[t])

        def gradient(self, x, t):
            return plain_gradient(self, x, t if t.ndim == 2 else np.eye(4)[t])

    assert check(Net(), X, t).ok
