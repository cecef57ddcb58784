"""The losses that code without a loss of its own implies, as sums over samples and outputs.

Scores y and labels t are (N, C), labels one-hot or 0 and 1. Sources: Nielsen, Neural Networks and Deep Learning,
equations 6 and 57; Goodfellow et al., Deep Learning, equation 6.26 and section 6.2.2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backproof.protocols import Array

Loss = Callable[[Array, Array], float]


def half_squares(y: Array, t: Array) -> float:
    """½ Σ (y − t)²."""
    return 0.5 * float(np.sum((y - t) ** 2))


def binary_cross_entropy(y: Array, t: Array) -> float:
    """−Σ t log y + (1 − t) log(1 − y); NaN outside (0, 1)."""
    return -float(np.sum(t * np.log(y) + (1 - t) * np.log(1 - y)))


def categorical_cross_entropy(y: Array, t: Array) -> float:
    """−Σ t log y."""
    return -float(np.sum(t * np.log(y)))


def cross_entropy_of_scores(y: Array, t: Array) -> float:
    """−Σ t log softmax(y): the network ends before its softmax."""
    return -float(np.sum(t * (y - np.logaddexp.reduce(y, axis=1)[:, None])))


def binary_cross_entropy_of_scores(y: Array, t: Array) -> float:
    """Σ log(1 + eʸ) − t y: the network ends before its sigmoid."""
    return float(np.sum(np.logaddexp(0, y) - t * y))


def absolute_error(y: Array, t: Array) -> float:
    """Σ |y − t|."""
    return float(np.sum(np.abs(y - t)))


LOSSES: dict[str, Loss] = {
    "half the sum of squares": half_squares,
    "categorical cross-entropy": categorical_cross_entropy,
    "binary cross-entropy": binary_cross_entropy,
    "cross-entropy of the softmax of its scores": cross_entropy_of_scores,
    "binary cross-entropy of the sigmoid of its scores": binary_cross_entropy_of_scores,
    "the sum of absolute errors": absolute_error,
}


NAMES: dict[str, tuple[str, ...]] = {  # what a person may call them
    "mse": ("half the sum of squares",),
    "cross-entropy": ("categorical cross-entropy", "cross-entropy of the softmax of its scores"),
    "binary": ("binary cross-entropy", "binary cross-entropy of the sigmoid of its scores"),
    "mae": ("the sum of absolute errors",),
}


def possible(y: Array, told: str | None = None) -> dict[str, Loss]:
    """The implied losses that scores like these allow, the likeliest first; of a loss that was told, its forms."""
    if told is not None:
        first, *rest = NAMES[told]
        sums = told != "cross-entropy" or bool(np.allclose(y.sum(axis=1), 1))
        fits = bool(np.all((y > 0) & (y < 1))) and sums
        return {name: LOSSES[name] for name in ((first,) if fits or not rest else rest)}
    rows_sum_to_one = y.shape[1] > 1 and bool(np.allclose(y.sum(axis=1), 1) and np.all(y >= 0))
    within = bool(np.all((y > 0) & (y < 1)))
    names = list(LOSSES)
    if rows_sum_to_one:
        names = ["categorical cross-entropy", "half the sum of squares", "binary cross-entropy", names[-1]]
    elif within:
        names = ["half the sum of squares", "binary cross-entropy", "categorical cross-entropy", names[-1]]
    else:
        names = [names[0], *names[3:]]
        if np.all(y > 0):  # a softmax gone wrong still gives what a logarithm takes
            names.append("categorical cross-entropy")
    return {name: LOSSES[name] for name in names}
