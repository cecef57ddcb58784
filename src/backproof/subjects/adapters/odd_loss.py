"""Losses of other habits: `backward(y_pred, y_true)`, `loss` with `gradient`, dx in an attribute, either order.

Scores that a probability is wanted of are probabilities; what comes back is compared with the loss's own slope.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import itertools
import math
import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import OUTPUT
from backproof.subjects.label_forms import BOTH_FORMS, tells_apart
from backproof.subjects.own_source import text_of
from backproof.subjects.samples import SampleError
from backproof.subjects.select import functions_used
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial import entries
from backproof.subjects.trial.matching import left_behind, ratio
from backproof.subjects.trial.roles import fill, key, parameters, role

_VALUE = ("forward", "loss", "__call__", "calculate", "compute", "calc", "call", "fn", "cost", "compute_loss")
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
    given = _given(value)
    goes_back = len(_given(back)) in (0, 2) or takes_labels(back) or _takes_z(back) or isinstance(value, _Told)
    return len(given) == 2 and goes_back and _labels_at(given) is not None


def is_told(item: object) -> bool:
    """Whether a loss is told its labels by a method of their own."""
    return isinstance(_methods(item)[0], _Told)


def takes_labels(back: Callable[..., Any]) -> bool:
    """Whether this backward is given the labels alone; the scores it has kept."""
    return [role(name) for name in _given(back)] == ["t"]


def _takes_z(back: Callable[..., Any]) -> bool:
    """Whether this backward is given what comes before the activation: Nielsen's `delta(z, a, y)`."""
    names = _given(back)
    rest = [role(name) for name in names if not _is_z(name)]
    return len(rest) == len(names) - 1 and rest.count("t") == 1 and len(rest) <= 2


def _is_z(name: str) -> bool:
    return key(name) in ("z", "zs", "zl", "weightedinput")


def _methods(item: object) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    found = entries.methods(item)
    value = next((found[name] for name in _VALUE if name in found), None)
    value = value or next(iter(entries.matching(found, entries.FORWARD)), None)
    named = [f for name, f in found.items() if _BACK.match(name)] + entries.matching(found, entries.BACKWARD)
    back = next((f for f in named if not entries.refuses(f)), next(iter(named), None))
    setter = next((f for name, f in found.items() if _SETS_LABELS.match(name) and len(_given(f)) == 1), None)
    if value is not None and setter is not None and len(_given(value)) == 1:
        value = _Told(value, setter)
    return value, back


_SETS_LABELS = re.compile(r"^set_?\w*(target|label|truth|y_true)s?$", re.IGNORECASE)


class _Told:
    """The value of a loss that is told its labels by a method of their own: `set_target(t)`, then `forward(y)`."""

    def __init__(self, value: Callable[..., Any], setter: Callable[..., Any]) -> None:
        self.value, self.setter = value, setter
        self.__name__ = f"{setter.__name__}, {value.__name__}"

    def __call__(self, scores: Any, t: Any) -> Any:
        self.setter(t)
        return self.value(scores)


def value_of(item: object) -> Callable[[Any, Any], Any] | None:
    """The loss's value as a function of scores and labels, in this order; None where it has none."""
    value, _ = _methods(item)
    at = _labels_at(_given(value)) if value is not None and len(_given(value)) == 2 else None
    if value is None or at is None:
        return None

    def of(scores: Any, t: Any) -> Any:
        arguments = [t, scores] if at == 0 else [scores, t]
        named = dict(zip(_given(value), arguments, strict=True))
        return value(*(fill(value, {"training": True}, named) or arguments))

    return of


def _given(function: Callable[..., Any]) -> list[str]:
    return [name for name, needed in parameters(function).items() if needed]


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
    return _loss(type(item).__name__, item, value, back)


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
    given = _given(value)
    return len(given) == 2 == len(_given(back)) and _labels_at(given) is not None


def pair_subject(value: Callable[..., Any], back: Callable[..., Any]) -> Layerlike:
    """Two functions of scores and labels as one loss."""
    return _loss(value.__name__, None, value, back)


def _loss(name: str, item: object, value: Callable[..., Any], back: Callable[..., Any]) -> Layerlike:
    at = _labels_at(_given(value))
    back_at = _labels_at(_given(back)) if _given(back) else None
    back_at = at if back_at is None or _takes_z(back) else back_at
    rng = np.random.default_rng(0)
    error: Exception | None = None
    first: Layerlike | None = None
    inside = _has_softmax(value)  # its own softmax: meant for a batch
    wide = _WIDE.search(name) is not None
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
        loss = _OddLoss(name, item, value, back, (at or 0, back_at or 0), width, form, probabilities)
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
        loss = _OddLoss(name, item, value, back, (at or 0, back_at or 0), OUTPUT, "one-hot", probabilities)
        loss.columns = True
        snapshot = Snapshot(item)
        with contextlib.suppress(Exception):  # it takes no columns
            words = f"a loss: {value.__name__} and {back.__name__}, labels: one-hot{loss.understand()}"
            if loss.fits:
                return Layerlike(name, f"{words}, samples in columns", loss.operation, item)
        snapshot.restore()
    if first is not None:
        return first
    loss = _OddLoss(name, item, value, back, (at or 0, back_at or 0), OUTPUT, "one-hot", False)
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


def _in_indices(loss: _OddLoss) -> Layerlike | None:
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


def _kept_scores(item: Any) -> list[str]:
    """Where the object, or a softmax in it, may keep what its scores became: `output`, `softmax.output`."""
    held = getattr(item, "__dict__", {})
    owners = {"": item} | {f"{n}.": v for n, v in held.items() if hasattr(v, "__dict__")}
    names = ("output", "y", "probs", "out", "y_hat")
    return [f"{at}{name}" for at, owner in owners.items() for name in names if hasattr(owner, name)]


def _left_in(item: Any, samples: int) -> Any:
    """The loss that a forward left in an attribute, of the object or of one in it: one number, or one a sample."""
    held = [item, *(each for each in vars(item).values() if hasattr(each, "__dict__"))]
    found = {n: v for each in reversed(held) for n, v in vars(each).items() if np.shape(v) in ((), (samples,))}
    numbers = {n: v for n, v in found.items() if isinstance(v, (float, np.floating, np.ndarray))}
    likely = [n for n in numbers if re.search("loss|cost|error|entropy", n, re.IGNORECASE)]
    name = next(iter([*likely, *(n for n in numbers if re.search("out|value|result", n, re.IGNORECASE))]), None)
    if name is None:
        raise TypeError("forward returns nothing and keeps no loss")
    return numbers[name]


def _speaks_of_columns(value: Callable[..., Any]) -> bool:
    """Whether a loss counts its samples along the second axis."""
    return re.search(r"\.shape\[(1|-1)\]", text_of(value)) is not None


def _has_softmax(function: Callable[..., Any]) -> bool:
    """Whether it takes exponentials, itself or in a function of its module that it calls."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if not inspect.isfunction(plain):
        return False
    called = (plain.__globals__[name] for name in functions_used([plain], plain.__globals__))
    return any("exp" in each.__code__.co_names for each in (plain, *called) if inspect.isfunction(each))


# Losses of any numbers, not of probabilities; some bend at a distance of 1.
_WIDE = re.compile(
    r"huber|ms_?e|mae|mean_?(squar|abs)|squared|absolute|smooth|cosh|quadrat|regress|(^|_)l[12]", re.I
)
_BINARY = re.compile(r"binary|bce", re.I)  # of one output
# (outputs, labels, whether scores are probabilities, whether one sample at a time), the likeliest first
_HABITS = [
    *itertools.product((OUTPUT, 1), ("one-hot", "indices"), (True, False), (False,)),
    (OUTPUT, "one-hot", True, True),
    *((OUTPUT, "indices", probabilities, True) for probabilities in (True, False)),
]


class _OddLoss:
    """One loss with one form of labels."""

    def __init__(
        self,
        name: str,
        item: Any,
        value: Callable[..., Any],
        back: Callable[..., Any],
        at: tuple[int, int],
        width: int,
        form: str,
        probabilities: bool,
    ) -> None:
        self.name, self.item, self.value, self.back, self.at = name, item, value, back, at
        self.width, self.form, self.probabilities = width, form, probabilities
        self.head: Callable[[Array], Array] = _HEADS[""]
        self.factor: Callable[[int], float] = lambda n: 1.0
        self.fused = self.scaled = self.fits = False
        self.spread = 1.0
        self.single = True  # its value is one number, not one a sample
        self.lone = False  # one sample at a time, as a column
        self.loose = False  # a gradient of another shape is taken too: it is wrong
        self.columns = False  # samples in columns, the labels too
        self.start = Snapshot(item)
        self.scale = ""  # how many times its gradient is too large for its loss, where that is one for one output
        self.keeps = ""  # the attribute that backward is given instead of the scores: the softmax inside

    def operation(self, samples: int, rng: np.random.Generator) -> Operation:
        """The loss of that many samples."""
        x = self.spread * rng.standard_normal((samples, self.width))
        if self.probabilities and not self.fused:
            x = np.exp(x) / (np.exp(x).sum(axis=1, keepdims=True) if self.width > 1 else 1 + np.exp(x))
        classes = rng.permutation(max(samples, self.width))[:samples] % max(self.width, 2)
        t: Array = np.eye(max(self.width, 2))[classes] if self.width > 1 else classes[:, None].astype(np.float64)
        if self.form == "indices":
            t = classes
        last: list[Array] = [x]
        before: list[Array] = [x]  # the head

        def pair(scores: Array, at: int) -> list[Array]:
            lying = [each.T for each in (scores, t)] if self.columns else [scores, t]
            return _pair(lying[0], lying[1], at)

        def forward(z: Array) -> Any:
            scores = self.head(z)
            last[0], before[0] = scores.copy(), z.copy()
            if self.lone:
                samples = [_pair(*self._alone(y, label), self.at[0]) for y, label in zip(scores, t, strict=True)]
                return float(sum(np.sum(self._value(each)) for each in samples))
            value = self._value(pair(scores, self.at[0]))
            value = value[0] if isinstance(value, tuple) else value
            self.single = np.size(value) == 1
            return float(np.sum(value))

        def one(z: Array, y: Array, label: Array) -> Array:
            self._value(_pair(*self._alone(y, label), self.at[0]))
            arguments = self._for_back(_pair(*self._alone(y, label), self.at[1]), self._alone(z, label)[0])
            return np.asarray(self.back(*arguments), dtype=np.float64).reshape(y.shape)

        def backward(dout: Any) -> dict[str, Any]:
            if self.lone:
                rows = [one(*each) for each in zip(before[0], last[0], t, strict=True)]
                return {"dx": np.stack(rows) / self.factor(samples)}
            here = Snapshot(self.item)
            try:
                self._value(pair(last[0].copy(), self.at[0]))
                scores = np.array(attrgetter(self.keeps)(self.item)) if self.keeps else last[0].copy()
                z = before[0].T if self.columns else before[0]
                arguments = self._for_back(pair(scores, self.at[1]), z.copy())
                found = left_behind((self.item,), set(), lambda: self.back(*arguments))
            finally:
                here.restore()
            if self.columns:
                found = {place: g.T for place, g in found.items()}
            fitting = [place for place, g in found.items() if g.shape == last[0].shape]
            first = next((p for p in fitting if p.startswith("returned")), fitting[0] if fitting else None)
            first = next((p for p in fitting if p in ("dinputs", "dx", "dinput", "grad")), first)
            if first is None and self.loose and "returned" in found and found["returned"].ndim:
                first = "returned"
            if first is None:
                raise ValueError(f"{self.back.__name__} leaves nothing of the scores' shape {last[0].shape}")
            return {"dx": found[first] / self.factor(samples)}

        value = np.asarray(forward(x), dtype=np.float64)
        if value.size != 1 or not np.isfinite(value).all():
            raise ValueError("the loss is no finite number")
        return Operation(
            name=self.name,
            forward=forward,
            backward=backward,
            parameters=dict,
            is_loss=True,
            owner=self.item,
            source={"forward": getattr(self.value, "value", self.value), "backward": self.back},
            constants={"t": t},
            words=() if self.fused or self.scaled or self.lone or self._after_softmax() else (self.name,),
            x=(x,),
            scale=self.scale,
        )

    def _alone(self, y: Array, label: Any) -> tuple[Array, Any]:
        """One sample and its label: columns, or a vector and the index of its class."""
        return (y, label) if self.form == "indices" else (y[:, None], label[:, None])

    def _for_back(self, both: list[Array], z: Array) -> list[Array]:
        """What backward takes: scores and labels, labels, nothing; or z too, of which the head made the scores."""
        scores, t = both[1 - self.at[1]], both[self.at[1]]
        if takes_labels(self.back):
            return [t]
        if _takes_z(self.back):
            return [z if _is_z(name) else t if role(name) == "t" else scores for name in _given(self.back)]
        if len(_given(self.back)) == 1:  # dout of a loss: 1 a sample
            return [np.ones((len(scores), 1))]
        return both if _given(self.back) else []

    def _after_softmax(self) -> bool:
        """Whether its name speaks of the softmax that stands before it: it takes probabilities and makes none."""
        return self.probabilities and not _has_softmax(self.value) and "softmax" in self.name.lower()

    def _value(self, arguments: list[Array]) -> Any:
        """The loss, each time from its beginning: it may keep what it was given, and take no second."""
        self.start.restore()
        named = dict(zip(_given(self.value), arguments, strict=True))
        value = self.value(*(fill(self.value, {"training": True}, named) or arguments))
        return _left_in(self.item, len(arguments[0])) if value is None else value

    def _fit(self) -> tuple[str, list[float]] | None:
        """(head, factor at 3 and 5 samples) with which dx is the slope of loss(head(z)); None where none fits."""
        rng = np.random.default_rng(1)
        for name, head in _HEADS.items():
            headless = not (self.probabilities or _takes_z(self.back))
            if (name == "softmax" and self.width == 1) or (name and headless):
                continue
            factors: list[float] = []
            for samples in (3, 5):
                self.head = head
                self.factor = lambda n: 1.0
                operation = self.operation(samples, rng)
                z = operation.x[0]
                assert operation.backward is not None
                operation.forward(z)
                dx = operation.backward(1.0)["dx"]
                aims = [rng.standard_normal(z.shape) for _ in range(4)]
                slopes = [
                    (operation.forward(z + 1e-5 * aim) - operation.forward(z - 1e-5 * aim)) / 2e-5 for aim in aims
                ]
                fitted = ratio(dx, np.array(slopes).reshape(-1), aims)
                if fitted is None or not fitted > 0:
                    break
                factors.append(fitted)
            else:
                return name, factors
        return None

    def understand(self) -> str:
        """Find head and factor; words for the report."""
        fit = self._fit()
        for path in _kept_scores(self.item):
            if fit is None and np.shape(attrgetter(path)(self.item))[1:] == (self.width,):
                self.keeps = path
                fit = self._fit()
                self.keeps = path if fit is not None else ""
        self.head, self.factor = _HEADS[""], lambda n: 1.0
        self.fits = fit is not None
        if fit is None:
            return ""
        name, (a, b) = fit
        if not name and not _given(self.back) and self.single:
            if max(abs(a - self.width), abs(b - self.width)) < 1e-3 and _WIDE.search(
                self.name + self.back.__name__
            ):
                self.factor, self.scale = lambda n: self.width, "the number of outputs"  # right for one output
            return ""  # one object that keeps what it was given and gives one number: a factor is its own mistake
        self.head, self.fused = _HEADS[name], bool(name)
        power = round(math.log(b / a) / math.log(5 / 3))
        self.factor = lambda n: a * (n / 3) ** power
        self.scaled = abs(a - 1) > 1e-3 or power != 0
        words = f", judged together with the {name} before it" if name else ""
        return words + (f", its gradient times {a / 3**power:.3g}{_OF_N.get(power, '')}" if self.scaled else "")


def _pair(scores: Array, t: Array, at: int) -> list[Array]:
    """Scores and labels in the order in which they are taken: labels at 0 or at 1."""
    return [t.copy(), scores.copy()] if at == 0 else [scores.copy(), t.copy()]


_OF_N = {1: " N", -1: " / N"}


def _softmax(z: Array) -> Array:
    e: Array = np.exp(z - z.max(axis=1, keepdims=True))
    y: Array = e / e.sum(axis=1, keepdims=True)
    return y


_HEADS: dict[str, Callable[[Array], Array]] = {
    "": lambda z: z,
    "softmax": _softmax,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}
