"""Functions that give a loss and its gradient, without scores: `propagate(w, b, X, Y)`, `cost` with `gradient`."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from backproof.subjects.argument_roles import words_of
from backproof.subjects.own_source import tree_of
from backproof.subjects.signatures import parameters
from backproof.subjects.trial import entries, results, starts
from backproof.subjects.trial.roles import LOSS, role

_SLOPE = re.compile(r"grad|deriv|backprop|back_prop", re.IGNORECASE)
_OTHER = re.compile(r"num|descent|check|approx|ascent|sgd|test|plot|clip", re.IGNORECASE)
_LOOPS = re.compile(r"iter|epoch|steps|batch_?size|history", re.IGNORECASE)
_USUAL = re.compile(
    r"cost|loss|error|function|func|fn|compute|calculate|calc|get|gradients?|grad|deriv(ative)?|backprop|_",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class LossFunctions:
    """A function that gives a loss with its gradient, or two of the same arguments, one for each.

    place: of the loss in what the first returns; None where that is the loss alone.
    """

    name: str
    loss: Callable[..., Any]
    gradient: Callable[..., Any]
    place: int | None = None


def loss_functions(own: Mapping[str, Callable[..., Any]]) -> Iterator[LossFunctions]:
    """Those among a file's functions."""
    ready = {name: f for name, f in own.items() if _takes_all(f) and not _OTHER.search(name)}
    alone = {name: place for name, f in ready.items() if (place := _loss_place(f)) != _NONE}
    for name, place in alone.items():
        yield LossFunctions(name, ready[name], ready[name], place)
    losses = {name: f for name, f in entries.losses(ready).items() if name not in alone}
    for name, f in ready.items():
        if name in alone or not _SLOPE.search(name):
            continue
        taken = [n for n, needed in parameters(f).items() if needed]
        for other, loss in losses.items():
            theirs = [n for n, needed in parameters(loss).items() if needed]
            if _USUAL.sub("", other) == _USUAL.sub("", name) and sorted(taken) == sorted(theirs):
                yield LossFunctions(f"{other} with {name}", loss, f)
                break


def weights_of(function: Callable[..., Any]) -> list[str]:
    """The parameters that hold weights: by name one by one, else the one that may hold all."""
    names = starts.parameter_names(function)
    return names or [n for n, needed in parameters(function).items() if needed and starts.is_whole(n)][:1]


def roles_with_labels(function: Callable[..., Any]) -> dict[str, str]:
    """The role of each parameter; where none is the labels, the one whose name begins with y is: `y_training`."""
    found = {name: "" if _is_size(name) else role(name) for name in parameters(function)}
    if "t" not in found.values():
        likely = next((name for name in found if re.match("[yY](_|$)", name)), None)
        found |= {likely: "t"} if likely is not None else {}
    return found


def _is_size(name: str) -> bool:
    """`num_labels` is a number of outputs, no labels."""
    words = words_of(name)
    return len(words) > 1 and bool(words & {"num", "size", "n", "dim", "number"})


_NONE = -1


def _takes_all(function: Callable[..., Any]) -> bool:
    """Whether it takes weights, inputs and labels, and runs once."""
    taken = parameters(function)
    roles = list(roles_with_labels(function).values())
    loops = any(_LOOPS.search(name) for name in taken) or "once" in roles
    return roles.count("x") == 1 and roles.count("t") == 1 and bool(weights_of(function)) and not loops


def _loss_place(function: Callable[..., Any]) -> int | None:
    """Where the loss lies in what it returns beside gradients; None: alone, and it updates; else _NONE."""
    names = results.returned_names(function)
    places = [i for i, name in enumerate(names) if _is_loss(name)]
    if len(places) == 1 and len(names) > 1:
        return places[0]
    return None if places and _updates(function) else _NONE


def _is_loss(name: str) -> bool:
    if name in ("J", "L", "E", "j"):
        return True
    several = re.search("(losse|cost|error)s$", name, re.IGNORECASE)
    return bool(LOSS.search(name) and not entries.NO_LOSS.search(name) and not several)


def _updates(function: Callable[..., Any]) -> bool:
    """Whether it steps in place: `W1 -= lr * dW1`."""
    weights = set(weights_of(function))
    targets = [node.target for node in ast.walk(tree_of(function)) if isinstance(node, ast.AugAssign)]
    owners = [t.value if isinstance(t, ast.Subscript) else t for t in targets]
    return any(isinstance(owner, ast.Name) and owner.id in weights for owner in owners)
