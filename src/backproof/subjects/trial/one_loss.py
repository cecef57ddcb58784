"""One loss with one form of labels: its value, its way back, and the head before it that this counts in."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from operator import attrgetter
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.select import functions_used
from backproof.subjects.signatures import required
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Operation
from backproof.subjects.trial import results
from backproof.subjects.trial.matching import left_behind, ratio
from backproof.subjects.trial.roles import fill, key, role

# Losses of any numbers, not of probabilities; some bend at a distance of 1.
WIDE = re.compile(
    r"huber|ms_?e|mae|mean_?(squar|abs)|squared|absolute|smooth|cosh|quadrat|regress|(^|_)l[12]", re.I
)


class LossTrial:
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
        returned = results.returned_names(getattr(value, "value", value))
        asked = [returned.index(name) for name in required(back) if name in returned]
        self.hands = asked[0] if asked else 0  # the place in what it returns of what backward takes as scores
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
                value = self._value(pair(last[0].copy(), self.at[0]))
                scores = np.array(attrgetter(self.keeps)(self.item)) if self.keeps else last[0].copy()
                if isinstance(value, tuple) and self.hands:
                    scores = np.array(value[self.hands])
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
        if takes_z(self.back):
            return [z if _is_z(name) else t if role(name) == "t" else scores for name in required(self.back)]
        if len(required(self.back)) == 1:  # dout of a loss: 1 a sample
            return [np.ones((len(scores), 1))]
        return both if required(self.back) else []

    def _after_softmax(self) -> bool:
        """Whether its name speaks of the softmax that stands before it: it takes probabilities and makes none."""
        return self.probabilities and not has_softmax(self.value) and "softmax" in self.name.lower()

    def _value(self, arguments: list[Array]) -> Any:
        """The loss, each time from its beginning: it may keep what it was given, and take no second."""
        self.start.restore()
        named = dict(zip(required(self.value), arguments, strict=True))
        value = self.value(*(fill(self.value, {"training": True}, named) or arguments))
        return _left_in(self.item, len(arguments[0])) if value is None else value

    def _fit(self) -> tuple[str, list[float]] | None:
        """(head, factor at 3 and 5 samples) with which dx is the slope of loss(head(z)); None where none fits."""
        rng = np.random.default_rng(1)
        for name, head in _HEADS.items():
            headless = not (self.probabilities or takes_z(self.back))
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
        if not name and not required(self.back) and self.single:
            if max(abs(a - self.width), abs(b - self.width)) < 1e-3 and WIDE.search(
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


def takes_labels(back: Callable[..., Any]) -> bool:
    """Whether this backward is given the labels alone; the scores it has kept."""
    return [role(name) for name in required(back)] == ["t"]


def takes_z(back: Callable[..., Any]) -> bool:
    """Whether this backward is given what comes before the activation: Nielsen's `delta(z, a, y)`."""
    names = required(back)
    rest = [role(name) for name in names if not _is_z(name)]
    return len(rest) == len(names) - 1 and rest.count("t") == 1 and len(rest) <= 2


def _is_z(name: str) -> bool:
    return key(name) in ("z", "zs", "zl", "weightedinput")


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


def has_softmax(function: Callable[..., Any]) -> bool:
    """Whether it takes exponentials, itself or in a function of its module that it calls."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if not inspect.isfunction(plain):
        return False
    called = (plain.__globals__[name] for name in functions_used([plain], plain.__globals__))
    return any("exp" in each.__code__.co_names for each in (plain, *called) if inspect.isfunction(each))


def _pair(scores: Array, t: Array, at: int) -> list[Array]:
    """Scores and labels in the order in which they are taken: labels at 0 or at 1."""
    return [t.copy(), scores.copy()] if at == 0 else [scores.copy(), t.copy()]


_OF_N = {1: " N", -1: " / N"}


def softmax(z: Array) -> Array:
    e: Array = np.exp(z - z.max(axis=1, keepdims=True))
    y: Array = e / e.sum(axis=1, keepdims=True)
    return y


_HEADS: dict[str, Callable[[Array], Array]] = {
    "": lambda z: z,
    "softmax": softmax,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
}
