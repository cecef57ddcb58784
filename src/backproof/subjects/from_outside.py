"""Attributes that others set on an object: `layer.optimizer = optimizer` in the network that holds it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from typing import Any

from backproof.subjects.argument_roles import words_of
from backproof.subjects.descent import Descent
from backproof.subjects.imports import is_users
from backproof.subjects.own_source import tree_of
from backproof.subjects.parts import descent_of, known_to

_OPTIMIZER = {"optimizer", "optimiser", "optim", "opt"}


def lend(instance: Any) -> None:
    """Give the object the optimizer that its methods read and only others set."""
    cls: type = type(instance)
    for name in _read(cls) if hasattr(instance, "__dict__") else ():
        if words_of(name) & _OPTIMIZER and getattr(instance, name, None) is None and set_by_others(cls, name):
            found = descent_of(known_to(cls))
            setattr(instance, name, found if found is not None else Descent())


def set_by_others(cls: type, name: str) -> bool:
    """Whether the class never gives itself a value for this attribute, and others in its files set one."""
    own = (store for each in cls.__mro__[:-1] for store in _stores(tree_of(each), name))
    if any(_of_self(target) and not _is_none(value) for target, value in own):
        return False
    known_to(cls)  # loads the files beside it
    homes = {cls.__module__, *(home for home in list(sys.modules) if is_users(home))}
    trees = (tree_of(sys.modules[home]) for home in sorted(homes) if home in sys.modules)
    return any(not _of_self(target) for tree in trees for target, _ in _stores(tree, name))


def _read(cls: type) -> set[str]:
    """The names of the attributes that its methods read from the object itself."""
    nodes = [node for each in cls.__mro__[:-1] for node in ast.walk(tree_of(each))]
    attributes = [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)]
    return {node.attr for node in attributes if _of_self(node)}


def _stores(tree: ast.AST, name: str) -> Iterator[tuple[ast.Attribute, ast.expr]]:
    """Every `owner.name = value`, as target and value."""
    for node in ast.walk(tree):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(node, ast.Assign) and isinstance(target, ast.Attribute) and target.attr == name:
                yield target, node.value


def _of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None
