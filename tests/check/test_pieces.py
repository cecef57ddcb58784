"""Networks in one piece, losses and pairs of functions: what no learning rate and no default explains away."""

import numpy as np
import pytest

from backproof.check.checker import check_subject
from backproof.subjects.adapters import recognise


def faults(item):
    report = check_subject(recognise(item))
    assert report.exit_code != 2, [finding.message for finding in report.findings]
    return [(f.kind, f.layer, f.quantity, f.cause) for f in report.findings if f.is_fault]


def logistic_sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logistic_sigmoid_prime(z):
    return logistic_sigmoid(z) * (1 - logistic_sigmoid(z))


def falling_sigmoid(z):
    return 1 / (1 + np.exp(z))


class Piece:
    """One hidden layer, softmax, mean cross-entropy."""

    log = staticmethod(np.log)
    dtype = np.float64
    sign = 1

    def __init__(self):
        rng = np.random.default_rng(0)
        self.W1, self.W2 = rng.normal(size=(4, 6)), rng.normal(size=(6, 3))
        self.b1, self.b2 = np.zeros((1, 6), dtype=self.dtype), np.zeros((1, 3))

    def forward(self, X):
        self.h = np.tanh(self.hidden(X))
        e = np.exp(self.h @ self.W2 + self.b2)
        self.probs = e / e.sum(axis=1, keepdims=True)
        return self.probs

    def hidden(self, X):
        return X @ self.W1 + self.b1

    def compute_loss(self, y_true):
        return -np.mean(np.sum(y_true * self.log(self.probs), axis=1))

    def backward(self, X, y_true):
        d2 = self.sign * (self.probs - y_true) / len(X)
        self.dW2, self.db2 = self.h.T @ d2, d2.sum(axis=0, keepdims=True)
        d1 = d2 @ self.W2.T * (1 - self.h**2)
        self.dW1, self.db1 = X.T @ d1, d1.sum(axis=0, keepdims=True)

    def step(self, lr=0.1):
        self.W1 -= lr * self.dW1
        self.W2 -= lr * self.dW2


class Uphill(Piece):
    sign = -1

    def step(self, lr=0.1):
        self.W1 += lr * self.dW1
        self.W2 += lr * self.dW2


class Climbing(Piece):
    sign = -1

    def step(self, lr=0.1):
        self.W1 -= lr * self.dW1
        self.W2 -= lr * self.dW2


class BaseTen(Piece):
    log = staticmethod(np.log10)

    def step(self, lr=0.1):
        self.W1 -= lr * self.dW1


class Integers(Piece):
    dtype = np.int64

    def step(self, lr=0.1):
        self.W1 -= lr * self.dW1


class Unbiased(Piece):
    def hidden(self, X):
        return X @ self.W1

    def step(self, lr=0.1):
        self.W1 -= lr * self.dW1


class Columns:
    """One column at a time, sigmoids from the module."""

    sigmoid = staticmethod(logistic_sigmoid)

    def __init__(self):
        rng = np.random.default_rng(0)
        self.weights = [rng.normal(size=(6, 4)), rng.normal(size=(3, 6))]

    def feedforward(self, a):
        for w in self.weights:
            a = logistic_sigmoid(w @ a)
        return a

    def backprop(self, x, y):
        z1 = self.weights[0] @ x
        z2 = self.weights[1] @ logistic_sigmoid(z1)
        d2 = (logistic_sigmoid(z2) - y) * logistic_sigmoid_prime(z2)
        d1 = self.weights[1].T @ d2 * logistic_sigmoid_prime(z1)
        return [d1 @ x.T, d2 @ logistic_sigmoid(z1).T]


@pytest.mark.parametrize("right", [Piece, Uphill, Columns], ids=lambda cls: cls.__name__)
def test_what_is_right_stays_right(right):
    assert faults(right()) == []


@pytest.mark.parametrize(
    ("wrong", "kind", "cause"),
    [
        (Climbing, "backward", "wrong-sign"),
        (BaseTen, "forward", "log10"),
        (Integers, "dtype", "integer-parameters"),
        (Unbiased, "forward", "affine-without-bias"),
    ],
    ids=["Climbing", "BaseTen", "Integers", "Unbiased"],
)
def test_what_no_learning_rate_explains_is_a_fault(wrong, kind, cause):
    found = faults(wrong())
    assert (found[0][0], found[0][3]) == (kind, cause)


def test_a_function_that_a_network_in_one_piece_calls_is_blamed_by_its_own_name(monkeypatch):
    monkeypatch.setitem(globals(), "logistic_sigmoid_prime", logistic_sigmoid_prime_without_factor)
    assert [layer for _, layer, _, _ in faults(Columns())] == ["logistic_sigmoid_prime_without_factor"]


def logistic_sigmoid_prime_without_factor(z):
    return logistic_sigmoid(z) * (1 - z)


class MeanSquares:
    def forward(self, y, t):
        self.difference = y - t
        return np.mean(self.difference**2)

    def backward(self):
        return 2 * self.difference / self.difference.size


class MeanSquaresNotHalved(MeanSquares):
    def backward(self):
        return self.difference / self.difference.size


def test_a_loss_that_gives_one_number_has_the_factor_of_its_own_gradient():
    assert faults(MeanSquares()) == []
    assert [layer for _, layer, _, _ in faults(MeanSquaresNotHalved())] == ["MeanSquaresNotHalved"]


class LayerNorm:
    """The epsilon beside the root in forward; backward as if it stood under it: a difference of 1e-5."""

    def __init__(self):
        self.gamma, self.beta = np.ones(6), np.zeros(6)

    def forward(self, x):
        self.inverse = 1 / (x.std(axis=1, keepdims=True) + 1e-5)
        self.xhat = (x - x.mean(axis=1, keepdims=True)) * self.inverse
        return self.gamma * self.xhat + self.beta

    def backward(self, dout):
        self.dgamma, self.dbeta = (dout * self.xhat).sum(axis=0), dout.sum(axis=0)
        g = dout * self.gamma
        centred = g - g.mean(axis=1, keepdims=True)
        return self.inverse * (centred - self.xhat * (g * self.xhat).mean(axis=1, keepdims=True))


def test_an_epsilon_beside_the_root_is_no_fault():
    assert faults(LayerNorm()) == []


def conv_forward(x, w, b, stride=1, pad=0):
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    h, v = w.shape[2:]
    rows, columns = (xp.shape[2] - h) // stride + 1, (xp.shape[3] - v) // stride + 1
    out = np.zeros((len(x), len(w), rows, columns))
    for i in range(rows):
        for j in range(columns):
            window = xp[:, :, i * stride : i * stride + h, j * stride : j * stride + v]
            out[:, :, i, j] = np.tensordot(window, w, axes=((1, 2, 3), (1, 2, 3))) + b
    return out, (xp, w, stride, pad)


def conv_backward(dout, cache):
    return conv_gradients(dout, cache, cache[2])


def conv_backward_without_stride(dout, cache):
    return conv_gradients(dout, cache, 1)


def conv_gradients(dout, cache, step):
    xp, w, _, pad = cache
    h, v = w.shape[2:]
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            place = (slice(None), slice(None), slice(i * step, i * step + h), slice(j * step, j * step + v))
            dxp[place] += np.tensordot(dout[:, :, i, j], w, axes=1)
            dw += np.tensordot(dout[:, :, i, j].T, xp[place], axes=1)
    return dxp[:, :, pad : dxp.shape[2] - pad, pad : dxp.shape[3] - pad], dw, dout.sum(axis=(0, 2, 3))


def test_a_stride_that_has_a_default_is_tried_too():
    assert faults((conv_forward, conv_backward)) == []
    assert {quantity for _, _, quantity, _ in faults((conv_forward, conv_backward_without_stride))} & {"dx", "dw"}
