"""Which lines are right: those that the edit changed, or, where it took lines away, where they are missed.

A changed line brings the whole statement that it belongs to. For a statement that is gone these are right:
the `def` of the function that lacks it, the statement now in its place, and those in the function that
read or write what it assigned or updated.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator


def right_lines(base: str, text: str) -> tuple[int, ...]:
    """Lines of `text`, from 1, that are right for the fault that turned `base` into it."""
    old, new = base.splitlines(), text.splitlines()
    found: set[int] = set()
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        changed = [line for line in range(j1 + 1, j2 + 1) if new[line - 1].strip()]
        for line in changed:
            found |= _statement(text, line)
        if not changed or all(new[line - 1].strip() == "pass" for line in changed):
            found |= _missed(base, range(i1 + 1, i2 + 1), text, j1 + 1)
    return tuple(sorted(found))


def _statement(text: str, line: int) -> set[int]:
    """All lines of the simple statement that holds this line; of a compound one, its head."""
    holding = [node for node in _statements(ast.parse(text)) if line in _lines(node)]
    return {line}.union(*(set(_lines(node)) for node in holding))


def _missed(base: str, gone: range, text: str, place: int) -> set[int]:
    """Where statements of `base` that are gone are missed in `text`, in which their place is line `place`."""
    names: set[str] = set()
    for node in _statements(ast.parse(base)):
        if node.lineno in gone and isinstance(node, ast.Assign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {name for target in targets for name in _targets(target)}
    tree = ast.parse(text)
    functions = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.lineno < place <= (node.end_lineno or 0) + 1
    ]
    found = _statement(text, place) if place <= text.count("\n") else set()
    for function in functions[-1:]:
        found |= set(range(function.lineno, function.body[0].lineno))
        for node in _statements(function):
            words = {ast.unparse(inner) for inner in ast.walk(node) if isinstance(inner, ast.Name | ast.Attribute)}
            if words & names and not isinstance(node, ast.FunctionDef):
                found |= set(_lines(node))
    return found


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.stmt))


def _lines(node: ast.stmt) -> range:
    """The lines of a simple statement; of a compound one, those before its body."""
    body = getattr(node, "body", None)
    return range(node.lineno, max(body[0].lineno, node.lineno + 1) if body else (node.end_lineno or 0) + 1)


def _targets(node: ast.expr) -> Iterator[str]:
    """What an assignment to `node` changes: `dx` for `dx[i] -= 1`, `self.x`, each of a tuple."""
    if isinstance(node, ast.Tuple):
        for element in node.elts:
            yield from _targets(element)
    elif isinstance(node, ast.Subscript):
        yield from _targets(node.value)
    else:
        yield ast.unparse(node)
