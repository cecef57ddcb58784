"""Names that the code uses and its file binds nowhere, methods that it reckons with: mistakes, whatever the input.

What only a script's own run would define is bound in the file all the same, and so no mistake.
"""

from __future__ import annotations

import ast
import linecache
import re
import sys
import traceback
from collections.abc import Iterator

import numpy as np

from backproof.subjects.from_outside import set_by_others
from backproof.subjects.imports import is_users
from backproof.subjects.own_source import tree_of


def undefined(error: BaseException) -> str:
    """The name at fault in a NameError or AttributeError, a method without its call in a TypeError; else "".

    Also "" where the file binds the name or cannot be read.
    """
    if isinstance(error, TypeError) and (method := _UNCALLED.search(str(error))):  # `labels.max + 1`
        return method[0]
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError) and error.name:
        frames = traceback.extract_tb(error.__traceback__)
        tree = _parsed(frames[-1].filename) if frames else None
        return error.name if tree is not None and not _bound(tree, error.name) else ""
    if isinstance(error, AttributeError) and error.name and error.obj is not None:
        own = [c for c in type(error.obj).__mro__ if c is not object]
        files = {getattr(sys.modules.get(c.__module__), "__file__", None) for c in own}
        trees = [_parsed(file) if file is not None else None for file in files]
        known = [tree for tree in trees if tree is not None]
        names = {c.__name__ for c in own}
        if (
            own
            and len(known) == len(trees)
            and not any(_sets(_reaching(tree, names), error.name) for tree in known)
        ):
            return error.name
    return ""


_UNCALLED = re.compile(r"(?<=unsupported operand type\(s\) for ).*'(builtin_function_or_method|method)'")


def lacks_what_others_give(error: AttributeError) -> bool:
    """Whether the check gave less than the user's own code would.

    An object without what only others set, `layer.optimizer = ...`; an array or a number where objects of the
    user's are meant, `bottom.diff`.
    """
    obj, name = error.obj, error.name or ""
    if isinstance(obj, (int, float)) and hasattr(np.ndarray, name):
        return True  # it is called with an array
    if isinstance(obj, (str, int, float, np.ndarray)):
        homes = [home for home in list(sys.modules) if is_users(home)]
        return any(_sets(list(ast.walk(tree_of(sys.modules[home]))), name) for home in homes)
    return bool(name) and set_by_others(type(obj), name)


def _parsed(file: str) -> ast.Module | None:
    if not file.endswith(".py") or "site-packages" in file:
        return None
    try:
        return ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return None


def _bound(tree: ast.Module, name: str) -> bool:
    """Whether the module binds the name outside of functions and classes, or may import it with a star."""
    declared = any(isinstance(node, ast.Global) and name in node.names for node in ast.walk(tree))
    return declared or any(found in (name, "*") for found in _names(tree.body))


def _names(statements: list[ast.stmt]) -> Iterator[str]:
    for statement in statements:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield statement.name
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
        else:
            for node in ast.walk(statement):  # a block's functions are walked too: too many names, never too few
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id
                elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                    yield node.name
                elif isinstance(node, ast.Import | ast.ImportFrom):
                    yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)


def _reaching(tree: ast.Module, names: set[str]) -> list[ast.AST]:
    """All in the module but what other classes than these set on themselves."""
    others = [n for n in tree.body if isinstance(n, ast.ClassDef) and n.name not in names]
    own = {
        id(node)
        for other in others
        for node in ast.walk(other)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }
    return [node for node in ast.walk(tree) if id(node) not in own]


def _sets(nodes: list[ast.AST], name: str) -> bool:
    """Whether any of these sets or defines such an attribute, or may set any at all."""
    for node in nodes:
        match node:
            case ast.Attribute(attr=attr, ctx=ast.Store()) if attr == name:
                return True
            case ast.FunctionDef(name=found) | ast.ClassDef(name=found) | ast.Name(id=found, ctx=ast.Store()):
                if found == name:
                    return True
            case ast.Name(id="setattr") | ast.Attribute(attr="__dict__" | "__getattr__") | ast.Name(id="vars"):
                return True
    return False
