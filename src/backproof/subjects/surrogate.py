"""Layers whose way back is meant to be no derivative: straight through a step, gradients turned or clipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import words_of
from backproof.subjects.own_source import text_of
from backproof.subjects.subject import Layerlike, Operation

_NAMES = re.compile(
    r"straight_?through|surrogate|stop_?grad|detach|(clip|scale|stop|block|revers\w*)_?(the_?)?grad"
    r"|grad(ient)?s?_?(clip|scal|stop|block|revers)",
    re.IGNORECASE,
)
_STEPS = re.compile(r"\b(sign|round|around|rint|floor|ceil|trunc|heaviside|argmax|digitize)\(|[<>]")
_OF_STEPS = re.compile(r"binar|ternar|quanti[sz]|spik|step|sign(?!al|oid)|heaviside|round", re.IGNORECASE)
_SMALL, _LARGE = 1e-5, 1.0

WORDS = "; its way back stands in for a derivative that is not there, and is not compared"


def left_alone(found: Layerlike) -> Layerlike:
    """The same without its way back where that is a surrogate, by its name or as the forward goes in steps."""
    try:
        meant = _NAMES.search(found.name) or "ste" in words_of(found.name)
        if not meant and not _goes_in_steps(found.operation(3, np.random.default_rng(0))):
            return found
    except Exception:  # the examination meets it again and says so with its place
        return found

    def operation(samples: int, rng: Any) -> Operation:
        return replace(found.operation(samples, rng), backward=None)

    return replace(found, understood=found.understood + WORDS, operation=operation, also=None)


def _goes_in_steps(operation: Operation) -> bool:
    """Whether a forward that says so, `np.sign(W)`, notices no small change of an array and every large one."""
    forward = operation.source.get("forward")
    if operation.is_loss or operation.backward is None or forward is None:
        return False
    if not (_STEPS.search(text_of(forward)) or _OF_STEPS.search(operation.name)):
        return False
    inputs = [x.copy() for x in operation.x]
    return any(_is_staircase(operation, inputs, array) for array in _arrays(operation, inputs))


def _arrays(operation: Operation, inputs: list[Array]) -> Iterator[Array]:
    for array in (*inputs, *operation.parameters().values()):
        if isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.size > 1 and array.flags.writeable:
            yield array


def _is_staircase(operation: Operation, inputs: list[Array], array: Array) -> bool:
    kept, rng = array.copy(), np.random.default_rng(1)

    def answer() -> Array:
        return np.array(operation.forward(*(x.copy() for x in inputs)), dtype=np.float64)

    try:
        array[...] = here = rng.standard_normal(array.shape)
        y = answer()
        array[...] = here * (1 + _SMALL)
        still = np.array_equal(answer(), y)
        array[...] = here + _LARGE * rng.standard_normal(array.shape)
        return still and not np.array_equal(answer(), y)
    finally:
        array[...] = kept
