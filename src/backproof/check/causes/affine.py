"""Mistakes in the way back of y = x W + b."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backproof.check.causes.case import Case, Hypothesis
from backproof.protocols import Array


def hypotheses(case: Case) -> Iterator[Hypothesis]:
    """dx = dout Wᵀ, dW = xᵀ dout, db = Σ dout, each with the usual slips."""
    if case.kind != "affine" or not isinstance(case.dout, np.ndarray) or case.dout.ndim != 2:
        return
    x, dout = case.x.reshape(len(case.x), -1), case.dout
    W = next((p for p in case.parameters.values() if p.ndim == 2), None)
    if W is None:
        return
    if case.quantity == "dx":
        for array in _products(dout, W):
            yield Hypothesis("transposed", array.reshape(case.claimed.shape))
        if dout.size == case.claimed.size:
            yield Hypothesis("weights-not-used", dout.reshape(case.claimed.shape))
        ones = np.ones_like(dout)
        for array in (ones @ W.T, ones @ W) if W.shape[0] == W.shape[1] else _fitting(ones, W):
            yield Hypothesis("ignores-dout", array.reshape(case.claimed.shape))
    elif case.target.ndim == 2 and case.target.size == W.size:
        yield from _weights(case, x, dout)
    else:
        yield from _bias(case, dout)


def _weights(case: Case, x: Array, dout: Array) -> Iterator[Hypothesis]:
    inputs_first = case.claimed.shape == (x.shape[1], dout.shape[1])

    def oriented(product: Array) -> Array:
        return product if inputs_first else product.T

    if x.shape[1] == dout.shape[1]:
        yield Hypothesis("operands-swapped", oriented(dout.T @ x))
    for row in (0, -1):
        yield Hypothesis("one-row-only", oriented(np.outer(x[row], dout[row])))
    yield Hypothesis("ignores-dout", oriented(x.T @ np.ones_like(dout)))
    yield Hypothesis("input-not-used", oriented(np.ones_like(x).T @ dout))
    yield Hypothesis("input-not-used", oriented(np.broadcast_to(dout.sum(axis=0), (x.shape[1], dout.shape[1]))))
    if len(x) == x.shape[1]:
        yield Hypothesis("transposed", oriented(x @ dout))


def _bias(case: Case, dout: Array) -> Iterator[Hypothesis]:
    shape = case.claimed.shape
    if case.claimed.size != dout.shape[1]:
        return
    yield Hypothesis("sum-without-axis", np.full(shape, dout.sum()))
    yield Hypothesis("sum-without-axis", np.full(shape, dout.mean()))
    for row in (0, -1):
        yield Hypothesis("one-row-only", dout[row].reshape(shape))
    yield Hypothesis("averaged-instead-of-summed", dout.mean(axis=0).reshape(shape))
    if dout.shape[0] == dout.shape[1]:
        yield Hypothesis("wrong-axis", dout.sum(axis=1).reshape(shape))
    yield Hypothesis("ignores-dout", np.full(shape, float(len(dout))))
    yield Hypothesis("wrong-axis", np.full(shape, 0.0) + dout.max(axis=0).reshape(shape))


def _products(dout: Array, W: Array) -> Iterator[Array]:
    if W.shape[0] == W.shape[1]:
        yield dout @ W
        yield dout @ W.T


def _fitting(dout: Array, W: Array) -> Iterator[Array]:
    if dout.shape[1] == W.shape[1]:
        yield dout @ W.T
    if dout.shape[1] == W.shape[0]:
        yield dout @ W
