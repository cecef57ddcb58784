"""Run a network once and keep all that passed between its layers.

The layers' `forward` and `backward` are wrapped on the instances for the length of one recording and nothing
else is touched: the network runs exactly as its author wrote it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Call:
    """One forward call of a layer and, if there was one, the backward call that answered it.

    `inputs`, `output`, `upstream` and `returned` are copies made at the moment of the call;
    `arguments`, `result`, `upstream_object` and `returned_objects` are the objects themselves, whose identity
    tells the edges.
    """

    layer: str
    number: int  # which forward call of this layer it is
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    inputs: tuple[Any, ...]
    order: int
    result: Any = None
    output: Any = None
    backward_order: int | None = None
    upstream: Any = None
    upstream_object: Any = None
    returned: Any = None
    returned_objects: Any = None
    gradients: dict[str, Any] = field(default_factory=dict)
    wrote: list[str] = field(default_factory=list)  # of "x", "t", "dout", a parameter's name
    error: BaseException | None = None
    inside: Call | None = None  # the call of another layer during which this one was made


@dataclass
class Recording:
    """All calls in the order of their forward, the loss that came out and the gradients that came back."""

    calls: list[Call] = field(default_factory=list)
    loss: Any = None
    gradients: Any = None
    error: BaseException | None = None

    def last(self, layer: str) -> Call | None:
        """The last call of a layer that was answered by a backward, else its last call at all."""
        calls = [call for call in self.calls if call.layer == layer]
        answered = [call for call in calls if call.backward_order is not None]
        candidates = answered or calls
        return candidates[-1] if candidates else None


def copied(value: Any) -> Any:
    """Arrays, also inside tuples and lists, copied; everything else as it is."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (tuple, list)):
        return type(value)(copied(item) for item in value)
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return value


def changed(now: Any, before: Any) -> bool:
    """Whether an argument no longer holds what it held."""
    if isinstance(before, np.ndarray):
        return now.shape != before.shape or not np.array_equal(now, before, equal_nan=now.dtype.kind in "fc")
    if isinstance(before, (tuple, list)):
        return len(now) != len(before) or any(changed(a, b) for a, b in zip(now, before, strict=True))
    return False


@contextmanager
def wrapped(layers: Mapping[str, object], wrap: Callable[[str, str, Any], Any]) -> Iterator[None]:
    """Put `wrap(layer's name, "forward" or "backward", the method)` in place of those methods for a while."""
    undo: list[Callable[[], None]] = []
    try:
        for name, layer in layers.items():
            for method in ("forward", "backward"):
                if callable(getattr(layer, method, None)):
                    undo.append(_put(layer, method, wrap(name, method, getattr(layer, method))))
        yield
    finally:
        for put_back in reversed(undo):
            put_back()


def _put(layer: Any, method: str, function: Any) -> Callable[[], None]:
    """Let the layer answer to `method` with `function`; returns what puts its own method back."""
    try:
        object.__setattr__(layer, method, function)
    except AttributeError:  # __slots__ and no __dict__: a class of the same layout, for a while
        own = type(layer)
        layer.__class__ = type(own.__name__, (own,), {"__slots__": (), method: staticmethod(function)})
        return lambda: setattr(layer, "__class__", own)
    return lambda: object.__delattr__(layer, method)


def record(
    layers: Mapping[str, object],
    run: Callable[[], Any],
    gradients_of: Callable[[str], Mapping[str, Any]] = lambda name: {},
    keep: Callable[[Any], Any] = copied,
    marks_of: Callable[[str], Mapping[str, Any]] = lambda name: {},
) -> Recording:
    """Call `run` with the layers listened to. What it raises is kept in `Recording.error`, and on its call."""
    with listening(layers, gradients_of, keep, marks_of) as recording:
        try:
            recording.gradients = run()
        except Exception as error:
            recording.error = error
    return recording


@contextmanager
def listening(
    layers: Mapping[str, object],
    gradients_of: Callable[[str], Mapping[str, Any]] = lambda name: {},
    keep: Callable[[Any], Any] = copied,
    marks_of: Callable[[str], Mapping[str, Any]] = lambda name: {},
) -> Iterator[Recording]:
    """A recording that fills as long as the context lasts; what is raised inside comes through.

    gradients_of(layer): the layer's parameter gradients, asked right after each of its backward calls.
    keep: what is kept of a value at the moment of the call; with anything but copies it is not noticed when a
    layer writes into its arguments.
    marks_of(layer): a mark of each of its arrays, asked before and after, that tells whether it changed; it counts
    for parameters, which are those that have a gradient afterwards.
    """
    recording = Recording()
    order = iter(range(10**9))
    running: list[Call] = []

    def wrap(name: str, method: str, function: Any) -> Any:
        def forward(*arguments: Any, **keywords: Any) -> Any:
            number = sum(call.layer == name for call in recording.calls)
            kept = tuple(keep(argument) for argument in arguments)
            call = Call(name, number, arguments, keywords, kept, next(order))
            call.inside = running[-1] if running else None
            recording.calls.append(call)
            running.append(call)
            try:
                call.result = function(*arguments, **keywords)
            except BaseException as error:
                call.error = error
                raise
            finally:
                running.pop()
            call.output = keep(call.result)
            call.wrote += _written(arguments, call.inputs)
            return call.result

        def backward(*arguments: Any, **keywords: Any) -> Any:
            open_calls = [c for c in recording.calls if c.layer == name and c.backward_order is None]
            call = open_calls[-1] if open_calls else recording.last(name)
            if call is None:  # backward without forward: the layer itself has to answer for it
                return function(*arguments, **keywords)
            call.backward_order = next(order)
            upstream = arguments[0] if arguments else next(iter(keywords.values()), 1.0)
            before = marks_of(name)
            call.upstream_object, call.upstream = upstream, keep(upstream)
            try:
                call.returned_objects = function(*arguments, **keywords)
            except BaseException as error:
                call.error = error
                raise
            call.returned = keep(call.returned_objects)
            call.wrote += [w for w in _written(call.arguments, call.inputs) if w not in call.wrote]
            call.wrote += ["dout"] if changed(upstream, call.upstream) else []
            call.gradients = dict(gradients_of(name))
            marks = {key: mark for key, mark in marks_of(name).items() if key in call.gradients}
            call.wrote += [key for key, mark in marks.items() if key in before and before[key] != mark]
            return call.returned_objects

        return forward if method == "forward" else backward

    with wrapped(layers, wrap):
        yield recording


def _written(arguments: tuple[Any, ...], before: tuple[Any, ...]) -> list[str]:
    """ "x" for the first argument that no longer holds what it held, "t" for a later one."""
    return [
        "x" if i == 0 else "t" for i, (a, b) in enumerate(zip(arguments, before, strict=True)) if changed(a, b)
    ]
