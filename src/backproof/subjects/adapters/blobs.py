"""Layers between objects that hold a value and its gradient: `forward(bottom, top)`, `backward(top, bottom)`.

Forward reads `bottom.data` and writes `top.data`, backward reads `top.diff` and writes `bottom.diff`, whatever the
attributes are called. A loss reads one such object and returns its value: `forward(bottom, label)`.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters.odd_loss import loss_of_two
from backproof.subjects.hints import Hints
from backproof.subjects.own_source import tree_of
from backproof.subjects.parts import known_to, made_of
from backproof.subjects.signatures import parameters, required
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial import entries
from backproof.subjects.trial.one_layer import LayerTrial
from backproof.subjects.trial.roles import role


@dataclass
class _Blobs:
    """The methods of such a layer or loss, and by which names they use what they are given.

    top: the parameter of forward that is written into; None of a loss, whose other parameter is its labels.
    """

    item: Any
    forward_of: Callable[..., Any]
    back_of: Callable[..., Any]
    data: str
    diff: str
    bottom: str
    top: str | None
    back_bottom: str
    held: dict[str, Any] = field(default_factory=dict)

    def new(self, value: Any) -> Any:
        """An object of the user's own class where one holds both, else a plain one."""
        layer: type = type(self.item)
        classes = [item for item in known_to(layer).values() if isinstance(item, type)]
        own = (cls for cls in classes if {self.data, self.diff} <= _sets(cls))
        made = next((one for cls in own if (one := _made(cls)) is not None), None)
        blob = made if made is not None else SimpleNamespace()
        setattr(blob, self.data, value)
        setattr(blob, self.diff, None if value is None else np.zeros_like(value))
        return blob

    def forward(self, x: Array) -> Any:
        """What is written into the top for this bottom."""
        self.held = {"bottom": self.new(x), "top": self.new(None)}
        self.forward_of(**{self.bottom: self.held["bottom"], str(self.top): self.held["top"]})
        return getattr(self.held["top"], self.data)

    def backward(self, dout: Array) -> Any:
        """What is written into the bottom for this gradient of the top."""
        setattr(self.held["top"], self.diff, dout)
        return self._back(top=self.held["top"])

    def value(self, scores: Array, labels: Any) -> Any:
        """The loss of these scores."""
        self.held = {"bottom": self.new(scores)}
        named = [name for name in required(self.forward_of) if name != self.bottom]
        wrapped = [
            self.new(labels) if self.data in _uses(self.forward_of)[0].get(n, ()) else labels for n in named
        ]
        return self.forward_of(**{self.bottom: self.held["bottom"]}, **dict(zip(named, wrapped, strict=True)))

    def slope(self, scores: Array, labels: Any) -> Any:
        """What is written into the scores' object on the way back."""
        self.value(scores, labels)
        return self._back(top=labels)

    def _back(self, top: Any) -> Any:
        bottom = self.held["bottom"]
        self.back_of(*(bottom if name == self.back_bottom else top for name in required(self.back_of)))
        return getattr(bottom, self.diff)


def matches(item: object) -> bool:
    """An object whose forward and backward read and write attributes of what they are given."""
    return not (inspect.isclass(item) or inspect.isroutine(item)) and _blobs(item) is not None


def subject(item: Any, hints: Hints) -> Layerlike:
    """The layer or loss as a Layerlike; SampleError where it takes no input."""
    blobs = _blobs(item)
    assert blobs is not None
    words = f", between objects with {blobs.data} and {blobs.diff}"
    source = {"forward": blobs.forward_of, "backward": blobs.back_of}
    if blobs.top is None:
        found = loss_of_two(
            type(item).__name__, item, _as(blobs.value, blobs.forward_of), _as(blobs.slope, blobs.back_of)
        )
    else:
        layer = LayerTrial(item, blobs.forward, blobs.backward, returns_dx=True)
        layer.understand(hints)
        found = Layerlike(type(item).__name__, layer.understood(), layer.operation, item)
    made = found.operation

    def operation(samples: int, rng: Any) -> Operation:
        return replace(made(samples, rng), source=source)

    return replace(found, understood=found.understood + words, operation=operation)


def _as(given: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with the name and the source of the user's own method."""

    def called(scores: Array, labels: Any) -> Any:
        return given(scores, labels)

    called.__dict__ |= {"__wrapped__": method, "__signature__": inspect.signature(called)}
    called.__name__ = method.__name__
    return called


def _blobs(item: Any) -> _Blobs | None:
    """How the object's methods use what they are given; None where they do otherwise."""
    found = entries.methods(item)
    forward = next(iter(entries.matching(found, entries.FORWARD)), None)
    back = next(iter(entries.matching(found, entries.BACKWARD)), None)
    if forward is None or back is None or not 1 <= len(required(back)) <= 2 or len(required(forward)) != 2:
        return None
    (reads, writes), (reads_back, writes_back) = _uses(forward), _uses(back)
    below = [(name, diff) for name, attributes in writes_back.items() for diff in attributes]
    if len(below) != 1 or len(writes) > 1:
        return None
    (back_bottom, diff), top = below[0], next(iter(writes), None)
    bottoms = [name for name in required(forward) if name != top and reads.get(name)]
    if top is None:
        if [role(name) for name in required(forward) if name not in bottoms[:1]] != ["t"] or bottoms[
            0
        ] != back_bottom:
            return None
        likely = [
            (b, a) for b in bottoms[:1] for a in sorted(reads[b]) if a == "data" or not hasattr(np.ndarray, a)
        ]
        return _Blobs(item, forward, back, likely[0][1], diff, likely[0][0], None, back_bottom) if likely else None
    data = next((a for b in bottoms for a in sorted(writes[top] & reads[b])), None)
    handed_on = any(diff in attributes for name, attributes in reads_back.items() if name != back_bottom)
    if data is None or not handed_on or {top, bottoms[0]} != set(required(back)):
        return None
    return _Blobs(item, forward, back, data, diff, bottoms[0], top, back_bottom)


def _uses(method: Callable[..., Any]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The attributes that a method reads of its parameters, and those that it writes, by parameter."""
    reads: dict[str, set[str]] = {}
    writes: dict[str, set[str]] = {}
    taken = parameters(method)
    nodes = list(ast.walk(tree_of(method)))
    into = {id(n.value) for n in nodes if isinstance(n, ast.Subscript) and isinstance(n.ctx, ast.Store)}
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in taken:
            written = isinstance(node.ctx, ast.Store) or id(node) in into  # top.data = x, top.data[...] = x
            (writes if written else reads).setdefault(node.value.id, set()).add(node.attr)
    return reads, writes


def _sets(cls: type) -> set[str]:
    nodes = (node for node in ast.walk(tree_of(cls)) if isinstance(node, ast.Attribute))
    return {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == "self"}


def _made(cls: type) -> Any:
    made = made_of(cls)
    return (
        made
        if made is not None
        else next((one for a in (None, (1, 1)) if (one := made_of(cls, a)) is not None), None)
    )
