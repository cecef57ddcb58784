"""Small wrong programs: the cause that must be named, on the line that ends in `# here`."""

import inspect
import linecache

import numpy as np
import pytest
from wrong_layers import X4, Affine, Convolution, MaxPooling, TwoLayers

from backproof import check

CASES = []


def wrong(cause, *arguments, called=None, **given):
    """The decorated class, made with `arguments` and checked with `given`, has the mistake `cause`.

    called: the plain name that it promises something by; by its own it would be another design.
    """

    def note(item):
        case = pytest.param(cause, lambda: item(*arguments), given, inspect.getsource(item), id=item.__name__)
        CASES.append(case)
        item.__name__ = called or item.__name__
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


# Values followed through several statements ---------------------------------------------------------------------


class NormalisesStepByStep:
    def __init__(self):
        self.gamma, self.beta = np.array([1.5, 0.7, -1.2, 0.4]), np.array([0.1, -0.3, 0.8, 0.2])

    def forward(self, x):
        mu = x.mean(axis=0)
        self.xc = x - mu
        var = np.mean(self.xc**2, axis=0)
        self.std = np.sqrt(var + 1e-7)
        self.xn = self.xc / self.std
        return self.gamma * self.xn + self.beta


FIVE = X4.reshape(-1, 4)[:5]


@wrong("unknown", x=FIVE)
class VarianceLeftWrong(NormalisesStepByStep):
    def backward(self, dout):
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum(dxn * self.xc, axis=0) / self.std**2
        dvar = np.cos(dstd) * self.std * self.std  # here
        dxc += 2 / len(dout) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        return dxc - dmu / len(dout)


@wrong("unknown", x=FIVE)
class DeviationLeftWrong(NormalisesStepByStep):
    def backward(self, dout):
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = np.sum((dxn * self.xc) ** 3, axis=0) * self.std + dxc[0]  # here
        dvar = 0.5 * dstd / self.std
        dxc += 2 / len(dout) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        return dxc - dmu / len(dout)


class Block:
    """relu(x + W2 relu(W1 x)), the second way added last."""

    def __init__(self):
        draw = np.random.default_rng(4).normal
        self.W1, self.W2 = draw(size=(4, 4)), draw(size=(4, 4))

    def forward(self, x):
        self.x = x
        self.a = x @ self.W1
        self.h = np.maximum(self.a, 0)
        self.s = self.h @ self.W2 + x
        return np.maximum(self.s, 0)


@wrong("unknown", x=FIVE)
class BlockLeavesTheTrail(Block):
    def backward(self, dout):
        ds = dout * (self.s > 0)
        self.dW2 = self.h.T @ ds
        dh = ds @ self.W2.T
        da = dh * np.exp(self.a) - self.h * dh  # here
        self.dW1 = self.x.T @ da
        return da @ self.W1.T + ds


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


# A forward that is not what its name promises -------------------------------------------------------------------


class LossOfProbabilities:
    def forward(self, x, t):
        self.y, self.t = self.probabilities(x), t
        return -np.sum(t * np.log(self.y)) / len(x)

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


T = np.eye(4)[[0, 2, 1]]


@wrong("softmax-wrong-axis", t=T, called="SoftmaxWithLoss")
class SoftmaxOverSamplesWithLoss(LossOfProbabilities):
    def probabilities(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=0)  # here


@wrong("softmax-over-batch", t=T, called="SoftmaxWithLoss")
class SoftmaxOverAllWithLoss(LossOfProbabilities):
    def probabilities(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum()  # here


def test_a_softmax_turned_round_is_not_told_to_be_a_sign():
    class SoftmaxWithLoss(LossOfProbabilities):
        def probabilities(self, x):
            e = np.exp(x - x.max(axis=1, keepdims=True))
            return e.sum(axis=1, keepdims=True) / e

    first, *_ = check(SoftmaxWithLoss(), t=T).findings
    assert (first.kind, first.cause) == ("forward", "not-softmax-loss")


class BatchNorm:
    def __init__(self):
        self.gamma, self.beta = np.array([1.5, 0.7, -1.2, 0.4]), np.array([0.1, -0.3, 0.8, 0.2])

    def mean(self, x):
        return x.mean(axis=0)

    def variance(self, xc):
        return np.mean(xc**2, axis=0)

    def forward(self, x):
        xc = x - self.mean(x)
        self.std = np.sqrt(self.variance(xc) + 1e-7)
        self.xn = xc / self.std
        return self.gamma * self.xn + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xn).sum(axis=0), dout.sum(axis=0)
        g = dout * self.gamma
        return (g - g.mean(axis=0) - self.xn * (g * self.xn).mean(axis=0)) / self.std


@wrong("sum-without-axis", x=X4.reshape(-1, 4)[:5], called="BatchNorm")
class BatchNormOfAllFeatures(BatchNorm):
    def variance(self, xc):
        return np.mean(xc**2)  # here


@wrong("wrong-axis", x=X4.reshape(-1, 4)[:5], called="BatchNorm")
class BatchNormOverFeatures(BatchNorm):
    def mean(self, x):
        return x.mean(axis=1, keepdims=True)  # here


@wrong("axes-permuted", x=X4, called="Convolution")
class ConvolutionOfTurnedWindows(Convolution):
    def forward(self, x):
        self.x = x
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
        return np.einsum("nchwji,fcij->nfhw", windows, self.W) + self.b.reshape(1, -1, 1, 1)  # here


@wrong("order-not-restored", x=X4, called="MaxPooling")
class PoolingInAnotherOrder(MaxPooling):
    def forward(self, x):
        y = super().forward(x)
        return y[:, :, ::-1] + 0.0  # here


class MeanSquaredError:
    def forward(self, y, t):
        self.diff = self.difference(y, t)
        return 0.5 * np.sum(self.diff**2) / len(y)

    def difference(self, y, t):
        return y - t

    def backward(self, dout=1):
        return dout * self.diff / len(self.diff)


@wrong("first-row-only", t=np.arange(6.0).reshape(3, 2), called="MeanSquaredError")
class SquaredErrorOfTheFirstTarget(MeanSquaredError):
    def difference(self, y, t):
        return y - t[0]  # here


# Kept from before, or lost on the way ----------------------------------------------------------------------------


@wrong("stale-cache")
class BackwardWithoutForward(TwoLayers):
    def gradient(self, x, t):  # here
        dout = self.last.backward(1)
        for layer in self.back():
            dout = layer.backward(dout)
        first, second = self.layers["Affine1"], self.layers["Affine2"]
        return {"W1": first.dW, "b1": first.db, "W2": second.dW, "b2": second.db}


@wrong("wrong-layers-gradient")
class HandedOutUnderAnotherKey(TwoLayers):
    def gradient(self, x, t):
        super().gradient(x, t)
        grads, first, second = {}, self.layers["Affine1"], self.layers["Affine2"]
        grads["W2"] = first.dW  # here
        grads["b1"] = first.db
        grads["W2"], grads["b2"] = second.dW, second.db
        return grads


@wrong("writes-into-input", x=FIVE)
class TanhOfWhatItWrote:
    def forward(self, x):
        np.clip(x, -0.5, 0.5, out=x)  # here
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        return dout * (1 - self.y**2)


@wrong("integer-gradient", x=FIVE)
class ReluIntoTruthValues:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        dx = np.zeros_like(self.mask)  # here
        dx[self.mask] = dout[self.mask]
        return dx


@wrong("max-and-mean-confused", x=X4)
class PoolingOfWindows(MaxPooling):
    def forward(self, x):
        self.shape, windows = x.shape, self.windows(x)
        self.mask = windows == windows.max(axis=(4, 5))[..., None, None]
        return windows.mean(axis=(4, 5))  # here


@wrong("parameter-disconnected", t=T, x=np.arange(12.0).reshape(3, 4) / 7)
class HandsOneBiasOutTwice(TwoLayers):
    """The second of two equal layers is given the first one's bias."""

    def __init__(self):
        draw = np.random.default_rng(5).normal
        self.params = {f"W{i}": draw(size=(4, 4)) for i in (1, 2)} | {f"b{i}": draw(size=4) for i in (1, 2)}
        self.layers = {"Affine1": Affine(), "Affine2": Affine()}
        self.layers["Affine1"].W, self.layers["Affine1"].b = self.params["W1"], self.params["b1"]
        self.layers["Affine2"].W, self.layers["Affine2"].b = self.params["W2"], self.params["b1"]  # here
        self.last = SoftmaxOfRowsWithLoss()


class SoftmaxOfRowsWithLoss(LossOfProbabilities):
    def probabilities(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)
