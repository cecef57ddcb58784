"""Losses: softmax with cross entropy, cross entropy of probabilities, squared error, hinge loss."""

from __future__ import annotations

import inspect
import math
import re

import numpy as np

from backproof.check.formulas import mistaken_softmaxes, softmax
from backproof.check.kinds.judgement import Judgement, close, modest, named
from backproof.check.values import few
from backproof.protocols import Array
from backproof.subjects.own_source import text_of
from backproof.subjects.signatures import parameters
from backproof.subjects.subject import Operation

EPSILONS = (
    0.0,
    *(10.0**-k for k in range(4, 17)),
    float(np.finfo(np.float64).eps),
    float(np.finfo(np.float64).tiny),
)


def judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    """Softmax with loss, cross entropy, mean squared error, by name and by value."""
    if not operation.is_loss or len(operation.x) != 1 or len(operation.constants) == 0:
        return None
    x = operation.x[0]
    t = next((np.asarray(v) for v in operation.constants.values() if isinstance(v, np.ndarray)), None)
    if t is None or x.ndim != 2:
        return None
    if named(operation, r"square|mse|l2|euclid|(?<![a-z])sse|sse(?![a-z])"):
        squares = modest(_judge_squares(x, t, _value(operation, x)), operation, f"{_LOSS}|{_SQUARES}")
        rooted = not named(operation, r"square|mse|sse")  # "L2" and "Euclidean" may be the root of the squares
        return squares if squares is None or squares.right or not rooted else None
    rows = _rows(t, x.shape)
    if rows is None:
        return None
    if named(operation, r"svm|hinge"):
        return modest(_judge_hinge(_value(operation, x), x, rows), operation, f"{_LOSS}|svm|hinge|multi")
    if named(operation, r"softmax"):
        scores = rng.normal(0, 1.5, x.shape)
        judgement = _judge_softmax_loss(operation, scores, rows)
        return modest(judgement, operation, f"{_LOSS}|{_ENTROPY}", settings=False)
    if named(operation, r"cross|entropy|nll|log_?loss|loss"):
        found = _judge_cross_entropy(operation, rng, x, rows)
        return modest(found, operation, f"{_LOSS}|{_ENTROPY}", settings=False)
    return None


_LOSS = "loss|cost|error|objective"
_SQUARES = "mean|sum|of|squared?s?|[ms]se|euclid|ean|half|l"
_ENTROPY = (
    "soft|max|cross|x?ent|ropy|ce|[bc]ce|binary|categorical|sparse|multi|class|nll|log|lik(?:eli)?hood|with|and"
    "|logits|neg|ative|logistic|sigmoid"
)


def cross_entropy_gradient(x: Array, t: Array) -> Array:
    """(softmax(x) Σₖ tₖ − t) / N: what a softmax with cross entropy sends back, exactly."""
    gradient: Array = (softmax(x) * t.sum(axis=1, keepdims=True) - t) / len(x)
    return gradient


def labels_of(operation: Operation, shape: tuple[int, ...]) -> Array | None:
    """The labels that are bound into a loss, as rows that fit scores of this shape."""
    t = next((np.asarray(v) for v in operation.constants.values() if isinstance(v, np.ndarray)), None)
    return _rows(t, shape) if operation.is_loss and t is not None and len(shape) == 2 else None


def exact_gradient(operation: Operation, judgement: Judgement, x: Array) -> Array | None:
    """The gradient of the loss without the epsilon inside its logarithm, where the kind is known."""
    rows = labels_of(operation, x.shape)
    if rows is None:
        return None
    scale = {"1": 1.0, f"N = {len(x)}": float(len(x))}.get(judgement.scale)
    if scale is None:
        return None
    if judgement.kind == "softmax loss":
        return scale * cross_entropy_gradient(x, rows)
    return -scale * rows / x / len(x) if judgement.kind == "cross entropy" else None


def mean_cross_entropy(p: Array, t: Array) -> float | None:
    """The mean of −log p of the right classes; None where p are no probabilities, or t does not go with them."""
    if p.ndim != 2 or not np.allclose(p.sum(axis=1), 1.0) or not np.all(p > 0):
        return None
    rows = _rows(t, p.shape)
    return None if rows is None else _cross_entropy(p, rows)


def epsilon_inside(loss: float, p: Array, t: Array) -> float | None:
    """The ε for which the loss is the mean of −log(p + ε), or None: the loss is another, or there is no ε."""
    rows = _rows(t, p.shape) if p.ndim == 2 else None
    if rows is None or not np.allclose(p.sum(axis=1), 1.0) or not np.all(p > 0):
        return None
    exact = _cross_entropy(p, rows)
    for epsilon in EPSILONS[1:]:
        value = _cross_entropy(p + epsilon, rows)
        if value != exact and math.isclose(loss, value, rel_tol=1e-12):
            return epsilon
    return None


def log_rows(t: Array, shape: tuple[int, ...]) -> Array:
    """−t / N as rows: the cotangent of log p in the mean cross entropy."""
    rows = _rows(t, shape)
    assert rows is not None
    return -rows / len(rows)


def _judge_softmax_loss(operation: Operation, x: Array, t: Array) -> Judgement:
    loss, p = _value(operation, x), softmax(x)
    expected = _cross_entropy(p, t)
    scale = _scale(loss, p, t)
    if scale:
        return Judgement("softmax loss", True, scale=scale, reference=expected)
    evidence: dict[str, object] = {"loss": loss, "expected": expected}
    probabilities = getattr(operation.owner, "y", None)
    if isinstance(probabilities, np.ndarray) and probabilities.shape == x.shape:
        evidence["row sums"] = few(probabilities.sum(axis=-1))
    labels = np.roll(t, 1, axis=1)
    for cause, probability, rows in (
        *((cause, mistaken, t) for cause, mistaken in mistaken_softmaxes(x)),
        ("labels-off-by-one", p, labels),
        ("labels-off-by-one", p, np.roll(t, -1, axis=1)),
        ("softmax-forgotten", np.maximum(x, 0), t),
        ("first-row-only", p[:1], t[:1]),
        ("softmax-not-normalised", np.exp(x), t),
        ("softmax-not-normalised", np.exp(x - x.max(axis=1, keepdims=True)), t),
        ("softmax-not-normalised", np.exp(x - x.max()), t),
    ):
        if _scale(loss, probability, rows):
            if cause in ("softmax-over-batch", "softmax-wrong-axis"):
                evidence.setdefault("row sums", few(probability.sum(axis=-1)))
            return Judgement("softmax loss", False, cause, evidence)
    cause = _mistaken_logarithm(loss, p, t)
    if cause == "sign-flipped" and _holds(operation, 1 / p):
        cause = ""  # −log(1/p): not the sign, the quotient is the wrong way round
    return Judgement("softmax loss", False, cause or "not-softmax-loss", evidence)


def _holds(operation: Operation, value: Array) -> bool:
    """Whether the object remembers this array after its forward."""
    held = vars(operation.owner).values() if hasattr(operation.owner, "__dict__") else ()
    return any(isinstance(v, np.ndarray) and v.dtype.kind == "f" and close(v, value) for v in held)


def _judge_cross_entropy(operation: Operation, rng: np.random.Generator, x: Array, t: Array) -> Judgement | None:
    """Cross entropy of probabilities, of two classes each or of one among many; or of scores after all."""
    loss = _value(operation, x)
    if np.all(x > 0) and np.all(x < 1):
        scale = _scale(loss, x, t)
        if scale:
            return Judgement("cross entropy", True, scale=scale)
        scale = _factor(loss, _cross_entropy(x, t) + _cross_entropy(1 - x, 1 - t), x.shape)
        if scale:
            return Judgement("binary cross entropy", True, scale=scale)
        cause = _mistaken_logarithm(loss, x, t)
        if cause == "log-forgotten" and _takes_logarithms(operation):
            return None
        if cause:
            return Judgement("cross entropy", False, cause, {"loss": loss, "expected": _cross_entropy(x, t)})
    judgement = _judge_softmax_loss(operation, rng.normal(0, 1.5, x.shape), t)
    promised = named(operation, r"cross|entropy|nll|log_?loss")
    judgement.tentative = judgement.cause == "not-softmax-loss"
    return judgement if judgement.right or promised else None


def _takes_logarithms(operation: Operation) -> bool:
    """Whether a loss may be handed logarithms: a likelihood, by its argument's name, beside a log-softmax."""
    forward = inspect.unwrap(operation.source["forward"])
    beside = text_of(inspect.getmodule(forward))
    return (
        named(operation, r"nll|likelihood")
        or any(re.match(r"log(?!its?($|_|[A-Z]))", name, re.IGNORECASE) for name in parameters(forward))
        or re.search(r"log_?softmax", beside, re.IGNORECASE) is not None
    )


def _cross_entropy(p: Array, t: Array, epsilon: float = 0.0) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(t == 0, 0.0, t * np.log(p + epsilon))
    return -float(terms.sum()) / len(p)


def _scale(loss: float, p: Array, t: Array) -> str:
    """The factor between the loss and the cross entropy of p with any usual epsilon inside; "" where none fits."""
    for epsilon in EPSILONS:
        for probability in (p + epsilon, np.maximum(p, epsilon)):
            scale = _factor(loss, _cross_entropy(probability, t), p.shape)
            if scale:
                return scale
    return ""


def _mistaken_logarithm(loss: float, p: Array, t: Array) -> str:
    expected = _cross_entropy(p, t)
    for cause, value in {
        "log10": expected / math.log(10),
        "log2": expected / math.log(2),
        "sign-flipped": -expected,
        "log-forgotten": -float((t * p).sum()) / len(p),
        "ignores-labels": _cross_entropy(p, np.ones_like(t)),
    }.items():
        if _factor(loss, value, p.shape, 1e-4):
            return cause
    return ""


def _judge_squares(x: Array, t: Array, loss: float) -> Judgement | None:
    if t.shape != x.shape:
        return None
    squares = float(((x - t) ** 2).sum())
    n, k = x.shape
    for usual in (squares / (2 * n), squares / x.size, squares / (2 * x.size), squares):
        if math.isclose(loss, usual, rel_tol=1e-6):
            return Judgement("squared error", True)
    for scale, value in {
        f"N = {n}": squares / 2,
        "2": squares / n,
        "4": 2 * squares / n,
        f"N/K = {n}/{k}": squares / (2 * k),
        f"2N/K = {2 * n}/{k}": squares / k,
        f"2N² = {2 * n * n}": squares * n,
        f"N² = {n * n}": squares * n / 2,
    }.items():  # of ½ Σ (y − t)² / N, whose gradient is (y − t) / N
        if math.isclose(loss, value, rel_tol=1e-6):
            return Judgement("squared error", True, scale=scale)
    evidence = {"loss": loss, "sum of squares": squares}
    for first in ((x - t[:1], len(x)), (x[:1] - t[:1], 1)):
        rest, rows = first
        total = float((rest**2).sum())
        if any(math.isclose(loss, f * total / c, rel_tol=1e-6) for f in (1.0, 0.5) for c in (1, rows, rest.size)):
            return Judgement("squared error", False, "first-row-only", evidence | {"expected": squares / len(x)})
    if math.isclose(loss, float(np.abs(x - t).sum()), rel_tol=1e-6):
        return Judgement("squared error", False, "absolute-error", evidence)
    return Judgement("squared error", False, "not-squared-error", evidence)


def _judge_hinge(loss: float, x: Array, t: Array) -> Judgement:
    """Σ max(0, s − s of the right class + Δ), the right class counted or not, squared, or the largest alone."""
    evidence: dict[str, object] = {"loss": loss}
    for distance in (1.0, 0.5, 2.0, 0.1, 10.0):
        margins = np.maximum(0.0, x - (x * t).sum(axis=1, keepdims=True) + distance)
        others = margins * (1 - t)
        evidence.setdefault("expected", float(others.sum()))
        for sums in (others, margins, others**2, margins**2, others.max(axis=1), margins.max(axis=1)):
            scale = _factor(loss, float(sums.sum()) / len(x), x.shape)
            if scale:
                return Judgement("hinge loss", True, scale=scale)
    return Judgement("hinge loss", False, "not-hinge-loss", evidence, tentative=True)


def _factor(loss: float, expected: float, shape: tuple[int, ...], tolerance: float = 1e-6) -> str:
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
        if math.isclose(loss, factor * expected, rel_tol=tolerance):
            return name
    return ""


def _rows(t: Array, shape: tuple[int, ...]) -> Array | None:
    if t.shape == shape:
        return t.astype(np.float64)
    if t.ndim == 1 and t.shape == shape[:1] and t.dtype.kind in "iu":
        return np.eye(shape[1])[t]
    return None


def _value(operation: Operation, x: Array) -> float:
    return float(np.asarray(operation.forward(x.copy())).reshape(-1)[0])
