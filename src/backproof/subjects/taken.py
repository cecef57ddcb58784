"""Scripts that define nothing to judge: the layers that they take from the user's own files and put together."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from backproof.subjects.imports import is_users
from backproof.subjects.load import Loaded
from backproof.subjects.own_source import tree_of
from backproof.subjects.select import Target, targets
from backproof.subjects.trial import entries

_DEFINED = (ast.FunctionDef, ast.ClassDef)
_KINDS = ("network", "layer", "pair")


def taken(loaded: Loaded) -> list[Target]:
    """What the script uses of the user's own files and is judged as it would be there."""
    if loaded.requested is not None:
        return []
    return [each for each in targets(replace(loaded, definitions=_used(loaded))) if each.kind in _KINDS]


def unseen(loaded: Loaded) -> Iterator[tuple[str, str, int]]:
    """(name, file, line) of what goes back through layers, in the script or in functions that it uses: not run."""
    lines = (_goes_back(node) for node in tree_of(loaded.module).body if not isinstance(node, _DEFINED))
    line = next((line for line in lines if line is not None), None)
    if line is not None:
        yield loaded.path.name, str(loaded.path), line
    for name, item in (loaded.definitions | _used(loaded)).items():
        if inspect.isfunction(item) and _goes_back(tree_of(item)) is not None:
            yield name, item.__code__.co_filename, item.__code__.co_firstlineno


def _used(loaded: Loaded) -> dict[str, Any]:
    named = {node.id for node in ast.walk(tree_of(loaded.module)) if isinstance(node, ast.Name)}
    held = {name: item for name, item in vars(loaded.module).items() if name in named}
    return {name: item for name, item in held.items() if is_users(str(getattr(item, "__module__", None)))}


def _goes_back(tree: ast.AST) -> int | None:
    """The line where a method that goes back by its name is called on something."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(ast.Attribute(attr=name)) if entries.BACKWARD.match(name.strip("_")):
                return node.lineno
    return None
