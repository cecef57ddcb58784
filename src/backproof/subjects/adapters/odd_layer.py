"""Layers of other habits: `backward(g, lr)` that updates, gradients returned or left under any name, nothing
returned at all (`.output`, `.dinputs`), parameters without a telling name.

The gradients are found by value: what is the vector-Jacobian product under some name is it.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.subjects.adapters.layer import LABEL_NAMES, find_slots, is_layer
from backproof.subjects.hints import Hints
from backproof.subjects.signatures import parameters, wanted
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Network
from backproof.subjects.trial import entries
from backproof.subjects.trial.one_layer import LayerTrial
from backproof.subjects.trial.roles import role, roles_of
from backproof.subjects.tried import SampleError

_OF_ONE_LAYER = 2  # parameters: with more, all wrong, it may be a whole network


def matches(item: object) -> bool:
    """A layer by its methods, of which the plain adapter would not find all."""
    if inspect.isclass(item) or inspect.isroutine(item):
        return False
    forward, back = _methods(item)
    if forward is None or back is None:
        return False
    inputs = list(parameters(forward))
    labelled = len(inputs) > 1 and (bool(set(inputs) & set(LABEL_NAMES)) or role(inputs[1]) == "t")
    rest = [role(name) for name in wanted(forward)[1:]]
    return all(what in ("training", "zero") for what in rest) and len(wanted(back)) >= 1 and not labelled


def _methods(item: object) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    found = entries.methods(item)
    back = entries.backs_of_layer(found)
    back = [f for f in back if "grad" not in f.__name__] or back
    return entries.forward_of_layer(found), (back[0] if back else None)


def subject(item: Any, hints: Hints, whole: Callable[[], Network | None]) -> Layerlike | Network | None:
    """The layer as a Layerlike; None where the plain adapter sees all that there is.

    whole: the item as a whole network, where all fits. A layer without dx whose gradients don't fit may be that.
    Raises SampleError where it takes no input back and forth, and is no plain layer either.
    """
    forward, back = _methods(item)
    assert forward is not None
    assert back is not None
    if (halves := _in_halves(item, forward, back, hints)) is not None:
        return halves
    layer = _trial(item, forward, back)
    plain = is_layer(item) and len(wanted(item.backward)) == 1
    called = False  # what backward needs is kept by another way forward
    try:
        layer.understand(hints)
    except SampleError:
        for other in _further_forwards(item, forward):
            with contextlib.suppress(SampleError):
                layer = _trial(item, other, back)
                layer.understand(hints)
                called = True
                break
        if not called:
            if plain and entries.gives(forward):
                return None
            raise
    doubtful = not layer.fits and (
        "x" not in layer.paths or len(layer.params) > _OF_ONE_LAYER or layer.ends_in_probabilities()
    )
    if doubtful and (network := whole()) is not None:
        return network
    if layer.passes_straight_through():
        return Layerlike(
            type(item).__name__,
            "a softmax whose backward passes straight through: its gradient is its loss's business",
            lambda samples, rng: replace(layer.operation(samples, rng), backward=None),
            item,
        )
    if (
        plain
        and layer.runner.start is None
        and layer.axis is not None
        and not called
        and layer.runner.output is None
        and layer.paths.get("x") == "returned"
        and not (_hides(layer) or layer.averages())
    ):
        return None
    return Layerlike(type(item).__name__, layer.understood(), layer.operation, item)


def understood(item: Any, hints: Hints) -> Layerlike:
    """The layer as it was found by trial, whatever the plain adapter would see; raises SampleError."""
    forward, back = _methods(item)
    assert forward is not None
    assert back is not None
    layer = _trial(item, forward, back)
    layer.understand(hints)
    return Layerlike(type(item).__name__, layer.understood(), layer.operation, item)


def _trial(item: Any, forward: Callable[..., Any], back: Callable[..., Any]) -> LayerTrial:
    """One try; of a layer's backward(dout) dx is asked for, of that of a whole chain not."""
    asked = is_layer(item) and len(wanted(back)) == 1 and not entries.hands_on(type(item))
    return LayerTrial(item, forward, back, returns_dx=asked)


_GATHERS = re.compile(
    r"^backward_?(update_?)?(grad\w*|param\w*|weights?)$|^(update|acc\w*)_?grad\w*$", re.IGNORECASE
)


def _in_halves(item: Any, forward: Callable[..., Any], back: Callable[..., Any], hints: Hints) -> Layerlike | None:
    """A layer with one method for its parameters' gradients and one for dx: `backward_delta(input, delta)`."""
    gathers = next(iter(entries.matching(entries.methods(item), _GATHERS)), None)
    if gathers is None or gathers == back or entries.refuses(gathers) or "rate" in roles_of(gathers).values():
        return None
    parts = [_trial(item, forward, each) for each in (gathers, back)]
    for part in parts:
        part.understand(hints)
    if not parts[0].paths:
        return None
    found, also = (Layerlike(type(item).__name__, part.understood(), part.operation, item) for part in parts)
    found.also, found.also_words = also, f", its dx from {back.__name__}"
    return found


def _further_forwards(item: Any, forward: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The object's own `__call__` that hands on to its forward, `forward_batch` and the like."""
    found = entries.methods(item)
    call = found.get("__call__")
    code = getattr(call, "__code__", None)
    calls = [call] if call is not None and code is not None and "forward" in code.co_names else []
    longer = [f for name, f in found.items() if name.startswith(f"{forward.__name__}_")]
    return [*calls, *longer]


def _hides(layer: LayerTrial) -> bool:
    """Whether it has parameters that the plain adapter overlooks, with gradients that fit or are called theirs.

    Or all of them are updated, and some by what fits.
    """
    updated = layer.begins_to_fit and all(layer.paths.get(n, "").startswith("update of ") for n in layer.params)
    named = {n for n in layer.paths if n != "x" and (layer.fits or updated or layer.is_namesake(n))}
    here = Snapshot(layer.item)
    try:  # the gradients are there after a backward
        layer.back(np.random.default_rng(3).standard_normal(np.shape(layer.example())))
        seen = {id(slot.read()) for slot in find_slots(layer.item)}
    finally:
        here.restore()
    return any(id(layer.params[name]) not in seen for name in named)
