"""Mistakes in the way back of activations: the mask, the point of the derivative, a factor of it; the softmax."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backproof.check.causes.case import Case, Hypothesis
from backproof.check.formulas import sigmoid
from backproof.protocols import Array


def hypotheses(case: Case) -> Iterator[Hypothesis]:
    """dx = dout · f'(x) with the usual slips, by the kind of f."""
    if case.quantity != "dx" or not isinstance(case.dout, np.ndarray) or case.dout.shape != case.claimed.shape:
        return
    x, y, dout = case.x, case.y, case.dout
    if y.shape != x.shape:
        return
    if case.kind == "relu":
        yield from _relu(x, y, dout)
    elif case.kind == "sigmoid":
        s = sigmoid(y)
        yield Hypothesis("derivative-at-wrong-point", dout * x * (1 - x))
        yield Hypothesis("derivative-at-wrong-point", dout * s * (1 - s))
        for array in (dout * y, dout * (1 - y)):
            yield Hypothesis("derivative-factor-missing", array)
        yield Hypothesis("derivative-factor-missing", dout * y * (1 + y))
        yield Hypothesis("derivative-factor-missing", dout * y * y)
        yield Hypothesis("derivative-factor-missing", dout * (1 - y) * (1 - y))
        yield Hypothesis("ignores-dout", y * (1 - y))
    elif case.kind == "tanh":
        yield Hypothesis("derivative-at-wrong-point", dout * (1 - x**2))
        yield Hypothesis("derivative-at-wrong-point", dout * (1 - np.tanh(y) ** 2))
        for array in (dout * (1 - y), dout * (1 + y**2), dout * y**2, dout * y * (1 - y), dout * (1 - 2 * y)):
            yield Hypothesis("derivative-factor-missing", array)
        yield Hypothesis("ignores-dout", 1 - y**2)
    elif case.kind == "softmax":
        yield from _softmax(y, dout)
    elif case.kind == "dropout":
        yield from _dropout(x, y, dout, case.claimed)
    if case.kind in ("sigmoid", "tanh", "softmax", ""):
        yield Hypothesis("dout-passed-through", dout)


def _relu(x: Array, y: Array, dout: Array) -> Iterator[Hypothesis]:
    yield Hypothesis("mask-missing", dout)
    yield Hypothesis("mask-inverted", dout * (x <= 0))
    yield Hypothesis("mask-from-dout", dout * (dout > 0))
    yield Hypothesis("mask-from-dout", np.abs(dout))
    yield Hypothesis("mask-inverted", dout * (dout <= 0))
    yield Hypothesis("ignores-dout", (x > 0).astype(np.float64))
    yield Hypothesis("mask-from-dout", dout * (x > 0) * (dout > 0))
    yield Hypothesis("derivative-at-wrong-point", dout * y)
    yield Hypothesis("derivative-at-wrong-point", dout * x)
    yield Hypothesis("mask-inverted", dout * np.sign(x))


def _softmax(p: Array, dout: Array) -> Iterator[Hypothesis]:
    weighted = p * dout
    yield Hypothesis("softmax-jacobian-diagonal", dout * p * (1 - p))
    yield Hypothesis("softmax-jacobian-diagonal", weighted)
    yield Hypothesis("sum-without-axis", weighted - p * weighted.sum())
    yield Hypothesis("wrong-axis", weighted - p * weighted.sum(axis=0, keepdims=True))
    yield Hypothesis("derivative-factor-missing", weighted - weighted.sum(axis=-1, keepdims=True))
    yield Hypothesis("derivative-factor-missing", weighted - p * dout.sum(axis=-1, keepdims=True))
    yield Hypothesis("derivative-factor-missing", dout - weighted.sum(axis=-1, keepdims=True))
    yield Hypothesis("wrong-sign", weighted + p * weighted.sum(axis=-1, keepdims=True))
    yield Hypothesis("averaged-instead-of-summed", weighted - p * weighted.mean(axis=-1, keepdims=True))


def _dropout(x: Array, y: Array, dout: Array, claimed: Array) -> Iterator[Hypothesis]:
    kept = y != 0
    yield Hypothesis("mask-missing", dout)
    ratio = y[kept] / x[kept]
    scale = float(ratio[0]) if ratio.size else 1.0
    yield Hypothesis("derivative-factor-missing", dout * kept)
    yield Hypothesis("mask-inverted", dout * ~kept)
    yield Hypothesis("mask-inverted", dout * ~kept * scale)
    mask = claimed != 0
    if not np.array_equal(mask, kept) and mask.any() and not mask.all():
        yield Hypothesis("mask-redrawn", dout * mask * scale)
        yield Hypothesis("mask-redrawn", dout * mask)
