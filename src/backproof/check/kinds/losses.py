"""Losses: softmax with cross entropy, cross entropy of probabilities, squared error."""

from __future__ import annotations

import math

import numpy as np

from backproof.check.kinds.activations import _softmax
from backproof.check.kinds.judgement import Judgement, close, first, named
from backproof.protocols import Array
from backproof.subjects.subject import Operation


def judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    """Softmax with loss, cross entropy, mean squared error, by name and by value."""
    if not operation.is_loss or len(operation.x) != 1 or len(operation.constants) == 0:
        return None
    x = operation.x[0]
    t = next((np.asarray(v) for v in operation.constants.values() if isinstance(v, np.ndarray)), None)
    if t is None or x.ndim != 2:
        return None
    loss = _value(operation, x)
    if named(operation, r"square|mse|l2|euclid|sse"):
        return _judge_squares(x, t, loss)
    rows = _rows(t, x.shape)
    if rows is None:
        return None
    if named(operation, r"softmax"):
        return _judge_softmax_loss(operation, x, rows, loss)
    if named(operation, r"cross|entropy|nll|log_?loss|loss"):
        if np.all(x > 0) and np.all(x < 1):
            of_probabilities = -(rows * np.log(x)).sum() / len(x)
            binary = -(rows * np.log(x) + (1 - rows) * np.log(1 - x)).sum() / len(x)
            fits = [s for s in (_factor(loss, of_probabilities, x.shape), _factor(loss, binary, x.shape)) if s]
            if fits:
                return Judgement("cross entropy", True, scale=fits[0])
            for cause, value in {
                "log10": of_probabilities / math.log(10),
                "log2": of_probabilities / math.log(2),
                "sign-flipped": -of_probabilities,
                "log-forgotten": -(rows * x).sum() / len(x),
                "ignores-labels": -np.log(x).sum() / len(x),
            }.items():
                if _factor(loss, float(value), x.shape):
                    evidence = {"loss": loss, "expected": float(of_probabilities)}
                    return Judgement("cross entropy", False, cause, evidence)
        scale = _factor(loss, -(rows * np.log(_softmax(x))).sum() / len(x), x.shape)
        if scale:
            return Judgement("softmax loss", True, scale=scale)
    return None


def _judge_softmax_loss(operation: Operation, x: Array, t: Array, loss: float) -> Judgement:
    expected = -float((t * np.log(_softmax(x))).sum()) / len(x)
    scale = _factor(loss, expected, x.shape)
    if scale:
        return Judgement("softmax loss", True, scale=scale, reference=expected)
    evidence: dict[str, object] = {"loss": loss, "expected": expected}
    probabilities = getattr(operation.owner, "y", None)
    if isinstance(probabilities, np.ndarray) and probabilities.shape == x.shape:
        evidence["row sums"] = first(probabilities.sum(axis=-1))
    over_batch = _softmax(x, axis=None)
    columns = _softmax(x, axis=0)
    mistakes = {
        "softmax-over-batch": -(t * np.log(over_batch)).sum() / len(x),
        "softmax-wrong-axis": -(t * np.log(columns)).sum() / len(x),
        "log10": expected / math.log(10),
        "log2": expected / math.log(2),
        "sign-flipped": -expected,
        "log-forgotten": -(t * _softmax(x)).sum() / len(x),
        "softmax-forgotten": -(t * np.log(np.maximum(x, 1e-300))).sum() / len(x),
        "first-row-only": -float((t[0] * np.log(_softmax(x[0]))).sum()),
        "labels-off-by-one": -float((np.roll(t, 1, axis=1) * np.log(_softmax(x))).sum()) / len(x),
    }
    for cause, value in mistakes.items():
        if _factor(loss, float(value), x.shape):
            if cause.startswith("softmax-over") or cause == "softmax-wrong-axis":
                evidence.setdefault("row sums", first((over_batch if "batch" in cause else columns).sum(axis=-1)))
            return Judgement("softmax loss", False, cause, evidence)
    if close(loss, _value(operation, x, permuted=True), 1e-12):
        return Judgement("softmax loss", False, "ignores-labels", evidence)
    return Judgement("softmax loss", False, "not-softmax-loss", evidence)


def _judge_squares(x: Array, t: Array, loss: float) -> Judgement | None:
    if t.shape != x.shape:
        return None
    squares = float(((x - t) ** 2).sum())
    for factor in (1.0, 0.5):
        for count in (1, len(x), x.size, x.shape[1]):
            if math.isclose(loss, factor * squares / count, rel_tol=1e-6):
                return Judgement("squared error", True)
    evidence = {"loss": loss, "sum of squares": squares}
    if math.isclose(loss, float(np.abs(x - t).sum()), rel_tol=1e-6):
        return Judgement("squared error", False, "absolute-error", evidence)
    return Judgement("squared error", False, "not-squared-error", evidence)


def _factor(loss: float, expected: float, shape: tuple[int, ...]) -> str:
    """ "1" where the two agree, the name of the factor between them where it is a plain one, else ""."""
    n, k = shape
    for name, factor in {
        "1": 1.0,
        f"N = {n}": n,
        f"1/N = 1/{n}": 1 / n,
        f"1/K = 1/{k}": 1 / k,
        "2": 2.0,
        "1/2": 0.5,
    }.items():
        if math.isclose(loss, factor * expected, rel_tol=2e-5):
            return name
    return ""


def _rows(t: Array, shape: tuple[int, ...]) -> Array | None:
    if t.shape == shape:
        return t.astype(np.float64)
    if t.ndim == 1 and t.shape == shape[:1] and t.dtype.kind in "iu":
        return np.eye(shape[1])[t]
    return None


def _value(operation: Operation, x: Array, permuted: bool = False) -> float:
    """The loss; with `permuted`, that of the scores' rows in another order, which the labels did not follow."""
    x = np.roll(x, 1, axis=0) if permuted else x
    return float(np.asarray(operation.forward(x.copy())).reshape(-1)[0])
