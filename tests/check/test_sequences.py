"""Sequences, recurrent steps, tables that are looked up, parameter objects: found, judged, placed."""

import numpy as np
import pytest

from backproof.check.checker import check_subject
from backproof.subjects.adapters import recognise
from backproof.subjects.products import multiplied


def faults(item):
    report = check_subject(recognise(item))
    assert report.exit_code != 2, [finding.message for finding in report.findings]
    return [(f.layer, f.quantity) for f in report.findings if f.is_fault]


def elman_forward(x, h, U, V, bias):
    out = np.tanh(x.dot(U) + np.dot(h, V) + bias)
    return out, (x, h, U, V, out)


def elman_backward(dout, cache):
    x, h, U, V, out = cache
    d = dout * (1 - out**2)
    return d.dot(U.T), d.dot(V.T), x.T.dot(d), h.T.dot(d), d.sum(axis=0)


def elman_backward_square(dout, cache):
    dx, _, *rest = elman_backward(dout, cache)
    *_, V, out = cache
    return dx, (dout * (1 - out**2)).dot(V), *rest


def lstm_forward(x, prev_h, prev_c, Wx, Wh, b):
    H = prev_h.shape[1]
    a = x @ Wx + prev_h @ Wh + b
    i, f, o = (1 / (1 + np.exp(-a[:, k * H : (k + 1) * H])) for k in range(3))
    g = np.tanh(a[:, 3 * H :])
    c = f * prev_c + i * g
    return o * np.tanh(c), (x, prev_h, prev_c, Wx, Wh, i, f, o, g, c)


def lstm_backward(dh, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, c = cache
    dc = dh * o * (1 - np.tanh(c) ** 2)
    parts = dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dh * np.tanh(c) * o * (1 - o), dc * i * (1 - g**2)
    da = np.hstack(parts)
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def cell_forward(x, prev_h, prev_c, Wx, Wh, b):
    h, cache = lstm_forward(x, prev_h, prev_c, Wx, Wh, b)
    return h, cache[-1], cache


def cell_backward(dh, dc, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, c = cache
    dc = dc + dh * o * (1 - np.tanh(c) ** 2)
    parts = dc * g * i * (1 - i), dc * prev_c * f * (1 - f), dh * np.tanh(c) * o * (1 - o), dc * i * (1 - g**2)
    da = np.hstack(parts)
    return da @ Wx.T, da @ Wh.T, dc * f, x.T @ da, prev_h.T @ da, da.sum(axis=0)


def cell_backward_of_h(dh, dc, cache):
    return cell_backward(dh, 0, cache)


def looked_up_forward(x, W):
    return W[x], (x, W.shape)


def looked_up_backward(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    np.add.at(dW, x, dout)
    return dW


def looked_up_backward_once(dout, cache):
    x, shape = cache
    dW = np.zeros(shape)
    dW[x] = dout
    return dW


def each_step_forward(x, w, b):
    n, steps, width = x.shape
    return (x.reshape(-1, width) @ w).reshape(n, steps, -1) + b


def each_step_backward(dout, x, w, b):
    rows = dout.reshape(-1, dout.shape[-1])
    return (rows @ w.T).reshape(x.shape), x.reshape(-1, x.shape[-1]).T @ rows, rows.sum(axis=0)


def each_step_backward_samples(dout, x, w, b):
    return *each_step_backward(dout, x, w, b)[:2], dout[:, 0].sum(axis=0)


def unrolled_forward(x, h0, U, V, bias):
    assert x.ndim == 3
    caches, h = [], h0
    for t in range(x.shape[1]):
        h, cache = elman_forward(x[:, t], h, U, V, bias)
        caches.append(cache)
    return h, caches


def unrolled_backward(dout, cache):
    dx, total = [], 0
    for step in reversed(cache):
        dx_t, dout, *rest = elman_backward(dout, step)
        dx.insert(0, dx_t)
        total = [a + b for a, b in zip(total, rest, strict=True)] if total else rest
    return np.stack(dx, axis=1), dout, *total


@pytest.mark.parametrize(
    "pair",
    [
        (elman_forward, elman_backward),
        (lstm_forward, lstm_backward),
        (cell_forward, cell_backward),
        (unrolled_forward, unrolled_backward),
        (looked_up_forward, looked_up_backward),
        (each_step_forward, each_step_backward),
    ],
    ids=lambda pair: pair[0].__name__,
)
def test_recurrent_steps_are_given_what_their_products_ask_for(pair):
    assert faults(pair) == []


def test_square_recurrent_weights_not_transposed():
    assert [quantity for _, quantity in faults((elman_forward, elman_backward_square))] == ["dh"]


def test_a_second_output_that_backward_forgets():
    assert faults((cell_forward, cell_backward_of_h)) == [("cell_backward_of_h", "dx")]


def test_rows_that_are_looked_up_twice_but_counted_once():
    assert [quantity for _, quantity in faults((looked_up_forward, looked_up_backward_once))] == ["dW"]


def test_a_way_back_that_is_given_the_arguments_again():
    assert [quantity for _, quantity in faults((each_step_forward, each_step_backward_samples))] == ["db"]


def test_what_is_multiplied_with_what():
    assert multiplied(elman_forward) == {"U": "x", "V": "h"}
    assert multiplied(unrolled_forward) == {"U": "x", "V": "h0"}
    assert multiplied(len) == {}


class Attention:
    def __init__(self):
        self.Wq = np.ones((5, 5))
        self.Wk = np.ones((5, 5))

    def forward(self, x):
        self.x, self.q, self.k = x, x @ self.Wq, x @ self.Wk
        return self.q @ self.k.transpose(0, 2, 1)

    def backward(self, dout):
        dq, dk = dout @ self.k, self.transposed(dout) @ self.q
        self.dWq = np.einsum("ntd,nte->de", self.x, dq)
        self.dWk = np.einsum("ntd,nte->de", self.x, dk)
        return dq @ self.Wq.T + dk @ self.Wk.T

    def transposed(self, dout):
        return dout.transpose(0, 2, 1)


class WrongAttention(Attention):
    def transposed(self, dout):
        return dout


class LastStep:
    """Rows pass forward alone; the way back says that it wants sequences."""

    def forward(self, x):
        self.shape = x.shape
        return x[:, -1] * 1.0

    def backward(self, dout):
        dx = np.zeros(self.shape)
        dx[:, -1, :] = dout
        return dx


def test_layers_of_sequences():
    assert faults(Attention()) == []
    assert faults(LastStep()) == []
    assert [layer for layer, _ in faults(WrongAttention())] == ["WrongAttention"]


class Table:
    def __init__(self, W):
        self.W = W

    def forward(self, idx):
        self.idx = idx
        return self.W[idx]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.idx, dout)


class TableAddedOnce(Table):
    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        self.dW[self.idx] += dout


class Sum:
    def forward(self, x):
        self.steps = x.shape[1]
        return x.sum(axis=1)

    def backward(self, dout):
        return np.repeat(dout[:, None], self.steps, axis=1)


class SquaredError:
    def forward(self, y, t):
        self.difference = y - t
        return 0.5 * np.sum(self.difference**2) / len(y)

    def backward(self, dout=1):
        return dout * self.difference / len(self.difference)


class Words:
    def __init__(self, table=Table):
        self.params = {"E": np.ones((9, 4))}
        self.layers = {"table": table(self.params["E"]), "sum": Sum()}
        self.last = SquaredError()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        return self.last.forward(self.predict(x), t)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last.backward()
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        return {"E": self.layers["table"].dW}


def test_a_table_is_looked_up_by_whole_numbers():
    assert faults(Table(np.ones((6, 3)))) == []
    assert faults(Words()) == []
    assert faults(TableAddedOnce(np.ones((6, 3)))) == [("TableAddedOnce", "dW")]
    assert faults(Words(TableAddedOnce)) == [("table", "dW")]


class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = None


class Linear:
    def __init__(self, rows, columns):
        self.weight = Parameter(np.ones((rows, columns)))

    def forward(self, x):
        self.x = x
        return x @ self.weight.data

    def backward(self, grad):
        self.weight.grad = self.x.T @ grad
        return grad @ self.weight.data.T


class LinearKeepsFirst(Linear):
    def forward(self, x):
        self.x = getattr(self, "x", x)
        return x @ self.weight.data


class Chain:
    def __init__(self, *modules):
        self.modules = modules

    def forward(self, x):
        for module in self.modules:
            x = module.forward(x)
        return x

    def backward(self, grad):
        for module in self.modules[::-1]:
            grad = module.backward(grad)
        return grad


class Skip:
    def __init__(self, inner):
        self.inner = inner

    def forward(self, x):
        return x + self.inner.forward(x)

    def backward(self, grad):
        return grad + self.inner.backward(grad)


class ForgetfulSkip(Skip):
    def backward(self, grad):
        return self.inner.backward(grad)


class Nested:
    def __init__(self, skip=Skip, linear=Linear):
        self.body = Chain(linear(4, 5), skip(Chain(Linear(5, 5), Linear(5, 5))))
        self.criterion = SquaredError()

    def forward(self, x):
        return self.body.forward(x)

    def loss(self, x, t):
        return self.criterion.forward(self.forward(x), t)

    def backward(self):
        return self.body.backward(self.criterion.backward())


def test_a_network_whose_backward_takes_nothing_and_whose_parameters_are_objects():
    assert faults(Nested()) == []
    assert faults(Nested(skip=ForgetfulSkip)) == [("ForgetfulSkip", "dx")]


def test_the_innermost_of_nested_layers_is_the_one_that_raised():
    assert [layer for layer, _ in faults(Nested(linear=LinearKeepsFirst))] == ["LinearKeepsFirst"]
