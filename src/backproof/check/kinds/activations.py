"""Activations that act on each entry alone, and the softmax of a row."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable

import numpy as np

from backproof.check.formulas import mistaken_softmaxes, sigmoid, softmax
from backproof.check.kinds.judgement import Judgement, close, modest, named, output
from backproof.check.values import few
from backproof.protocols import Array
from backproof.subjects.subject import Operation

Formula = Callable[[Array], Array]


ROWS = re.compile(r"dot\(\s*(self\.)?(x|z|a|inputs?|X)\w*\s*,|\b(x|z|a|inputs?|X)\w*\s*@\s*(self\.)?(W|w)")
COLUMNS = re.compile(r"dot\(\s*(self\.)?(W|w|weights?)\w*\s*,|\b(W|w|weights?)\w*\s*@")


def _rows_by_source(operation: Operation) -> bool:
    """Whether its file multiplies inputs by weights (rows are samples) more often than the reverse: a hint."""
    try:
        text = inspect.getsource(sys.modules[operation.source["forward"].__module__])
    except (KeyError, OSError, TypeError, AttributeError):
        return False
    return len(ROWS.findall(text)) > len(COLUMNS.findall(text))


OTHER_LAYER = r"affine|conv|linear_|_linear|dense"
OTHER_RELU = (
    rf"leaky|lrelu|l_relu|crelu|prelu|[^r]elu|^elu|relu6|relu_?n|_fc|fc_|batch|norm|pool|bn_|{OTHER_LAYER}"
)
OTHER = rf"hard|log_?sig|swish|silu|loss|cross|bce|with|lecun|scaled|{OTHER_LAYER}"
# name pattern, what excludes it, the formula, and the well-known ways to get it wrong
ELEMENTWISE: tuple[tuple[str, str, str, Formula, dict[str, Formula]], ...] = (
    (
        "relu",
        r"relu",
        OTHER_RELU,
        lambda x: np.maximum(x, 0),
        {
            "absolute-value": np.abs,
            "relu-sign-flipped": lambda x: np.minimum(x, 0),
            "relu-not-applied": lambda x: x,
            "relu-of-minus-x": lambda x: np.maximum(-x, 0),
            "relu-as-step": lambda x: (x > 0).astype(np.float64),
            "relu-lets-negatives-through": lambda x: np.where(x > 0, x, 0.01 * x),
        },
    ),
    (
        "sigmoid",
        r"sigmoid|logistic",
        OTHER,
        sigmoid,
        {
            "sigmoid-missing-parentheses": lambda x: 1 / 1 + np.exp(-x),
            "sigmoid-sign-flipped": lambda x: sigmoid(-x),
            "sigmoid-scaled-input": lambda x: sigmoid(2 * x),
            "sigmoid-is-tanh": np.tanh,
            "sigmoid-minus-one": lambda x: 1 / (1 - np.exp(-x)),
        },
    ),
    (
        "tanh",
        r"tanh",
        OTHER,
        np.tanh,
        {
            "tanh-is-sigmoid": sigmoid,
            "tanh-sign-flipped": lambda x: -np.tanh(x),
            "tanh-scaled-input": lambda x: np.tanh(x / 2),
        },
    ),
    ("identity", r"^identity", "(?!)", lambda x: x, {"identity-sign-flipped": lambda x: -x}),
    ("step", r"^step_function|^heaviside", "(?!)", lambda x: (x > 0).astype(np.float64), {}),
)


_OWN = {
    "relu": "relu",
    "sigmoid": "sigmoid|logistic",
    "tanh": "tanh|hyperbolic|tangent",
    "identity": "identity|linear",
    "step": "step|heaviside",
}


def judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    """ReLU, sigmoid, tanh, identity, step; softmax over the last axis."""
    if operation.is_loss or len(operation.x) != 1:
        return None
    x = operation.x[0]
    if named(operation, r"softmax", r"log|loss|cross|gumbel|with|entropy"):
        return modest(_judge_softmax(operation, x), operation, "soft|max", settings=False)
    if named(operation, r"leaky", r"grad|deriv|prime|back"):
        return modest(_judge_leaky(operation, rng), operation, "leaky|re?lu")
    for kind, pattern, unless, formula, mistakes in ELEMENTWISE:
        if named(operation, pattern, rf"{unless}|grad|deriv|prime|back"):
            judgement = _judge_elementwise(operation, rng, kind, formula, mistakes)
            return modest(judgement, operation, _OWN[kind], settings=False)
    return None


def _judge_elementwise(
    operation: Operation, rng: np.random.Generator, kind: str, formula: Formula, mistakes: dict[str, Formula]
) -> Judgement:
    x = rng.normal(0, 1.5, operation.x[0].shape)
    y, expected = output(operation, x), formula(x)
    if close(y, expected):
        return Judgement(kind, True, reference=expected)
    evidence = {"x": few(x), "output": few(y), "expected": few(expected)}
    for cause, mistake in mistakes.items():
        with np.errstate(all="ignore"):
            if close(y, mistake(x)):
                return Judgement(kind, False, cause, evidence)
    return Judgement(kind, False, f"not-{kind}", evidence)


def _judge_leaky(operation: Operation, rng: np.random.Generator) -> Judgement:
    """x above zero, a x below with one slope a between 0 and 1."""
    x = rng.normal(0, 1.5, operation.x[0].shape)
    y = output(operation, x)
    slopes = y[x < 0] / x[x < 0]
    constant = slopes.size == 0 or (np.ptp(slopes) <= 1e-9 and slopes.min() >= 0 and slopes.max() < 1)
    right = bool(constant) and close(y[x > 0], x[x > 0])
    return Judgement("leaky relu", right, "not-relu", {"x": few(x), "output": few(y)})


def _judge_softmax(operation: Operation, x: Array) -> Judgement:
    y = output(operation, x)
    if y.shape != x.shape or x.ndim < 2:
        return Judgement("softmax", close(y, softmax(x)) if y.shape == x.shape else False, "not-softmax")
    if close(y, softmax(x)):
        return Judgement("softmax", True)
    if x.ndim == 2 and close(y, softmax(x, 0, 0)) and close(y.sum(axis=0), np.ones(x.shape[1])):
        # Samples in columns is a layout; with one row a sample it is the wrong axis.
        if not operation.batch_first and not _rows_by_source(operation):
            return Judgement("softmax", True)
        return Judgement("softmax", False, "softmax-wrong-axis", {"row sums": few(y.sum(axis=-1))})
    evidence = {"row sums": few(y.sum(axis=-1)), "expected": [1.0] * min(len(y), 4)}
    if x.ndim == 2:
        for cause, mistaken in mistaken_softmaxes(x):
            if close(y, mistaken):
                return Judgement("softmax", False, cause, evidence)
    elif close(y, softmax(x, None, None)):
        return Judgement("softmax", False, "softmax-over-batch", evidence)
    if close(y, np.exp(x)) or close(y, np.exp(x - x.max(axis=-1, keepdims=True))):
        return Judgement("softmax", False, "softmax-not-normalised", evidence)
    return Judgement("softmax", False, "not-softmax", evidence)
