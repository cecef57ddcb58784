"""Small wrong programs: the cause that must be named, on the line that ends in `# here`."""

import inspect
import linecache

import numpy as np
import pytest
from wrong_layers import X4, Affine, Convolution, MaxPooling, TwoLayers

from backproof import check

CASES = []


def wrong(cause, *arguments, **given):
    """The decorated class, made with `arguments` and checked with `given`, has the mistake `cause`."""

    def note(item):
        CASES.append(
            pytest.param(cause, lambda: item(*arguments), given, inspect.getsource(item), id=item.__name__)
        )
        return item

    return note


@pytest.mark.parametrize(("cause", "make", "given", "source"), CASES)
def test_the_mistake_is_named_on_its_line(cause, make, given, source):
    first, *_ = (f for f in check(make(), **given).findings if f.is_fault)
    assert first.cause == cause
    line = linecache.getline(first.file, first.line)
    assert line.endswith("# here\n")
    assert line in source


# A gradient of another shape ------------------------------------------------------------------------------------


@wrong("wrong-axis")
class BiasOverUnits(Affine):
    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=1)  # here
        return dout @ self.W.T


@wrong("transposed")
class WeightsTransposed(Affine):
    def backward(self, dout):
        self.dW = dout.T @ self.x  # here
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


@wrong("operands-swapped", 4, 4)
class OperandsSwapped(Affine):
    def backward(self, dout):
        self.dW = dout @ self.x.T  # here
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


@wrong("wrong-axis", x=X4)
class BiasOverSamplesAlone(Convolution):
    def backward(self, dout):
        dx = super().backward(dout)
        self.db = dout.sum(axis=0)  # here
        return dx


@wrong("sum-without-axis")
class HiddenBiasSummedUp(TwoLayers):
    def gradient(self, x, t):
        g = super().gradient(x, t)
        db1 = g["b1"].sum()  # here
        return {"W1": g["W1"], "b1": db1, "W2": g["W2"], "b2": g["b2"]}


@wrong("wrong-layers-gradient")
class BiasOfTheOtherLayer(TwoLayers):
    def gradient(self, x, t):
        super().gradient(x, t)
        grads, first, second = {}, self.layers["Affine1"], self.layers["Affine2"]
        grads["W1"], grads["b1"] = first.dW, second.db  # here
        grads["W2"], grads["b2"] = second.dW, second.db
        return grads


@wrong("keys-swapped")
class WeightsAndBiasSwapped(TwoLayers):
    def gradient(self, x, t):
        super().gradient(x, t)
        grads, first, second = {}, self.layers["Affine1"], self.layers["Affine2"]
        grads["W1"], grads["b1"] = first.dW, first.db
        grads["b2"], grads["W2"] = second.dW, second.db  # here
        return grads


# What a network sees otherwise than a layer alone ---------------------------------------------------------------


class AddsUp(Affine):
    def __init__(self, d=4, m=3):
        super().__init__(d, m)
        self.dW = np.zeros_like(self.W)

    def backward(self, dout):
        self.dW += self.x.T @ dout  # here
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


def test_what_adds_up_inside_a_network_is_told_so():
    network = TwoLayers()
    network.layers["Affine2"] = AddsUp()
    network.layers["Affine2"].W, network.layers["Affine2"].b = network.params["W2"], network.params["b2"]
    network.layers["Affine2"].dW = np.zeros_like(network.params["W2"])
    first, *_ = (f for f in check(network).findings if f.is_fault)
    assert (first.layer, first.cause) == ("Affine2", "accumulates")


@wrong("minimum-taken", x=X4)
class PoolingGradientToTheMinimum(MaxPooling):
    def forward(self, x):
        self.shape, windows = x.shape, self.windows(x)
        self.mask = windows == windows.min(axis=(4, 5), keepdims=True)  # here
        return windows.max(axis=(4, 5))
