"""Right code passes, whatever its style, number type and seed; what is drawn comes from the seed alone."""

import json

import numpy as np
import pytest
import wrong_layers as w

import backproof
from backproof import check
from backproof.layers import Affine, Relu, Sigmoid, SoftmaxWithLoss


class ListNet(w.ListOfGradients):
    def __init__(self):
        super().__init__()
        self.layers = [w.FillingListAffine(4, 5), w.Relu(), w.FillingListAffine(5, 4)]
        self.params = [p for layer in self.layers for p in getattr(layer, "params", [])]
        self.grads = [g for layer in self.layers for g in getattr(layer, "grads", [])]


class Slotted:
    __slots__ = ("W", "dW", "x")

    def __init__(self):
        self.W = np.random.default_rng(0).normal(size=(4, 3))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        return dout @ self.W.T


def float32_net():
    net = w.TwoLayers()
    for i in (1, 2):
        layer = net.layers[f"Affine{i}"]
        for short in "Wb":
            net.params[f"{short}{i}"] = net.params[f"{short}{i}"].astype(np.float32)
            setattr(layer, short, net.params[f"{short}{i}"])
    return net


def net_of_views():
    """All parameters are parts of one float32 array, as optimisers of flat vectors like it."""
    net = w.TwoLayers()
    flat, start = np.concatenate([p.ravel() for p in net.params.values()]).astype(np.float32), 0
    for name, array in net.params.items():
        part = flat[start : start + array.size].reshape(array.shape)
        net.params[name] = part
        setattr(net.layers[f"Affine{name[1]}"], name[0], part)
        start += array.size
    return net


class SameArrayAgain(w.Tanh):
    """Answers each time with the same array, as code does that saves allocations."""

    def forward(self, x):
        y = super().forward(x)
        if getattr(self, "buffer", np.empty(0)).shape != y.shape:
            self.buffer = np.empty_like(y)
        self.buffer[...] = y
        return self.buffer


class Float32Inside(w.Tanh):
    def forward(self, x):
        return super().forward(x.astype(np.float32))


RIGHT = {
    "own affine": lambda: (Affine(w.RNG.normal(size=(4, 3)), w.RNG.normal(size=3)), {}),
    "own relu": lambda: (Relu(), {}),
    "own sigmoid": lambda: (Sigmoid(), {}),
    "own loss": lambda: (SoftmaxWithLoss(), {}),
    "own network": lambda: (backproof.TwoLayerNet(6, 5, 4), {}),
    "own network in float32": lambda: (backproof.TwoLayerNet(6, 5, 4, dtype="float32"), {}),
    "affine": lambda: (w.Affine(), {}),
    "relu": lambda: (w.Relu(), {}),
    "softmax": lambda: (w.Softmax(), {}),
    "loss": lambda: (w.SoftmaxWithLoss(), {"x": w.X2, "t": w.ONE_HOT}),
    "batch norm": lambda: (w.BatchNormalization(), {"x": w.X2}),
    "layer norm": lambda: (w.LayerNormalization(), {"x": w.X2}),
    "convolution": lambda: (w.Convolution(), {"x": w.X4}),
    "pooling": lambda: (w.MaxPooling(), {"x": w.X4}),
    "dropout": lambda: (w.Dropout(), {"x": w.X2}),
    "flatten": lambda: (w.Flatten(), {"x": w.X4}),
    "residual": lambda: (w.Residual(), {"x": w.X2}),
    "network": lambda: (w.TwoLayers(), {}),
    "network of one sample": lambda: (w.TwoLayers(), {"x": w.X2[:1], "t": w.ONE_HOT[:1]}),
    "inputs as lists": lambda: (w.TwoLayers(), {"x": w.X2.tolist(), "t": w.ONE_HOT.tolist()}),
    "lists of parameters": lambda: (ListNet(), {}),
    "slots": lambda: (Slotted(), {"x": w.X2}),
    "float32 network": lambda: (float32_net(), {}),
    "views": lambda: (net_of_views(), {}),
    "same array again": lambda: (SameArrayAgain(), {"x": w.X2}),
    "float32 inside": lambda: (Float32Inside(), {"x": w.X2}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_passes_for_every_seed(name):
    for seed in range(10):
        subject, given = RIGHT[name]()
        report = check(subject, seed=seed, **given)
        assert [(f.cause, f.layer, f.quantity) for f in report.findings if f.kind != "note"] == []
        assert report.ok
        assert report.exit_code == 0
        assert report.verdicts
        assert {v.outcome for v in report.verdicts} <= {"agree", "kink", "cannot tell"}
        assert report.evaluations > 0


def test_the_same_seed_gives_the_same_report():
    first, second, other = (check(w.SkippedLayer(), w.X2, w.ONE_HOT, seed=s).to_dict() for s in (3, 3, 4))
    for report in (first, second, other):
        del report["seconds"]
    assert other["verdicts"] != first["verdicts"]


def test_a_seed_settles_everything_that_is_drawn():
    net = w.TwoLayers()
    reports = [check(net, w.X2, w.ONE_HOT, seed=3).to_dict() for _ in range(2)]
    np.random.rand(5)  # the global generator has no say
    reports.append(check(net, w.X2, w.ONE_HOT, seed=3).to_dict())
    for report in reports:
        del report["seconds"]
    assert reports[0] == reports[1] == reports[2]
    assert check(net, w.X2, w.ONE_HOT, seed=4).to_dict()["verdicts"] != reports[0]["verdicts"]


@pytest.mark.parametrize("make", [w.TwoLayers, w.SkippedLayer, w.HalfTanh, w.TrainsWhileAsked])
def test_a_report_is_json(make):
    report = check(make())
    told = json.loads(json.dumps(report.to_dict()))
    assert told["ok"] is report.ok
    assert [f["cause"] for f in told["findings"]] == [f.cause for f in report.findings]
    assert str(report)


def test_two_independent_faults_are_two_findings():
    net = w.TwoLayers()
    net.layers["Affine1"].__class__ = w.ZeroingAffine
    net.last.__class__ = type("Twice", (w.SoftmaxWithLoss,), {"backward": _averaged_twice})
    found = check(net).findings
    assert sorted((f.quantity, f.cause) for f in found) == [("dW", "entries-zeroed"), ("dx", "averaged-twice")]


def _averaged_twice(self, dout=1):
    return (self.y - self.t) / len(self.t) ** 2


def test_one_fault_of_a_class_that_is_used_twice_is_one_finding():
    net = w.TwoLayers()
    for name in ("Affine1", "Affine2"):
        net.layers[name].__class__ = w.ZeroingAffine
    (found,) = check(net).findings
    assert (found.quantity, found.cause) == ("dW", "entries-zeroed")
    assert {found.layer, *found.evidence["also in"]} == {"Affine1", "Affine2"}


def test_a_wrong_layer_is_named_and_what_it_spoils_is_not():
    net = w.TwoLayers()
    net.layers["Relu1"].__class__ = type("Relu", (w.Relu,), {"backward": lambda self, dout: dout})
    (found,) = check(net).findings
    assert (found.layer, found.quantity, found.cause) == ("Relu1", "dx", "mask-missing")


def test_layouts_and_layerless_networks_pass_too():
    assert check(w.AffineOfRows(), w.X2).ok
    assert check(w.Layerless(), w.X2, w.ONE_HOT).ok
    assert check(w.SquareAffineOfRows(), w.X2).ok
