"""What a class does with the arguments of its constructor: which are taken apart, which are gone through."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator


def halved(cls: type) -> set[str]:
    """The parameters that the constructor takes apart in two, `self.x, self.y = data`: inputs and labels."""
    found: set[str] = set()
    for node in ast.walk(_parsed(cls)):
        match node:
            case ast.Assign([ast.Tuple(elts)], ast.Name(name)) if len(elts) == 2:
                found.add(name)
    return found & _parameters(cls)


def gone_through(cls: type) -> set[str]:
    """The parameters that are indexed, measured or looped over, under their name or that of their attribute."""
    tree = _parsed(cls)
    taken = _parameters(cls)
    kept: dict[str, str] = {}  # attribute: parameter
    for node in ast.walk(tree):
        match node:
            case ast.Assign([ast.Attribute(attr=attribute)], ast.Name(name)) if name in taken:
                kept[attribute] = name
    return {kept.get(name, name) for name in _gone_through(tree)} & taken


def _gone_through(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=value, ctx=ast.Load()) if not isinstance(
                node.slice, ast.Constant | ast.Tuple
            ):
                yield _name(value)
            case ast.Subscript(value=value, slice=ast.Constant(int())):
                yield _name(value)
            case ast.Call(func=ast.Name(id="len" | "enumerate" | "zip"), args=arguments):
                yield from map(_name, arguments)
            case ast.For(iter=looped) | ast.comprehension(iter=looped):
                yield _name(looped)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _parsed(cls: type) -> ast.AST:
    try:
        return ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError, SyntaxError):
        return ast.Module([], [])


def _parameters(cls: type) -> set[str]:
    try:
        return set(inspect.signature(cls).parameters)
    except (TypeError, ValueError):
        return set()
