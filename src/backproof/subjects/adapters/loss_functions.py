"""Functions of weights, inputs and labels that give a loss and its gradient: that alone tells what is right.

`propagate(w, b, X, Y) -> (grads, cost)`, `cost(theta, X, y)` with `gradient(theta, X, y)`, one vector of all
weights. Source of the shape: Ng, Machine Learning, exercises 2 to 4; cs231n, assignment 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import HIDDEN, INPUT, OUTPUT
from backproof.subjects.argument_roles import role as size_role
from backproof.subjects.signatures import parameters
from backproof.subjects.trial import results, starts
from backproof.subjects.trial.lists_of_layers import are_lists
from backproof.subjects.trial.loss_functions import LossFunctions, roles_with_labels, weights_of
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import fill
from backproof.subjects.trial.starts import Start
from backproof.subjects.trial.surroundings import Surroundings
from backproof.subjects.trial.way import Way

_SIZES = {"input": INPUT, "hidden": HIDDEN, "output": OUTPUT}
_PENALTY = 0.3
_SHRINKING = re.compile(r"lam(b?d?a?)_?|lmbda|lam|l|reg\w*|l2\w*|weight_?decay|decay|c", re.IGNORECASE)


def matches(item: object) -> bool:
    return isinstance(item, LossFunctions)


def ways(item: LossFunctions) -> Iterator[Way]:
    """Every start that the weights may have."""
    names = weights_of(item.loss)
    for start in _starts(item, names):
        outside = Surroundings([item.loss, item.gradient])
        yield Way(
            name=item.name,
            described=f"loss and gradient of {', '.join(names)}: {item.name}",
            owner=start.parts,
            roots=(start.parts,),
            forward=lambda x: None,
            backward=partial(_gradients, item, start, outside),
            losses={item.loss.__name__: partial(_loss, item, start, outside)},
            single=False,
            classes=start.classes,
            widths=start.widths,
            source={"gradient": item.gradient, "loss": item.loss},
        )


def _starts(item: LossFunctions, names: list[str]) -> Iterator[Start]:
    if are_lists(names, [item.loss, item.gradient]):
        yield from starts.in_lists(names)
        return
    if len(names) > 1:
        yield from starts.named_so(names)
        return
    keys = starts.read_by_key([item.loss, item.gradient])
    if keys:
        for start in starts.named_so(keys):
            yield Start({names[0]: start.parts}, start.words, start.narrow)
        return
    sizes = {what: n for name in parameters(item.loss) for what, n in _SIZES.items() if size_role(name) == what}
    if len(sizes) < len(_SIZES):
        yield from starts.one_array(names[0])
    yield from starts.flat(names[0], sizes)


def _run(function: Callable[..., Any], start: Start, outside: Surroundings, x: Array, t: Any) -> Any:
    count = x.shape[0 if np.shape(t)[:1] == x.shape[:1] else -1]
    values = {"x": x, "t": t, "count": count, "rate": 0.1, "zero": 0.0, "training": True}
    named, roles = dict(start.parts), roles_with_labels(function)
    for name in roles:
        if name in named or roles[name] in ("x", "t"):
            continue
        if _SHRINKING.fullmatch(name):
            named[name] = _PENALTY
        elif size_role(name) in _SIZES:
            named[name] = _SIZES[size_role(name)]
    arguments = fill(function, values, named, roles)
    if arguments is None:
        raise TypeError(f"{function.__name__} takes {', '.join(parameters(function))}: not known what to give")
    with outside.around({"x": x, "t": t, "count": count}):
        return function(*arguments)


def _loss(item: LossFunctions, start: Start, outside: Surroundings, x: Array, t: Any) -> Any:
    before = [(array, array.copy()) for array in reach(start.parts).values()]
    returned = _run(item.loss, start, outside, x, t)
    for array, kept in before:  # it may take its step at once
        array[...] = kept
    value = np.asarray(returned if item.place is None else returned[item.place], dtype=np.float64)
    if value.size != 1:
        raise TypeError(f"{item.loss.__name__} gives no single number")
    return value


def _gradients(item: LossFunctions, start: Start, outside: Surroundings, x: Array, t: Any) -> Any:
    """What it returns beside the loss; of parameters that it returns updated, the steps."""
    before = {name: np.array(part) for name, part in start.parts.items() if isinstance(part, np.ndarray)}
    returned = _run(item.gradient, start, outside, x, t)
    if item.gradient is item.loss and item.place is None:
        return None  # it updates in place
    parts = list(returned) if isinstance(returned, tuple) else [returned]
    names = results.returned_names(item.gradient)
    names = names if len(names) == len(parts) else [""] * len(parts)
    found: dict[str, Any] = {}
    for i, (name, part) in enumerate(zip(names, parts, strict=True)):
        if item.gradient is item.loss and i == item.place:
            continue
        if name in before and part is not start.parts[name]:
            part = before[name] - part
        found[name or str(i)] = part
    return found
