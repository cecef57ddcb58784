"""Losses of other habits: `backward(y_pred, y_true)`, `loss` with `gradient`, dx in an attribute, either order.

Scores that a probability is wanted of are probabilities; what comes back is compared with the loss's own slope.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import itertools
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.subjects.argument_roles import OUTPUT
from backproof.subjects.label_forms import BOTH_FORMS, tells_apart
from backproof.subjects.own_source import text_of
from backproof.subjects.signatures import required
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike
from backproof.subjects.trial import entries
from backproof.subjects.trial.one_loss import WIDE, LossTrial, has_softmax, takes_labels, takes_z
from backproof.subjects.trial.roles import fill, role
from backproof.subjects.tried import SampleError

_VALUE = (
    "forward", "loss", "__call__", "calculate", "compute", "calc", "call", "fn", "cost", "compute_loss", "value",
)  # fmt: skip
_BACK = re.compile(
    r"^(backward(_?pass)?|gradient|grad|prime|d\w*v\w*t\w*|backprop|delta|deriv|der|d|df|diff|dloss|d_loss|acc_grad"
    r"|(loss|compute|calculate|get|calc)_?(grad\w*|prime|der\w*)|back(ward)?_?prop\w*|__?backward)$",
    re.IGNORECASE,
)  # derivative, however it is spelt


def matches(item: object) -> bool:
    """A value from scores and labels, and a way back that takes both or neither."""
    if inspect.isclass(item) or inspect.isroutine(item):
        return False
    value, back = _methods(item)
    if value is None or back is None:
        return False
    given = required(value)
    goes_back = len(required(back)) in (0, 2) or takes_labels(back) or takes_z(back)
    goes_back = goes_back or isinstance(value, _InTwoCalls)
    return len(given) == 2 and goes_back and _labels_at(given) is not None


def is_told(item: object) -> bool:
    """Whether a loss is told its labels by a method of their own, before it or after it has gone forward."""
    return isinstance(_methods(item)[0], _InTwoCalls)


def _methods(item: object) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    found = entries.methods(item)
    value = next((found[name] for name in _VALUE if name in found), None)
    value = value or next(iter(entries.matching(found, entries.FORWARD)), None)
    named = [f for name, f in found.items() if _BACK.match(name)] + entries.matching(found, entries.BACKWARD)
    back = next((f for f in named if not entries.refuses(f)), next(iter(named), None))
    setter = next((f for name, f in found.items() if _SETS_LABELS.match(name) and len(required(f)) == 1), None)
    if value is not None and setter is not None and len(required(value)) == 1:
        value = _InTwoCalls(setter, value, labels_first=True)
    forward = next(iter(entries.matching(found, entries.FORWARD)), None)
    asked = next((f for name, f in found.items() if _GIVES_LOSS.match(name) and len(required(f)) == 1), None)
    plain = back is not None and not required(back) and forward is not None and len(required(forward)) == 1
    if plain and forward is not None and asked is not None and role(required(asked)[0]) != "x":
        value = _InTwoCalls(forward, asked, labels_first=False)
    return value, back


_SETS_LABELS = re.compile(r"^set_?\w*(target|label|truth|y_true)s?$", re.IGNORECASE)
_GIVES_LOSS = re.compile(r"^(get|compute|calc\w*)?_?(loss|cost)$", re.IGNORECASE)


class _InTwoCalls:
    """The value of a loss of two methods: `set_target(t)` and `forward(y)`, or `forward(y)` and `get_loss(t)`."""

    def __init__(self, first: Callable[..., Any], value: Callable[..., Any], *, labels_first: bool) -> None:
        self.first, self.value, self.labels_first = first, value, labels_first
        self.__name__ = f"{first.__name__}, {value.__name__}"

    def __call__(self, scores: Any, t: Any) -> Any:
        self.first(t if self.labels_first else scores)
        return self.value(scores if self.labels_first else t)


def value_of(item: object) -> Callable[[Any, Any], Any] | None:
    """The loss's value as a function of scores and labels, in this order; None where it has none."""
    value, _ = _methods(item)
    at = _labels_at(required(value)) if value is not None and len(required(value)) == 2 else None
    if value is None or at is None:
        return None

    def of(scores: Any, t: Any) -> Any:
        arguments = [t, scores] if at == 0 else [scores, t]
        named = dict(zip(required(value), arguments, strict=True))
        return value(*(fill(value, {"training": True}, named) or arguments))

    return of


def _labels_at(names: list[str]) -> int | None:
    """Which of two arguments is the labels: 0 or 1; None where no name says so."""
    roles = [role(name) for name in names]
    if roles.count("t") == 1:
        return roles.index("t")
    if roles.count("t") == 2:  # y and t, y and y_true
        return next((i for i, name in enumerate(names) if name.lower() not in ("y", "yhat")), 1)
    guessed = [re.search("pred|hat|guess|prob|logit|score", name, re.IGNORECASE) is not None for name in names]
    return 1 - guessed.index(True) if guessed.count(True) == 1 == len(names) - 1 else None


def subject(item: Any) -> Layerlike:
    """The loss as a Layerlike; SampleError where it takes no scores and labels."""
    value, back = _methods(item)
    assert value is not None
    assert back is not None
    _receive(item, back)
    return loss_of_two(type(item).__name__, item, value, back)


class _Receiver:
    """Stands where a loss expects the network that it hands its gradient to, and keeps what it is handed."""

    def __init__(self, method: str) -> None:
        self.gradient: Any = None
        setattr(self, method, self._receive)

    def _receive(self, gradient: Any, *_: Any) -> None:
        self.gradient = gradient


def _receive(item: Any, back: Callable[..., Any]) -> None:
    """Put a receiver where a loss's backward hands on to an attribute that is None: `self.model.backward(g)`."""
    for name, method in re.findall(r"self\.(\w+)\.(\w+)\(", text_of(back)):
        if getattr(item, name, ...) is None and entries.BACKWARD.match(method):
            setattr(item, name, _Receiver(method))


def fused(item: Any) -> Layerlike | None:
    """The loss with the softmax or sigmoid that its gradient counts in; None where it counts in none.

    None too where its name promises that softmax: then it has forgotten it.
    """
    if "softmax" in type(item).__name__.lower():
        return None
    try:
        found = subject(item)
    except SampleError:
        return None
    return found if "judged together" in found.understood else None


def is_pair(value: Callable[..., Any], back: Callable[..., Any]) -> bool:
    """`mse(y_true, y_pred)` and `mse_prime(y_true, y_pred)`."""
    given = required(value)
    return len(given) == 2 == len(required(back)) and _labels_at(given) is not None


def pair_subject(value: Callable[..., Any], back: Callable[..., Any]) -> Layerlike:
    """Two functions of scores and labels as one loss."""
    return loss_of_two(value.__name__, None, value, back)


def loss_of_two(name: str, item: object, value: Callable[..., Any], back: Callable[..., Any]) -> Layerlike:
    """The value of scores and labels with its way back, of an object or not, as one loss; else SampleError."""
    at = _labels_at(required(value))
    back_at = _labels_at(required(back)) if required(back) else None
    back_at = at if back_at is None or takes_z(back) else back_at
    rng = np.random.default_rng(0)
    error: Exception | None = None
    first: Layerlike | None = None
    inside = has_softmax(value)  # its own softmax: meant for a batch
    wide = WIDE.search(name) is not None
    binary = _BINARY.search(name) is not None
    for width, form, probabilities, lone in sorted(
        _HABITS, key=lambda habit: (binary and habit[0] > 1, wide and habit[2])
    ):
        if wide and lone and probabilities:
            continue
        one_index = lone and form == "indices"  # `-log(p[t])`: where nothing goes with several
        if (one_index and first is not None) or (
            not one_index and (lone != (first is not None) or (lone and inside))
        ):
            continue
        loss = LossTrial(name, item, value, back, (at or 0, back_at or 0), width, form, probabilities)
        loss.lone, loss.spread = lone, 3.0 if wide else 1.0
        snapshot = Snapshot(item)
        try:
            loss.operation(3, rng).backward(1.0)  # type: ignore[misc]
            words = f"a loss: {value.__name__} and {back.__name__}, labels: {form}{loss.understand()}"
            fits = loss.fits
        except Exception as refused:  # another form of labels
            error = error or refused
            continue
        finally:
            snapshot.restore()
        if fits:
            alone = ", one vector at a time" if form == "indices" else ", one column at a time"
            found = Layerlike(name, words + (alone if lone else ""), loss.operation, item)
            found.also = None if lone or width == 1 or form != "one-hot" else _in_indices(loss)
            found.also_words = BOTH_FORMS
            return found
        first = first or Layerlike(name, words, loss.operation, item)
    for probabilities in (False, True) if _speaks_of_columns(value) else ():
        loss = LossTrial(name, item, value, back, (at or 0, back_at or 0), OUTPUT, "one-hot", probabilities)
        loss.columns = True
        snapshot = Snapshot(item)
        with contextlib.suppress(Exception):  # it takes no columns
            words = f"a loss: {value.__name__} and {back.__name__}, labels: one-hot{loss.understand()}"
            if loss.fits:
                return Layerlike(name, f"{words}, samples in columns", loss.operation, item)
        snapshot.restore()
    if first is not None:
        return first
    loss = LossTrial(name, item, value, back, (at or 0, back_at or 0), OUTPUT, "one-hot", False)
    loss.loose, loss.spread = True, 3.0 if wide else 1.0
    snapshot = Snapshot(item)
    with contextlib.suppress(Exception):  # it takes no such scores and labels
        if loss.operation(3, rng).backward(1.0):  # type: ignore[misc]
            words = f"a loss: {value.__name__} and {back.__name__}, labels: one-hot"
            return Layerlike(name, words, loss.operation, item)
    snapshot.restore()
    raise SampleError(
        f"no scores and labels were found that {name} takes; the first try ended with "
        f"{type(error).__name__}: {error}",
        error,
    )


def _in_indices(loss: LossTrial) -> Layerlike | None:
    """The loss that was understood with one-hot rows, with class indices, where its code knows and takes both."""
    if not tells_apart(loss.back):
        return None
    other = copy.copy(loss)
    other.form = "indices"
    try:
        other.operation(3, np.random.default_rng(0))
    except Exception:  # it knows another difference than this
        return None
    words = f"a loss: {loss.value.__name__} and {loss.back.__name__}, labels: indices"
    return Layerlike(loss.name, words, other.operation, loss.item)


def _speaks_of_columns(value: Callable[..., Any]) -> bool:
    """Whether a loss counts its samples along the second axis."""
    return re.search(r"\.shape\[(1|-1)\]", text_of(value)) is not None


_BINARY = re.compile(r"binary|bce", re.I)  # of one output
_DIGITS = 10  # classes, written into the code
# (outputs, labels, whether scores are probabilities, whether one sample at a time), the likeliest first
_HABITS = [
    *itertools.product((OUTPUT, 1, _DIGITS), ("one-hot", "indices"), (True, False), (False,)),
    (OUTPUT, "one-hot", True, True),
    *((OUTPUT, "indices", probabilities, True) for probabilities in (True, False)),
]
