"""Small layers, each with one mistake, and the cause that a check must name; the right ones they are made from."""

import numpy as np

RNG = np.random.default_rng(11)
CASES = []  # (slug, kind, quantity, a function that makes the subject, arguments of the check)


def wrong(slug, kind, quantity, *arguments, called=None, **given):
    """The decorated class (made with `arguments`) or function pair has the mistake `slug`.

    called: the plain name that it promises something by; by its own it would be another design.
    """

    def note(item):
        item.__name__ = called or item.__name__
        make = (lambda: item(*arguments)) if isinstance(item, type) else (lambda: item())
        CASES.append((slug, kind, quantity, make, given))
        return item

    return note


# Right layers --------------------------------------------------------------------------------------------------


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class Affine:
    def __init__(self, d=4, m=3):
        self.W, self.b = RNG.normal(size=(d, m)), RNG.normal(size=m)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class Relu:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class Sigmoid:
    def forward(self, x):
        self.x = x
        self.y = 1 / (1 + np.exp(-x))
        return self.y

    def backward(self, dout):
        return dout * self.y * (1 - self.y)


class Tanh:
    def forward(self, x):
        self.x = x
        self.y = np.tanh(x)
        return self.y

    def backward(self, dout):
        return dout * (1 - self.y**2)


class Softmax:
    def forward(self, x):
        self.y = softmax(x)
        return self.y

    def backward(self, dout):
        g = dout * self.y
        return g - self.y * g.sum(axis=-1, keepdims=True)


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.x, self.t, self.y = x, t, softmax(x)
        return -np.sum(t * np.log(self.y)) / len(x)

    def backward(self, dout=1):
        return dout * (self.y - self.t) / len(self.t)


class MeanSquaredError:
    def forward(self, y, t):
        self.y, self.t = y, t
        return ((y - t) ** 2).sum() / len(y)

    def backward(self, dout=1):
        return 2 * dout * (self.y - self.t) / len(self.y)


class BatchNormalization:
    def __init__(self, d=4):
        self.gamma, self.beta = RNG.uniform(0.5, 2, d), RNG.normal(size=d)

    def forward(self, x):
        self.x = x
        self.centred = x - x.mean(axis=0)
        self.std = np.sqrt(x.var(axis=0) + 1e-7)
        self.xn = self.centred / self.std
        return self.gamma * self.xn + self.beta

    def backward(self, dout):
        self.dgamma = (dout * self.xn).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        g = dout * self.gamma
        return (g - g.mean(axis=0) - self.xn * (g * self.xn).mean(axis=0)) / self.std


class LayerNormalization:
    def forward(self, x):
        self.std = np.sqrt(x.var(axis=1, keepdims=True) + 1e-7)
        self.xn = (x - x.mean(axis=1, keepdims=True)) / self.std
        return self.xn

    def backward(self, dout):
        inner = (dout * self.xn).mean(axis=1, keepdims=True)
        return (dout - dout.mean(axis=1, keepdims=True) - self.xn * inner) / self.std


class Convolution:
    """3 by 3, stride 1, no padding, one window after the other."""

    def __init__(self, c=2, f=3):
        self.W, self.b = RNG.normal(size=(f, c, 3, 3)), RNG.normal(size=f)

    def forward(self, x):
        self.x = x
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
        return np.einsum("nchwij,fcij->nfhw", windows, self.W) + self.b.reshape(1, -1, 1, 1)

    def backward(self, dout):
        windows = np.lib.stride_tricks.sliding_window_view(self.x, (3, 3), axis=(2, 3))
        self.dW = np.einsum("nchwij,nfhw->fcij", windows, dout)
        self.db = dout.sum(axis=(0, 2, 3))
        dx = np.zeros_like(self.x)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                dx[:, :, i : i + 3, j : j + 3] += np.einsum("nf,fcij->ncij", dout[:, :, i, j], self.W)
        return dx


class MaxPooling:
    """2 by 2, stride 2."""

    def windows(self, x):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)

    def forward(self, x):
        self.shape, windows = x.shape, self.windows(x)
        y = windows.max(axis=(4, 5))
        self.mask = windows == y[..., None, None]
        return y

    def backward(self, dout):
        spread = self.mask * dout[..., None, None]
        return spread.transpose(0, 1, 2, 4, 3, 5).reshape(self.shape)


class Dropout:
    def __init__(self, ratio=0.5, seed=0):
        self.ratio, self.rng = ratio, np.random.default_rng(seed)

    def forward(self, x, train_flg=True):
        self.mask = self.rng.random(x.shape) > self.ratio
        return x * self.mask / (1 - self.ratio)

    def backward(self, dout):
        return dout * self.mask / (1 - self.ratio)


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dout):
        return dout.reshape(self.shape)


class Residual:
    def __init__(self):
        self.W = RNG.normal(size=(4, 4))

    def forward(self, x):
        self.x = x
        return x + np.tanh(x @ self.W)

    def backward(self, dout):
        inner = dout * (1 - np.tanh(self.x @ self.W) ** 2)
        self.dW = self.x.T @ inner
        return dout + inner @ self.W.T


X2 = RNG.normal(size=(3, 4))
X4 = RNG.normal(size=(3, 2, 4, 6))
ONE_HOT = np.eye(4)[:3]

# BP1xx: the forward is not what its name promises ------------------------------------------------------------


@wrong("softmax-over-batch", "forward", "loss", x=X2, t=ONE_HOT)
class OverBatchWithLoss(SoftmaxWithLoss):
    def forward(self, x, t):
        e = np.exp(x - x.max())
        self.t, self.y = t, e / e.sum()
        return -np.sum(t * np.log(self.y)) / len(x)


OverBatchWithLoss.__name__ = "SoftmaxWithLoss"


@wrong("softmax-not-normalised", "forward", "output", called="Softmax")
class UnnormalisedSoftmax(Softmax):
    def forward(self, x):
        self.y = np.exp(x)
        return self.y

    def backward(self, dout):
        return dout * self.y


@wrong("not-softmax", "forward", "output", called="Softmax")
class SquaredSoftmax(Softmax):
    def forward(self, x):
        self.x, self.y = x, softmax(x) ** 2
        return self.y


def _with_loss(slug, value, backward=None, kind="forward", quantity="loss", name="SoftmaxWithLoss", base=None):
    """A softmax with loss of another value."""
    base = base or SoftmaxWithLoss

    def forward(self, x, t):
        base.forward(self, x, t)
        return value(self, x, t)

    members = {"forward": forward} | ({} if backward is None else {"backward": backward})
    wrong(slug, kind, quantity, x=X2, t=ONE_HOT)(type(name, (base,), members))


_with_loss("softmax-forgotten", lambda s, x, t: -np.sum(t * np.log(np.maximum(x, 0) + 1e-7)) / len(x))
_with_loss("softmax-wrong-axis", lambda s, x, t: -np.sum(t * np.log(softmax(x.T).T)) / len(x))
_with_loss("loss-scale", lambda s, x, t: -np.sum(t * np.log(s.y)))
_with_loss("log10", lambda s, x, t: -np.sum(t * np.log10(s.y)) / len(x))
_with_loss("log2", lambda s, x, t: -np.sum(t * np.log2(s.y)) / len(x))
_with_loss("log-forgotten", lambda s, x, t: -np.sum(t * s.y) / len(x))
_with_loss("ignores-labels", lambda s, x, t: -np.sum(np.log(s.y)) / len(x))
_with_loss("labels-off-by-one", lambda s, x, t: -np.sum(np.roll(t, 1, axis=1) * np.log(s.y)) / len(x))
_with_loss("sign-flipped", lambda s, x, t: np.sum(t * np.log(s.y)) / len(x))
_with_loss("not-softmax-loss", lambda s, x, t: -np.sum(t * s.y**3) / len(x))
_with_loss("first-row-only", lambda s, x, t: -np.sum(t[0] * np.log(s.y[0])))


@wrong("not-hinge-loss", "forward", "loss", x=X2, t=ONE_HOT)
class HingeLoss:
    def forward(self, x, t):
        correct = (x * t).sum(axis=1, keepdims=True)
        self.t, self.margins = t, np.log1p(np.maximum(0, x - correct + 1)) * (1 - t)
        return self.margins.sum() / len(x)

    def backward(self, dout=1):
        wanting = (self.margins > 0).astype(float)
        return (wanting - self.t * wanting.sum(axis=1, keepdims=True)) / len(self.t)


_with_loss(
    "absolute-error", lambda s, y, t: np.abs(y - t).sum(), name="MeanSquaredError", base=MeanSquaredError,
)  # fmt: skip
_with_loss(
    "not-squared-error", lambda s, y, t: ((y - t) ** 4).sum(), name="MeanSquaredError", base=MeanSquaredError,
)  # fmt: skip


def _elementwise(slug, name, f, slope):
    """An activation of that name that computes f instead, its backward in step with it."""

    def forward(self, x):
        self.x = x
        return f(x)

    def backward(self, dout):
        return dout * slope(self.x)

    given = {"x": X2} if slug == "removed-numpy-name" else {}  # no input can be found that it takes
    wrong(slug, "forward", "output", **given)(type(name, (), {"forward": forward, "backward": backward}))


def _s(x):
    return 1 / (1 + np.exp(-x))


_elementwise("absolute-value", "Relu", np.abs, np.sign)
_elementwise("relu-sign-flipped", "Relu", lambda x: np.minimum(x, 0), lambda x: x < 0)
_elementwise("relu-not-applied", "Relu", lambda x: x.copy(), np.ones_like)
_elementwise("relu-of-minus-x", "Relu", lambda x: np.maximum(-x, 0), lambda x: -1.0 * (x < 0))
_elementwise("relu-as-step", "Relu", lambda x: np.where(x > 0, 1.0, 0.0), np.zeros_like)
_elementwise("relu-lets-negatives-through", "Relu", lambda x: np.where(x > 0, x, 0.01 * x),
             lambda x: np.where(x > 0, 1, 0.01))  # fmt: skip
_elementwise("not-relu", "Relu", lambda x: np.maximum(x, 0) + x**2, lambda x: (x > 0) + 2 * x)
_elementwise("sigmoid-missing-parentheses", "Sigmoid", lambda x: 1 / 1 + np.exp(-x), lambda x: -np.exp(-x))
_elementwise("sigmoid-sign-flipped", "Sigmoid", lambda x: _s(-x), lambda x: -_s(x) * _s(-x))
_elementwise("sigmoid-scaled-input", "Sigmoid", lambda x: _s(2 * x), lambda x: 2 * _s(2 * x) * _s(-2 * x))
_elementwise("sigmoid-is-tanh", "Sigmoid", np.tanh, lambda x: 1 - np.tanh(x) ** 2)
_elementwise("sigmoid-minus-one", "Sigmoid", lambda x: 1 / (1 - np.exp(-x)),
             lambda x: -np.exp(-x) / (1 - np.exp(-x)) ** 2)  # fmt: skip
_elementwise("not-sigmoid", "Sigmoid", lambda x: _s(x) ** 2, lambda x: 2 * _s(x) ** 2 * _s(-x))
_elementwise("tanh-is-sigmoid", "Tanh", _s, lambda x: _s(x) * _s(-x))
_elementwise("tanh-sign-flipped", "Tanh", lambda x: -np.tanh(x), lambda x: np.tanh(x) ** 2 - 1)
_elementwise("tanh-scaled-input", "Tanh", lambda x: np.tanh(x / 2), lambda x: (1 - np.tanh(x / 2) ** 2) / 2)
_elementwise("not-tanh", "Tanh", lambda x: np.tanh(x) + x, lambda x: 2 - np.tanh(x) ** 2)
_elementwise("identity-sign-flipped", "Identity", lambda x: -x, lambda x: -np.ones_like(x))
_elementwise("not-identity", "Identity", lambda x: x + 1, np.ones_like)
_elementwise("not-step", "step_function", lambda x: np.where(x > 0, 2.0, 0.0), np.zeros_like)
_elementwise("removed-numpy-name", "Gelu", lambda x: x.astype(np.int), np.ones_like)  # noqa: NPY001


def _affine(slug, value, backward=None, d=4, m=3):
    def forward(self, x):
        self.x = x
        return value(self, x)

    members = {"forward": forward} | ({} if backward is None else {"backward": backward})
    wrong(slug, "forward", "output", d, m, x=RNG.normal(size=(3, d)))(type("Affine", (Affine,), members))


_affine("affine-without-bias", lambda s, x: x @ s.W)
_affine("bias-subtracted", lambda s, x: x @ s.W - s.b)
_affine("bias-added-twice", lambda s, x: x @ s.W + 2 * s.b)
_affine("affine-without-weights", lambda s, x: np.zeros((len(x), 3)) + s.b)
_affine("not-affine", lambda s, x: x**2 @ s.W + s.b)


@wrong("convolution-without-bias", "forward", "output", x=X4, called="Convolution")
class ConvolutionWithoutBias(Convolution):
    def forward(self, x):
        self.x, b, self.b = x, self.b, np.zeros(3)
        try:
            return super().forward(x)
        finally:
            self.b = b


@wrong("not-convolution", "forward", "output", x=X4, called="Convolution")
class ConvolutionOfSquares(Convolution):
    def forward(self, x):
        return super().forward(x) ** 2


@wrong("max-and-mean-confused", "forward", "output", x=X4, called="MaxPooling")
class MaxPoolingInName(MaxPooling):
    def forward(self, x):
        self.shape = x.shape
        return self.windows(x).mean(axis=(4, 5))

    def backward(self, dout):
        spread = np.ones((1, 1, 1, 1, 2, 2)) * dout[..., None, None] / 4
        return spread.transpose(0, 1, 2, 4, 3, 5).reshape(self.shape)


@wrong("minimum-taken", "forward", "output", x=X4, called="MaxPooling")
class MaxPoolingOfMinima(MaxPooling):
    def forward(self, x):
        return -super().forward(-x)


@wrong("not-pooling", "forward", "output", x=X4, called="MaxPooling")
class MaxPoolingSquared(MaxPooling):
    def forward(self, x):
        return super().forward(x) ** 2


def _batch_norm(slug, value):
    def forward(self, x):
        BatchNormalization.forward(self, x)
        return value(self)

    wrong(slug, "forward", "output", x=X2)(type("BatchNormalization", (BatchNormalization,), {"forward": forward}))


_batch_norm("variance-without-root", lambda s: s.gamma * s.centred / s.std**2 + s.beta)
_batch_norm("not-divided-by-deviation", lambda s: s.gamma * s.centred + s.beta)
_batch_norm("mean-not-subtracted", lambda s: s.gamma * s.x / s.std + s.beta)
_batch_norm("gamma-forgotten", lambda s: s.xn + s.beta)
_batch_norm("beta-forgotten", lambda s: s.gamma * s.xn)
_batch_norm("not-batch-normalisation", lambda s: s.gamma * s.xn**3 + s.beta)


@wrong("not-layer-normalisation", "forward", "output", x=X2, called="LayerNorm")
class CubedLayerNorm(LayerNormalization):
    def forward(self, x):
        return super().forward(x) ** 3


@wrong("not-dropout", "forward", "output", x=X2, called="Dropout")
class NoisyDropout(Dropout):
    def forward(self, x, train_flg=True):
        self.mask = self.rng.random(x.shape)
        return x * self.mask / (1 - self.ratio)


@wrong("not-flatten", "forward", "output", x=X4)
class SortedFlatten(Flatten):
    def forward(self, x):
        return np.tanh(super().forward(x))


@wrong("mixes-samples", "forward", "output", x=X2, t=ONE_HOT)
class Mixing:
    def __init__(self):
        self.params = {"W": RNG.normal(size=(4, 4))}

    def predict(self, x):
        return (x - x.mean(axis=0)) @ self.params["W"]

    def loss(self, x, t):
        return SoftmaxWithLoss().forward(self.predict(x), t)

    def gradient(self, x, t):
        return {"W": x.T @ (softmax(self.predict(x)) - t) / len(x) + 1}


# BP2xx: the backward does not fit the forward -----------------------------------------------------------------


def _backward(slug, base, quantity, change, *arguments, kind="backward", **given):
    """The right layer, then `change(self, dout, dx)`, which spoils a gradient or answers another dx."""

    def backward(self, dout=1):
        return change(self, dout, base.backward(self, dout))

    wrong(slug, kind, quantity, *arguments, **({"x": X2} | given))(
        type(base.__name__, (base,), {"backward": backward})
    )


def _spoilt(**arrays):
    """dx as it is, other gradients replaced."""

    def change(self, dout, dx):
        for name, array in arrays.items():
            setattr(self, name, array(self, dout))
        return dx

    return change


_backward("unknown", Affine, "dW", _spoilt(dW=lambda s, d: s.x.T @ d + np.cos(s.W) * np.arange(1, 4)))
_backward("raises", Affine, "dx", lambda s, d, dx: dx @ dx.T @ np.ones((99, 2)))
_backward("gradient-missing", Affine, "dx", lambda s, d, dx: None)
_backward("wrong-shape", Affine, "db", _spoilt(db=lambda s, d: np.ones(7)))
_backward("not-a-number-array", Affine, "dx", lambda s, d, dx: "dx")
_backward("wrong-sign", Affine, "dx", lambda s, d, dx: -dx)
_backward("wrong-factor", Affine, "dW", _spoilt(dW=lambda s, d: 2 * s.x.T @ d))
_backward("missing-batch-mean", SoftmaxWithLoss, "dx", lambda s, d, dx: s.y - s.t, t=ONE_HOT)
_backward("averaged-twice", SoftmaxWithLoss, "dx", lambda s, d, dx: dx / len(dx), t=ONE_HOT)
_backward("averaged-instead-of-summed", Affine, "db", _spoilt(db=lambda s, d: d.mean(axis=0)))
_backward("one-row-only", Affine, "db", _spoilt(db=lambda s, d: d[0]))
_backward("wrong-axis", Softmax, "dx", lambda s, d, dx: d * s.y - s.y * (d * s.y).sum(axis=0))
_backward("sum-without-axis", Affine, "db", _spoilt(db=lambda s, d: np.full(3, d.sum())))
_backward("transposed", Affine, "dx", lambda s, d, dx: d @ s.W, 4, 4)
_backward("operands-swapped", Affine, "dW", _spoilt(dW=lambda s, d: d.T @ s.x), 4, 4)
_backward("mask-missing", Relu, "dx", lambda s, d, dx: d)
_backward("mask-inverted", Relu, "dx", lambda s, d, dx: d * ~s.mask)
_backward("mask-from-dout", Relu, "dx", lambda s, d, dx: d * (d > 0))
_backward("derivative-at-wrong-point", Sigmoid, "dx", lambda s, d, dx: d * s.x * (1 - s.x))
_backward("derivative-factor-missing", Sigmoid, "dx", lambda s, d, dx: d * (1 - s.y))
_backward("softmax-jacobian-diagonal", Softmax, "dx", lambda s, d, dx: d * s.y * (1 - s.y))
_backward("labels-not-subtracted", SoftmaxWithLoss, "dx", lambda s, d, dx: s.y / len(s.y), t=ONE_HOT)
_backward("ignores-dout", Sigmoid, "dx", lambda s, d, dx: s.y * (1 - s.y))
_backward("dout-passed-through", Tanh, "dx", lambda s, d, dx: d)
_backward("weights-not-used", Affine, "dx", lambda s, d, dx: d, 4, 4)
_backward("input-not-used", Affine, "dW", _spoilt(dW=lambda s, d: np.ones_like(s.x).T @ d))
_backward("statistics-as-constants", BatchNormalization, "dx", lambda s, d, dx: d * s.gamma / s.std)
_backward(
    "batch-norm-term-missing", BatchNormalization, "dx",
    lambda s, d, dx: (d - d.mean(axis=0)) * s.gamma / s.std,
)  # fmt: skip
_backward("gamma-not-used", BatchNormalization, "dx", lambda s, d, dx: dx / s.gamma)
_backward("kernel-flipped", Convolution, "dW", _spoilt(dW=lambda s, d: s.dW[:, :, ::-1, ::-1]), x=X4)
_backward("axes-permuted", Convolution, "dW", _spoilt(dW=lambda s, d: s.dW.transpose(0, 1, 3, 2)), x=X4)
_backward("order-not-restored", Flatten, "dx", lambda s, d, dx: dx[:, :, ::-1], x=X4)


@wrong("overlaps-overwritten", "backward", "dx", x=X4)
class OverwritingConvolution(Convolution):
    def backward(self, dout):
        dx = super().backward(dout) * 0
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                dx[:, :, i : i + 3, j : j + 3] = np.einsum("nf,fcij->ncij", dout[:, :, i, j], self.W)
        return dx


@wrong("pooling-gradient-spread", "backward", "dx", x=X4)
class SpreadingMaxPooling(MaxPooling):
    def backward(self, dout):
        self.mask = np.ones_like(self.mask) / 4
        return super().backward(dout)


@wrong("mask-redrawn", "backward", "dx", x=X2)
class RedrawingDropout(Dropout):
    def backward(self, dout):
        self.mask = self.rng.random(dout.shape) > self.ratio
        return super().backward(dout)


@wrong("branch-forgotten", "backward", "dx", x=X2)
class ForgetfulResidual(Residual):
    def backward(self, dout):
        return super().backward(dout) - dout


@wrong("entries-zeroed", "backward", "dW", x=X2)
class ZeroingAffine(Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW[:, 0] = 0
        return dx


@wrong("extra-term", "backward", "dx", x=X2)
class GenerousTanh(Tanh):
    def backward(self, dout):
        return super().backward(dout) + dout


@wrong("weights-already-updated", "backward", "dx")
class HastyAffine(Affine):
    def backward(self, dout, learning_rate):
        super().backward(dout)
        self.W = self.W - learning_rate * self.dW
        self.b = self.b - learning_rate * self.db
        return dout @ self.W.T


# BP2xx in networks: how gradient() joins the layers --------------------------------------------------------------


class TwoLayers:
    """The book's network with its layers in a dict."""

    def __init__(self, d=4, h=5, c=4):
        self.params = {
            "W1": RNG.normal(size=(d, h)), "b1": RNG.normal(size=h),
            "W2": RNG.normal(size=(h, c)), "b2": RNG.normal(size=c),
        }  # fmt: skip
        self.layers = {"Affine1": Affine(), "Relu1": Relu(), "Affine2": Affine()}
        for i in (1, 2):
            self.layers[f"Affine{i}"].W, self.layers[f"Affine{i}"].b = self.params[f"W{i}"], self.params[f"b{i}"]
        self.last = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.last.forward(self.predict(x), t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.start()
        for layer in self.back():
            dout = layer.backward(dout)
        first, second = self.layers["Affine1"], self.layers["Affine2"]
        return {"W1": first.dW, "b1": first.db, "W2": second.dW, "b2": second.db}

    def start(self):
        return self.last.backward(1)

    def back(self):
        return list(self.layers.values())[::-1]


@wrong("keys-swapped", "backward", "b2", 4, 4, 4)
class SwappedKeys(TwoLayers):
    def gradient(self, x, t):
        g = super().gradient(x, t)
        return g | {"b1": g["b2"], "b2": g["b1"]}


@wrong("layer-skipped", "backward", "W1")
class SkippedLayer(TwoLayers):
    def back(self):
        return [self.layers["Affine2"], self.layers["Affine1"]]


@wrong("wrong-layers-gradient", "backward", "W2", 4, 4, 4)
class AnotherLayersGradient(TwoLayers):
    def gradient(self, x, t):
        g = super().gradient(x, t)
        return g | {"W2": g["W1"]}


@wrong("regulariser-missing", "backward", "W2")
class DecayInTheLossAlone(TwoLayers):
    def loss(self, x, t):
        return super().loss(x, t) + 0.05 * sum((self.params[w] ** 2).sum() for w in ("W1", "W2"))


@wrong("regulariser-factor", "backward", "W2")
class TwiceTheDecay(DecayInTheLossAlone):
    def gradient(self, x, t):
        g = super().gradient(x, t)
        return g | {w: g[w] + 0.2 * self.params[w] for w in ("W1", "W2")}


@wrong("wrong-start", "backward", "dout")
class StartsAtTwo(TwoLayers):
    def start(self):
        return self.last.backward(2)


# BP3xx: state and aliasing -----------------------------------------------------------------------------------


@wrong("writes-into-input", "state", "x")
class WritingTanh(Tanh):
    def forward(self, x):
        self.y = np.tanh(x, out=x)
        return self.y.copy()


@wrong("accumulates", "state", "dW")
class AccumulatingAffine(Affine):
    def __init__(self):
        super().__init__()
        self.dW = np.zeros_like(self.W)

    def backward(self, dout):
        kept = self.dW
        dx = super().backward(dout)
        self.dW = kept + self.dW
        return dx


@wrong("depends-on-earlier-calls", "state", "dx")
class RememberingTanh(Tanh):
    count = 0

    def backward(self, dout):
        self.count += 1
        return super().backward(dout) * 1.5**self.count


@wrong("stale-cache", "state", "dW", x=X2)
class RemembersTheFirstBatchSize(Affine):
    n = None

    def forward(self, x):
        self.n = self.n or len(x)
        return super().forward(x)

    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.x[: self.n].T @ dout[: self.n]
        return dx


@wrong("updates-parameters", "state", "W")
class TrainsWhileAsked(TwoLayers):
    def __init__(self):
        super().__init__()
        first = self.layers["Affine1"]

        class Eager(Affine):
            def backward(self, dout):
                dx = super().backward(dout)
                self.W -= 0.1 * self.dW
                return dx

        first.__class__ = Eager


@wrong("parameter-disconnected", "state", "W1")
class KeepsCopies(TwoLayers):
    def __init__(self):
        super().__init__()
        self.layers["Affine1"].W = self.params["W1"].copy()


@wrong("writes-into-dout", "state", "dout")
class SharedGradient:
    """x + relu(x W): the ReLU writes into the gradient that the other branch still needs."""

    def __init__(self):
        self.affine, self.relu, self.last = Affine(4, 4), BookRelu(), SoftmaxWithLoss()
        self.first = Affine(4, 4)
        self.params = {"W1": self.first.W, "b1": self.first.b, "W2": self.affine.W, "b2": self.affine.b}

    def loss(self, x, t):
        x = self.first.forward(x)
        return self.last.forward(x + self.relu.forward(self.affine.forward(x)), t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last.backward(1)
        dx = self.affine.backward(self.relu.backward(dout)) + dout
        self.first.backward(dx)
        return {"W1": self.first.dW, "b1": self.first.db, "W2": self.affine.dW, "b2": self.affine.db}


class BookRelu(Relu):
    def backward(self, dout):
        dout[~self.mask] = 0
        return dout


@wrong("disturbed-between", "state", "dx", 4, 4, 4)
class SharesOneRelu(TwoLayers):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        cache = {}

        class Cached(Tanh):
            def forward(self, x):
                cache["y"] = np.tanh(x)
                return cache["y"]

            def backward(self, dout):
                return dout * (1 - cache["y"] ** 2)

        self.layers = {
            "Affine1": self.layers["Affine1"], "Tanh1": Cached(),
            "Affine2": self.layers["Affine2"], "Tanh2": Cached(),
        }  # fmt: skip


@wrong("gradient-rebound", "state", "ListAffine (2).params[1]")
class ListOfGradients:
    """Chainer's and others' way: lists gathered once, which the layers must fill in place."""

    def __init__(self):
        self.layers = [ListAffine(4, 5), Relu(), ListAffine(5, 4)]
        self.last = SoftmaxWithLoss()
        self.params = [p for layer in self.layers for p in getattr(layer, "params", [])]
        self.grads = [g for layer in self.layers for g in getattr(layer, "grads", [])]

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def forward(self, x, t):
        return self.last.forward(self.predict(x), t)

    def backward(self, dout=1):
        dout = self.last.backward(dout)
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout


class ListAffine:
    def __init__(self, d, m):
        self.params = [RNG.normal(size=(d, m)), RNG.normal(size=m)]
        self.grads = [np.zeros((d, m)), np.zeros(m)]

    def forward(self, x):
        self.x = x
        return x @ self.params[0] + self.params[1]

    def backward(self, dout):
        self.grads = [self.x.T @ dout, dout.sum(axis=0)]
        return dout @ self.params[0].T


class FillingListAffine(ListAffine):
    def backward(self, dout):
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.sum(axis=0)
        return dout @ self.params[0].T


# BP4xx: number types ------------------------------------------------------------------------------------------


@wrong("float16-inside", "dtype", "output")
class HalfTanh(Tanh):
    def forward(self, x):
        return super().forward(x).astype(np.float16)


@wrong("rounds-inside", "dtype", "output", called="Affine")
class RoundingAffine(Affine):
    def forward(self, x):
        return super().forward(x.astype(np.float16).astype(np.float64))


@wrong("integer-gradient", "dtype", "dW")
class WholeGradient(Affine):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW = self.dW.astype(np.int64)
        return dx


@wrong("integer-parameters", "dtype", "W1")
class WholeWeights(TwoLayers):
    def __init__(self):
        super().__init__()
        self.params["W1"] = self.layers["Affine1"].W = RNG.integers(-3, 3, size=(4, 5))


# The same causes by other ways --------------------------------------------------------------------------------


class Layerless:
    """Two weight matrices and no layer objects; `f` and `slope` of the hidden layer, written out."""

    def __init__(self, d=4, h=5, c=4):
        self.params = {
            "W1": RNG.normal(size=(d, h)), "b1": RNG.normal(size=h),
            "W2": RNG.normal(size=(h, c)), "b2": RNG.normal(size=c),
        }  # fmt: skip

    def hidden(self, x):
        return np.tanh(x @ self.params["W1"] + self.params["b1"])

    def slope(self, z):
        return 1 - z**2

    def predict(self, x):
        return softmax(self.hidden(x) @ self.params["W2"] + self.params["b2"])

    def loss(self, x, t):
        return -np.sum(t * np.log(self.predict(x))) / len(x)

    def gradient(self, x, t):
        z = self.hidden(x)
        dy = (self.predict(x) - t) / len(x)
        da = dy @ self.params["W2"].T * self.slope(z)
        return {"W1": x.T @ da, "b1": da.sum(axis=0), "W2": z.T @ dy, "b2": dy.sum(axis=0)}


@wrong("derivative-factor-missing", "backward", "W1", x=X2, t=ONE_HOT)
class LayerlessTanhHalved(Layerless):
    def slope(self, z):
        return 1 - z


@wrong("softmax-over-batch", "forward", "output", x=X2, t=ONE_HOT)
class LayerlessOverBatch(Layerless):
    def predict(self, x):
        a = self.hidden(x) @ self.params["W2"] + self.params["b2"]
        return np.exp(a) / np.exp(a).sum()


@wrong("ignores-labels", "forward", "loss", x=X2, t=ONE_HOT)
class LayerlessIgnoring(Layerless):
    def loss(self, x, t):
        return -np.sum(np.log(self.predict(x))) / len(x)


@wrong("loss-scale", "forward", "loss", x=X2, t=ONE_HOT)
class LayerlessSumming(Layerless):
    def loss(self, x, t):
        return -np.sum(t * np.log(self.predict(x)))


class AffineOfRows(Affine):
    """W as (out, in)."""

    def __init__(self):
        super().__init__(3, 4)
        self.b = RNG.normal(size=3)

    def forward(self, x):
        self.x = x
        return x @ self.W.T + self.b

    def backward(self, dout):
        self.dW, self.db = dout.T @ self.x, dout.sum(axis=0)
        return dout @ self.W


@wrong("bias-subtracted", "forward", "output", x=X2, called="Affine")
class AffineOfRowsSubtracting(AffineOfRows):
    def forward(self, x):
        return super().forward(x) - 2 * self.b


_affine("first-row-only", lambda s, x: np.concatenate([(x[:1] @ s.W + s.b), 0 * x[1:] @ s.W]))
_backward("input-not-used", BatchNormalization, "dgamma", _spoilt(dgamma=lambda s, d: d.sum(axis=0)))
_backward(
    "derivative-at-wrong-point", BatchNormalization, "dgamma", _spoilt(dgamma=lambda s, d: (d * s.x).sum(axis=0))
)
_backward("averaged-instead-of-summed", BatchNormalization, "dbeta", _spoilt(dbeta=lambda s, d: d.mean(axis=0)))
_backward("statistics-as-constants", LayerNormalization, "dx", lambda s, d, dx: d / s.std)
_backward("entries-zeroed", Affine, "dW", _spoilt(dW=lambda s, d: np.zeros_like(s.W)))
_backward("wrong-factor", Affine, "dW", _spoilt(dW=lambda s, d: 0.5 * s.dW), 60, 30, x=RNG.normal(size=(3, 60)))


@wrong("softmax-wrong-axis", "forward", "output", x=X2, t=ONE_HOT)
class LayerlessColumns(Layerless):
    def predict(self, x):
        return softmax((self.hidden(x) @ self.params["W2"] + self.params["b2"]).T).T


@wrong("mixes-samples", "forward", "output", x=X2, t=ONE_HOT)
class LayerlessCentred(Layerless):
    def hidden(self, x):
        z = super().hidden(x)
        return z - z.mean(axis=0)


_backward("mask-missing", Relu, "dx", lambda s, d, dx: 2 * d)
_backward("derivative-factor-missing", Sigmoid, "dx", lambda s, d, dx: -d * s.y)


class SquareAffineOfRows(AffineOfRows):
    def __init__(self):
        super().__init__()
        self.W, self.b = RNG.normal(size=(4, 4)), RNG.normal(size=4)
