"""Whole networks on token ids that give their loss: `forward(xs, ts)` with `backward()`, `loss(src, tgt)` that
returns loss and gradients.

Sources of the shape: Saito, Deep Learning from Scratch, volume 2, chapters 4 to 8.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.signatures import required
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial import entries
from backproof.subjects.trial.layouts import Layout
from backproof.subjects.trial.loss_and_grads import loss_and_grads
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.way import Way

DESCRIBED = "a network on token ids"  # how reports on these begin
_PROBED = 5  # samples with which sizes are found
_LENGTHS = (4, 2, 0)  # of the tokens of one sample, likeliest first; 0: one token without an axis of its own
_DIFFERENT = 5  # tokens, and labels, that are drawn: few, so that they come again


def matches(item: object) -> bool:
    """Something that is given two things and gives a loss, with weights, and goes back by what it kept."""
    if inspect.isclass(item) or inspect.isroutine(item) or not hasattr(item, "__dict__"):
        return False
    if _methods(item) is None:
        return False
    return any(a.ndim == 2 and a.dtype.kind == "f" for a in reach(item).values())


def ways(item: Any) -> Iterator[Way]:
    """One way for each pair of lengths at which tokens and labels are taken, and floats are not."""
    methods = _methods(item)
    assert methods is not None
    model = _Model(item, *methods)
    for length in _LENGTHS:
        if not model.looks_up(length):
            continue
        for label_length in dict.fromkeys((length, 0, *_LENGTHS)):
            if (sizes := model.sizes(length, label_length)) is not None:
                yield model.way(sizes)
                return


def _methods(item: object) -> tuple[Callable[..., Any], Callable[..., Any] | None] | None:
    """What gives the loss, and what goes back after it; None for that where the loss comes with its gradients."""
    found = entries.methods(item)
    forward = next(iter(entries.matching(found, entries.FORWARD)), None)
    back = next(iter(entries.matching(found, entries.BACKWARD)), None)
    if forward is not None and back is not None and len(required(forward)) == 2 and not required(back):
        return forward, back
    both = loss_and_grads(type(item))
    method = getattr(item, both.__name__) if both is not None else None
    return (method, None) if method is not None and len(required(method)) == 2 else None


@dataclass(frozen=True)
class _Sizes:
    """How many tokens and labels a sample has, 0 for one without an axis, and which of them are drawn."""

    length: int
    label_length: int
    tokens: list[int]
    labels: list[int]

    @property
    def layout(self) -> Layout:
        """Rows of noise read as token ids: of each piece of a row which entry is the largest."""
        words = f"{self.length} a sample" if self.length else "one a sample"
        return Layout(words, False, lambda x: [self.ids(x)], lambda answers, n: None, forms=("class indices",))

    @property
    def width(self) -> int:
        return max(self.length, 1) * len(self.tokens)

    def ids(self, x: Array) -> Array:
        drawn: Array = np.array(self.tokens)[x.reshape(len(x), -1, len(self.tokens)).argmax(axis=2)]
        return drawn if self.length else drawn.reshape(-1)

    def targets(self, t: Array) -> Array:
        """The labels of samples of these classes: one after the other along a sample."""
        steps = np.arange(self.label_length) if self.label_length else 0
        wide = np.asarray(t)[:, None] if self.label_length else np.asarray(t)
        found: Array = np.array(self.labels)[(wide + steps) % len(self.labels)]
        return found


@dataclass(frozen=True)
class _Model:
    """An object with its way to the loss and its way back."""

    item: Any
    forward: Callable[..., Any]
    back: Callable[..., Any] | None
    listed: Mapping[str, Array] = field(init=False)  # parameters, where it has lists `params` and `grads`

    def __post_init__(self) -> None:
        params, grads = (getattr(self.item, name, None) for name in ("params", "grads"))
        both = isinstance(params, list) and isinstance(grads, list) and len(params) == len(grads)
        kept = {id(a): a for a in params if isinstance(a, np.ndarray)} if both else {}  # type: ignore[union-attr]
        listed = {path: a for path, a in reach(self.item).items() if id(a) in kept}
        object.__setattr__(self, "listed", listed if self.back is not None else {})

    def looks_up(self, length: int) -> bool:
        """Whether the tokens are places in a table: the same numbers as floats are refused."""
        ids = np.zeros((_PROBED, length) if length else _PROBED, dtype=np.int64)
        return any(
            isinstance(self._refusal(ids.astype(np.float64), labels), IndexError)
            for labels in (ids, np.zeros(_PROBED, dtype=np.int64))
        )

    def sizes(self, length: int, label_length: int) -> _Sizes | None:
        """How many tokens and labels there are, where it is for such lengths; None where it is not."""
        ids, labels = (
            np.zeros((_PROBED, each) if each else _PROBED, dtype=np.int64) for each in (length, label_length)
        )
        if self._refusal(ids, labels) is not None:
            return None
        tokens = self._count(lambda last: self._refusal(ids + last, labels))
        classes = self._count(lambda last: self._refusal(ids, labels + last))
        if tokens is None or classes is None:
            return None
        return _Sizes(length, label_length, _some(tokens), _some(classes))

    def way(self, sizes: _Sizes) -> Way:
        names = self.forward.__name__ + (f" and {self.back.__name__}" if self.back is not None else "")
        return Way(
            name=type(self.item).__name__,
            described=f"{DESCRIBED}: {names}",
            owner=self.item,
            roots=(SimpleNamespace(**self.listed),) if self.listed else (self.item,),
            forward=lambda x: None,
            backward=lambda x, t: self.gradients(x, sizes.targets(t)),
            losses={self.forward.__name__: lambda x, t: self.loss(x, sizes.targets(t))},
            single=False,
            classes=len(sizes.labels),
            widths=(sizes.width,),
            layouts=(sizes.layout,),
            only=self._kept(sizes),
            source={"gradient": self.back or self.forward, "loss": self.forward},
        )

    def loss(self, xs: Array, ts: Array) -> Any:
        """Its loss, its state as it was before: what it remembers of one text does not go on to the next."""
        here = Snapshot(self.item)
        try:
            value = self.forward(xs, ts)
        finally:
            here.restore()
        return _single(value if self.back is not None else value[0])

    def gradients(self, xs: Array, ts: Array) -> Any:
        """What is returned beside the loss, what its lists hold after backward, or what that returns."""
        if self.back is None:
            grads = self.forward(xs, ts)[1]
            return dict(grads) if isinstance(grads, Mapping) else grads
        if not self.listed:
            self.forward(xs, ts)
            return self.back()
        here = Snapshot(self.item)
        try:
            self.forward(xs, ts)
            self.back()
            return {path: self._listed_gradient(array) for path, array in self.listed.items()}
        finally:
            here.restore()

    def _listed_gradient(self, array: Array) -> Array:
        """The sum of all gradients of a parameter, which layers that share it have one each of."""
        pairs = zip(self.item.params, self.item.grads, strict=True)
        grads = {id(grad): grad for param, grad in pairs if param is array}
        return sum((np.array(grad, dtype=np.float64) for grad in grads.values()), np.zeros(()))

    def _kept(self, sizes: _Sizes) -> tuple[int, ...]:
        """The arrays that forward leaves as they are: weights, and no state that goes on to the next text."""
        here = Snapshot(self.item)
        before = {path: (array, array.copy()) for path, array in reach(self.item).items()}
        self.forward(sizes.ids(np.zeros((_PROBED, sizes.width))), sizes.targets(np.zeros(_PROBED, dtype=np.int64)))
        after = reach(self.item)
        same = [a for path, (a, was) in before.items() if after.get(path) is a and np.array_equal(a, was)]
        here.restore()
        return tuple(map(id, same))

    def _count(self, refused: Callable[[int], BaseException | None]) -> int | None:
        """How many places a table has: the number below is one, and the number itself is none."""
        lengths = sorted({n for a in reach(self.item).values() for n in a.shape if n > 1})
        for length in lengths:
            if isinstance(refused(length), IndexError):
                return length if refused(length - 1) is None else None
        return None

    def _refusal(self, xs: Array, ts: Array) -> BaseException | None:
        """What it raises; None where it gives a loss."""
        try:
            self.loss(xs.copy(), ts.copy())
        except (Exception, SystemExit) as error:
            return error
        return None


def _some(count: int) -> list[int]:
    """A few of the numbers below the count, the largest among them."""
    return [*range(min(count, _DIFFERENT) - 1), count - 1]


def _single(value: Any) -> float:
    array = np.asarray(value, dtype=np.float64)
    if array.size != 1 or not np.isfinite(array).all():
        raise TypeError("no single loss")
    return float(array.reshape(-1)[0])
