"""A softmax and its cross-entropy fused for the way back alone: `backward(dvalues, y_true)` and no forward.

What goes in are the probabilities; what comes out is the gradient of the scores before them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import OUTPUT
from backproof.subjects.label_forms import BOTH_FORMS, tells_apart
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial.fused_heads import way_back
from backproof.subjects.trial.one_loss import LossTrial, softmax
from backproof.subjects.tried import SampleError

_FORMS = ("indices", "one-hot")


def subject(item: Any) -> Layerlike:
    """The head as the softmax with the mean cross-entropy behind it; SampleError where it takes no labels."""
    tried: list[tuple[LossTrial, Layerlike]] = []
    refused: Exception | None = None
    for form in _FORMS:
        try:
            tried.append(_with(item, form))
        except Exception as error:  # another form of labels
            refused = refused or error
    if not tried:
        raise SampleError(f"no probabilities and labels were found that {type(item).__name__} takes", refused)
    tried.sort(key=lambda each: not each[0].fits)
    found = tried[0][1]
    if len(tried) > 1 and tells_apart(tried[0][0].back):
        found.also, found.also_words = tried[1][1], BOTH_FORMS
    return found


def _with(item: Any, form: str) -> tuple[LossTrial, Layerlike]:
    """The head with one form of labels; raises where it does not take it."""
    back = way_back(item)
    assert back is not None
    trial = LossTrial(type(item).__name__, item, _cross_entropy, back, (1, 1), OUTPUT, form, True)
    words = f"a softmax with its loss that goes back alone, labels: {form}"
    here = Snapshot(item)
    try:
        trial.operation(3, np.random.default_rng(0)).backward(1.0)  # type: ignore[misc]
        words += trial.understand()
    finally:
        here.restore()
    if not trial.fused:
        trial.head, trial.fused = softmax, True

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        return replace(trial.operation(samples, rng), source={"backward": back}, words=())

    return trial, Layerlike(trial.name, words, operation, item)


def _cross_entropy(y_pred: Array, y_true: Array) -> float:
    at = y_true.argmax(axis=1) if y_true.ndim == 2 else y_true
    return float(-np.mean(np.log(y_pred[np.arange(len(at)), at])))
