"""Fully connected layers: y = x W + b, or with W transposed."""

from __future__ import annotations

import numpy as np

from backproof.check.kinds.judgement import Judgement, close, modest, named, output
from backproof.check.values import few
from backproof.protocols import Array
from backproof.subjects.subject import Operation


def judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    """An affine map by name and by its parameters: one matrix, at most one bias."""
    return modest(_judge(operation, rng), operation, _OWN)


_OWN = "affine|linear|dense|fully?|connect(?:ed|ion)|fc|ip|inner|product|mat|mul|multiply|perceptron"


def _judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    if operation.is_loss or len(operation.x) != 1:
        return None
    names = r"affine|linear|dense|full|^fc|_fc|inner_?product|mat_?mul"
    if not named(operation, names, r"relu|sigm|tanh|norm|conv|soft"):
        return None
    parameters = operation.parameters()
    matrices = [p for p in parameters.values() if p.ndim == 2 and min(p.shape) > 1]
    biases = [p for p in parameters.values() if not any(p is m for m in matrices)]
    x = operation.x[0]
    if len(matrices) != 1 or len(biases) > 1 or x.ndim < 2:
        return None
    W, rows = matrices[0], x.reshape(len(x), -1)
    product = _product(rows, W)
    y = output(operation, x)
    if product is None or y.shape != product.shape:
        return None  # another layout: nothing to compare with
    b: Array | float = biases[0].reshape(-1) if biases else 0.0
    if np.size(b) not in (1, product.shape[1]):
        return None
    expected = product + b
    if close(y, expected):
        return Judgement("affine", True)
    evidence = {"output": few(y[0]), "expected": few(expected[0])}
    mistakes = {
        "affine-without-bias": product,
        "bias-subtracted": product - b,
        "bias-added-twice": product + 2 * np.asarray(b),
        "affine-without-weights": np.broadcast_to(b, product.shape),
    }
    if W.shape[0] == W.shape[1]:
        mistakes["weights-transposed"] = rows @ W.T + b
        if close(y, mistakes["weights-transposed"]):
            return Judgement("affine", True)  # (out, in) is a layout of its own
    if _bends(operation, x, W, rng):
        return None  # an activation inside: Dense(n_in, n_out, activation)
    if close(y[:1], expected[:1]) and not close(y[1:], expected[1:]):
        return Judgement("affine", False, "first-row-only", evidence)
    for cause, mistake in mistakes.items():
        if close(y, mistake):
            return Judgement("affine", False, cause, evidence, tentative=cause == "bias-subtracted")
    return Judgement("affine", False, "not-affine", evidence, tentative=True)  # masked, scaled, added to x


def _bends(operation: Operation, x: Array, W: Array, rng: np.random.Generator) -> bool:
    """Whether the output hangs on x W alone, as a whole or entry by entry, and is no straight line of it."""
    rows = x.reshape(len(x), -1)
    ways_in = W if W.shape[0] == rows.shape[1] else W.T
    step = rng.standard_normal(rows.shape)
    there, back, here = (output(operation, (rows + s * step).reshape(x.shape)) for s in (1, -1, 0))
    if close(there + back, 2 * here):
        return False
    unseen = step - step @ ways_in @ np.linalg.pinv(ways_in)  # moves no entry of x W
    if np.abs(unseen).max() > 1e-6 and close(output(operation, (rows + unseen).reshape(x.shape)), here):
        return True
    seen_by_others = step - np.outer(step @ ways_in[:, 0], ways_in[:, 0]) / np.sum(ways_in[:, 0] ** 2)
    return close(output(operation, (rows + seen_by_others).reshape(x.shape))[:, 0], here[:, 0])


def _product(rows: Array, W: Array) -> Array | None:
    if W.shape[0] == rows.shape[1]:
        return rows @ W
    if W.shape[1] == rows.shape[1]:
        return rows @ W.T
    return None
