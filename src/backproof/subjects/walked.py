"""Objects that only hand on to the layers that they hold: where those are, and whether there are any."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from backproof.subjects.own_source import tree_of
from backproof.subjects.trial import entries
from backproof.subjects.trial.reach import reach

_AROUND = ("reversed", "enumerate", "list", "zip", "tuple")


def holds_none(instance: object) -> bool:
    """Whether this goes forward through layers that it holds, of which there are none: it computes nothing."""
    held = vars(instance) if hasattr(instance, "__dict__") else {}
    members = [held[name] for name in walked(type(instance)) if isinstance(held.get(name), list | tuple | dict)]
    return bool(members) and not any(members) and not reach(instance)


def trains_layers(cls: type) -> bool:
    """Whether it goes forward and back through its layers in its training alone."""
    return bool(walked(cls)) and not entries.forwards(entries.methods(cls)) and bool(entries.in_one(cls))


def begins_by_itself(cls: type) -> bool:
    """Whether it goes back through its layers from labels, by lines of its own: nothing beside it shows those."""
    backs = entries.going_back(entries.methods(cls))
    told = [back for back in backs if "t" in entries.roles_of_backward(back).values()]
    return bool(walked(cls)) and bool(told or (backs and entries.in_one(cls)))


def walked(cls: type) -> set[str]:
    """The attributes whose members are run forward one after the other, as `vars` has them."""
    found: set[str] = set()
    for each in cls.__mro__[:-1]:
        found |= {_mangled(each, name) for name in _walked(tree_of(each))}
    return found


def _mangled(cls: type, name: str) -> str:
    hidden = name.startswith("__") and not name.endswith("__")
    return f"_{cls.__name__.lstrip('_')}{name}" if hidden else name


def _walked(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.For(target, looped, body):
                names = {each.id for each in ast.walk(target) if isinstance(each, ast.Name)}
                if any(_runs(inner, names) for statement in body for inner in ast.walk(statement)):
                    yield from _attributes(looped)
            case ast.Call(ast.Attribute(ast.Subscript(ast.Attribute(ast.Name("self"), name)), method)):
                if _goes_forward(method):  # self.layers[i].forward(x)
                    yield name


def _runs(node: ast.AST, names: set[str]) -> bool:
    match node:
        case ast.Call(ast.Name(name)):
            return name in names
        case ast.Call(ast.Attribute(ast.Name(name), method)):
            return name in names and _goes_forward(method)
    return False


def _goes_forward(method: str) -> bool:
    return bool(entries.matching({method: len}, entries.FORWARD, entries.SCORES))


def _attributes(looped: ast.expr) -> Iterator[str]:
    """The attributes of the object that a loop goes through: `self.layers`, `reversed(self.layers[1:])`."""
    match looped:
        case ast.Attribute(ast.Name("self"), name):
            yield name
        case ast.Subscript(inner) | ast.Call(ast.Attribute(inner, "values" | "items"), []):
            yield from _attributes(inner)
        case ast.Call(ast.Name(function), arguments) if function in _AROUND:
            for argument in arguments:
                yield from _attributes(argument)
