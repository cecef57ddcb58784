"""Mistakes in the way back of batch normalisation, y = γ (x − μ) / σ + β."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backproof.check.causes.case import Case, Hypothesis
from backproof.protocols import Array


def hypotheses(case: Case) -> Iterator[Hypothesis]:
    """Terms left out of dx; dγ from the wrong array. The ε under the root is found by trying the usual ones."""
    if not case.kind.endswith("normalisation") or not isinstance(case.dout, np.ndarray):
        return
    axes: list[tuple[int, ...]] = [(-1,)] if case.kind.startswith("layer") else [(0,), (0, 2, 3)]
    for axis in (a for a in axes if max(a) < case.x.ndim):
        for epsilon in (0.0, 1e-5, 1e-8, 1e-7, 10e-7, 1e-6, 1e-3):
            yield from _with(case, axis, epsilon)


def _with(case: Case, axis: tuple[int, ...], epsilon: float) -> Iterator[Hypothesis]:
    x, dout = case.x, case.dout
    if dout.shape != x.shape:
        return
    centred = x - x.mean(axis=axis, keepdims=True)
    deviation = np.sqrt(x.var(axis=axis, keepdims=True) + epsilon)
    xhat = centred / deviation
    if case.quantity != "dx":
        shape = case.claimed.shape
        for cause, array in (
            ("input-not-used", dout.sum(axis=axis)),
            ("derivative-at-wrong-point", (dout * x).sum(axis=axis)),
            ("derivative-at-wrong-point", (dout * centred).sum(axis=axis)),
            ("averaged-instead-of-summed", dout.mean(axis=axis)),
            ("averaged-instead-of-summed", (dout * xhat).mean(axis=axis)),
            ("derivative-at-wrong-point", (dout * case.y).sum(axis=axis)),
        ):
            if array.size == case.claimed.size:
                yield Hypothesis(cause, array.reshape(shape))
        return
    gamma = _gamma(case, axis)
    g = dout * gamma

    def mean(a: Array) -> Array:
        averaged: Array = a.mean(axis=axis, keepdims=True)
        return averaged

    yield Hypothesis("statistics-as-constants", g / deviation)
    yield Hypothesis("batch-norm-term-missing", (g - mean(g)) / deviation)
    yield Hypothesis("batch-norm-term-missing", (g - xhat * mean(g * xhat)) / deviation)
    yield Hypothesis("gamma-not-used", (dout - mean(dout) - xhat * mean(dout * xhat)) / deviation)
    yield Hypothesis("wrong-sign", (g - mean(g) + xhat * mean(g * xhat)) / deviation)
    yield Hypothesis("wrong-sign", (g + mean(g) - xhat * mean(g * xhat)) / deviation)
    yield Hypothesis("batch-norm-term-missing", g - mean(g) - xhat * mean(g * xhat))
    yield Hypothesis("wrong-factor", (g - mean(g) - 2 * xhat * mean(g * xhat)) / deviation)
    yield Hypothesis("wrong-factor", (g - mean(g) - 0.5 * xhat * mean(g * xhat)) / deviation)


def _gamma(case: Case, axis: tuple[int, ...]) -> Array | float:
    names = sorted(case.parameters, key=lambda name: name.lower().lstrip("_").startswith("b"))
    if not names:
        return 1.0
    gamma = case.parameters[names[0]]
    shape = [1 if i in axis else n for i, n in enumerate(case.x.shape)]
    if axis == (-1,):
        shape = [1] * (case.x.ndim - 1) + [case.x.shape[-1]]
    return gamma.reshape(shape) if gamma.size == np.prod(shape) else 1.0
