"""Functions that a loop calls for one step at a time."""

from __future__ import annotations

import ast
from typing import Any

from backproof.check.syntax import called_name
from backproof.subjects.own_source import tree_of


def fills_entries(caller: Any, name: str) -> bool:
    """Whether a loop in the code fills one entry after the other with what this function gives: `o[t] = f(z)`."""
    loops = (node for node in ast.walk(tree_of(caller)) if isinstance(node, ast.For))
    return any(
        isinstance(node, ast.Assign)
        and any(_is_entry(target, _names(loop.target)) for target in node.targets)
        and any(called_name(part) == name for part in ast.walk(node.value) if isinstance(part, ast.Call))
        for loop in loops
        for node in ast.walk(loop)
    )


def _is_entry(target: ast.expr, counters: set[str]) -> bool:
    return isinstance(target, ast.Subscript) and bool(_names(target.slice) & counters)


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
