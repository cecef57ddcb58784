"""Mistakes in the way back of softmax with cross entropy, (p − t) / N, and of cross entropy alone, −t / p / N."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from backproof.check.causes.case import Case, Hypothesis
from backproof.check.formulas import softmax
from backproof.protocols import Array


def hypotheses(case: Case) -> Iterator[Hypothesis]:
    """The usual slips; x are the scores, or the probabilities of a loss without its softmax."""
    if case.quantity != "dx" or case.labels is None or case.x.ndim != 2 or case.labels.shape != case.x.shape:
        return
    x, t, n = case.x, case.labels, len(case.x)
    if case.kind == "softmax loss":
        p = softmax(x)
        yield Hypothesis("labels-not-subtracted", p / n)
        yield Hypothesis("labels-not-subtracted", p)
        yield Hypothesis("softmax-jacobian-diagonal", p * (1 - p) / n)
        yield Hypothesis("softmax-jacobian-diagonal", (p - t) * p * (1 - p) / n)
        yield Hypothesis("labels-off-by-one", (p - np.roll(t, 1, axis=1)) / n)
        yield Hypothesis("labels-off-by-one", (p - np.roll(t, -1, axis=1)) / n)
        yield Hypothesis("softmax-forgotten", (x - t) / n)
        yield Hypothesis("softmax-forgotten", x - t)
        yield Hypothesis("softmax-over-batch", (softmax(x, None, None) - t) / n)
        yield Hypothesis("wrong-sign", (p + t) / n)
        yield Hypothesis("labels-not-subtracted", (p - 1) / n)
        yield Hypothesis("labels-not-subtracted", -t / n)
        yield Hypothesis("wrong-factor", p - t / n)
        yield Hypothesis("wrong-factor", p / n - t)
        yield from _other_positions(p, t, n)
    elif case.kind == "cross entropy":
        yield Hypothesis("derivative-factor-missing", -t / n)
        yield Hypothesis("dout-passed-through", (x - t) / n)
        yield Hypothesis("labels-not-subtracted", -1 / x / n)
        yield Hypothesis("derivative-at-wrong-point", -t * x / n)


def _other_positions(p: Array, t: Array, n: int) -> Iterator[Hypothesis]:
    """1 subtracted in the columns of all labels for every row: `dx[:, t] -= 1` instead of `dx[arange(N), t]`."""
    columns = t.max(axis=0)
    yield Hypothesis("labels-not-subtracted", (p - columns) / n)
    first = np.zeros_like(t)
    first[0] = t[0]
    yield Hypothesis("one-row-only", (p - first) / n)
