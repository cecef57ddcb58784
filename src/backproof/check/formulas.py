"""The formulas that a user's code is held against: what a kind promises and what its derivative is made of."""

from __future__ import annotations

import numpy as np

from backproof.protocols import Array


def sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), entry by entry, without overflow."""
    return np.exp(-np.logaddexp(0.0, -x))


def softmax(x: Array, axis: int | None = -1, shift_axis: int | None = -1) -> Array:
    """eˣ / Σ eˣ over `axis`, None for all entries; right where both axes are the classes'.

    shift_axis: over which the maximum is taken that is subtracted first; it matters where it is not `axis`.
    """
    e = np.exp(x - x.max(axis=shift_axis, keepdims=True))
    p: Array = e / e.sum(axis=axis, keepdims=True)
    return p


def mistaken_softmaxes(x: Array) -> list[tuple[str, Array]]:
    """(cause, probabilities) of a softmax of rows whose sum or maximum goes over other axes."""
    found = [("softmax-over-batch", softmax(x, None, None)), ("softmax-wrong-axis", softmax(x, 0, 0))]
    for shift in (-1, 0, None):
        found += [("softmax-over-batch", softmax(x, None, shift)), ("softmax-wrong-axis", softmax(x, 0, shift))]
    return [*found, ("softmax-wrong-axis", softmax(x, -1, 0))]
