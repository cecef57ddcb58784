"""Layers that get their weights after their constructor, by `build(input_dim)` and the like."""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from backproof.subjects.argument_roles import CHANNELS, HIDDEN, INPUT, OUTPUT, SECOND_HIDDEN, role, words_of
from backproof.subjects.descent import Descent
from backproof.subjects.own_source import tree_of
from backproof.subjects.trial import entries
from backproof.subjects.trial.reach import members, reach
from backproof.subjects.trial.roles import SHRINKING
from backproof.subjects.trial.roles import role as trial_role

_STEPS = re.compile(
    r"_*(build|compile|set(_?up|_?val(ue)?s?|_?sizes?)?|init(iali[sz]e)?|prepare|create|reset|make|randomi[sz]e)"
    r"(_?(params?|parameters|weights?|layer|variables|self|training|network|model))?$",
    re.IGNORECASE,
)


def second_step(instance: Any) -> None:
    """Layers that get their weights later: `build(input_dim)` and the like, where there are no arrays yet."""
    if not hasattr(instance, "__dict__"):  # all it holds has a slot
        return
    _set_sizes(instance)
    held = vars(instance)
    if any(isinstance(v, np.ndarray) and v.size for v in held.values()):
        _first_forward(instance)
        return
    made_elsewhere = _makers(instance)
    for name in dir(type(instance)):
        if any(isinstance(v, np.ndarray) and v.size for v in vars(instance).values()):
            return
        method = getattr(instance, name, None) if _STEPS.match(name) or name in made_elsewhere else None
        if not inspect.ismethod(method):
            continue
        taken = [p for p in inspect.signature(method).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        needed = [p for p in taken if p.default is p.empty or words_of(p.name) & {"optimizer", "opt", "optim"}]
        sized = [p for p in needed if role(p.name) == "input" and not words_of(p.name) <= _NEIGHBOURS]
        for size in (*_as_unpacked(method), INPUT, (None, INPUT), (INPUT,)):
            _set_sizes(instance)
            with contextlib.suppress(Exception):  # another form of size; the forward will say what is missing
                several = len(needed) > 1
                method(
                    *(
                        None
                        if sized and words_of(p.name) <= _NEIGHBOURS
                        else _step_argument(p, size, several=several)
                        for p in needed
                    )
                )
                break
    _first_forward(instance)


_NEIGHBOURS = {"prev", "previous", "next", "before", "after", "layer", "below", "above"}


def _makers(instance: Any) -> set[str]:
    """The methods, by whatever name, that set what the way forward reads and the constructor leaves unset."""
    ways = entries.methods(instance)
    forward = entries.forward_of_layer(ways)
    if forward is None:
        return set()
    stored = _attributes(forward, ast.Store)
    missing = _attributes(forward, ast.Load) - stored - set(dir(instance))
    others = {
        name: f for name, f in ways.items() if f != forward and f not in entries.matching(ways, entries.BACKWARD)
    }
    return {name for name, f in others.items() if missing & _made(f)}


def _made(method: Any) -> set[str]:
    """The attributes that a method makes by calls and of what its object holds: labels it would take as given."""
    found: set[str] = set()
    for node in ast.walk(tree_of(method)):
        match node:
            case ast.Assign([ast.Attribute(ast.Name("self"), name)], value):
                parts = list(ast.walk(value))
                own = any(isinstance(part, ast.Name) and part.id == "self" for part in parts)
                found |= {name} if own and any(isinstance(part, ast.Call) for part in parts) else set()
    return found


def _attributes(method: Any, use: type[ast.expr_context]) -> set[str]:
    """The attributes of its object that a method reads, or sets."""
    found = (node for node in ast.walk(tree_of(method)) if isinstance(node, ast.Attribute))
    return {
        n.attr for n in found if isinstance(n.ctx, use) and isinstance(n.value, ast.Name) and n.value.id == "self"
    }


def _as_unpacked(method: Any) -> list[tuple[int | None, ...]]:
    """The shape of one sample, where the method takes it apart: `length, channels = input_shape`."""
    taken = inspect.signature(method).parameters
    for node in ast.walk(tree_of(method)):
        match node:
            case ast.Assign([ast.Tuple(elts)], ast.Name(name)) if name in taken:
                names = [part.id for part in elts if isinstance(part, ast.Name)]
                if len(names) == len(elts) and any(words_of(each) & _CHANNELS for each in names):
                    sides = iter((7, 9, 11))
                    return [tuple(_side(each, sides) for each in names)]
    return []


def _side(name: str, sides: Iterator[int]) -> int | None:
    words = words_of(name)
    if words & _CHANNELS:
        return CHANNELS
    return None if not words or words & {"n", "batch", "bs", "samples"} else next(sides)


_CHANNELS = {"c", "ch", "cin", "channel", "channels", "depth", "d"}


def _set_sizes(instance: Any) -> None:
    """What the network that holds a layer sets: the size of its input; a property may then make the weights."""
    for name in ("input_shape", "_input_shape", "input_size", "input_dim"):
        is_property = isinstance(getattr(type(instance), name, None), property)
        if (name in vars(instance) or is_property) and getattr(instance, name, None) is None:
            with contextlib.suppress(Exception):  # a property without a setter, or of another form
                setattr(instance, name, (INPUT,) if name.endswith("shape") else INPUT)


def rates(instance: Any) -> None:
    """The learning rate that a method reads from the object and only its training sets."""
    if not hasattr(instance, "__dict__"):
        return
    for node in ast.walk(tree_of(type(instance))):
        match node:
            case ast.Attribute(ast.Name("self"), name, ast.Load()) if trial_role(name) == "rate" and not hasattr(
                instance, name
            ):
                setattr(instance, name, Descent.lr)


def without_penalty(layer: Any) -> None:
    """Take off what layers with weights add to their gradients for a penalty: its loss is elsewhere."""
    left, seen = [(layer, False)], set()
    while left:
        item, within = left.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        held = vars(item) if hasattr(item, "__dict__") and not isinstance(item, type) else {}
        own = bool(held) and any(array.ndim > 1 for array in held.values() if isinstance(array, np.ndarray))
        weights = within or any(array.ndim > 1 for array in reach(item).values())  # else it is another number
        left += [(member, within or own) for _, member in members(item)]  # `self.config.l2` beside `self.w`
        for name in [name for name, value in held.items() if weights and isinstance(value, float)]:
            if SHRINKING.fullmatch(name.strip("_")):
                held[name] = 0.0


_TRAINING = re.compile(r"_*(is_?)?(in_?)?train(ing)?(_?(mode|flg|flag|phase))?", re.IGNORECASE)


def in_training(instance: Any) -> None:
    """Put layers that begin in evaluation (`self._train = False`) into training, as their users do by a call."""
    for name, value in vars(instance).items() if hasattr(instance, "__dict__") else ():
        if value is False and _TRAINING.fullmatch(name):
            vars(instance)[name] = True


def _first_forward(instance: Any) -> None:
    """Weights that are None, and made by the first forward as wide as its input."""
    made_later = ("weight", "gamma", "beta", "bias")
    if not any(value is None and role(name) in made_later for name, value in vars(instance).items()):
        return
    for forward in entries.matching(entries.methods(instance), entries.FORWARD)[:1]:
        with contextlib.suppress(Exception):  # it wants something else
            forward(np.random.default_rng(0).standard_normal((3, INPUT)))


_SIZES = {"input": INPUT, "hidden": HIDDEN, "output": OUTPUT}


def _step_argument(parameter: inspect.Parameter, size: Any, *, several: bool) -> Any:
    words = words_of(parameter.name)
    if several and role(parameter.name) in _SIZES:
        return _SIZES[role(parameter.name)]
    if words & {"optimizer", "opt", "optim"}:
        return Descent()
    if role(parameter.name) == "sizes" and "shape" not in words:
        return [INPUT, HIDDEN, SECOND_HIDDEN, OUTPUT]
    if words & {"method", "mode", "initializer", "initialization", "scheme"}:
        return "xavier"
    if "batch" in words:
        return 3
    return False if parameter.annotation in (bool, "bool") else size
