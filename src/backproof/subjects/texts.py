"""A short text in place of those that scripts read from files: the size of a vocabulary hangs on it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Container
from typing import TypeVar

TEXT = "to be or not to be, that is a text\n" * 8

_READS = ("read", "readlines")
_Statement = TypeVar("_Statement", bound=ast.stmt)


def stood_in(node: _Statement, handles: Container[str]) -> _Statement:
    """The statement with the text wherever it reads a file whole: `open(name).read()`, `handle.read()`."""
    if not any(isinstance(part, ast.Attribute) and part.attr in _READS for part in ast.walk(node)):
        return node
    changed = _StandIn(handles)
    found: _Statement = changed.visit(copy.deepcopy(node))
    return ast.fix_missing_locations(found) if changed.seen else node


def read_inside(node: ast.With) -> list[ast.stmt] | None:
    """What `with open(name) as handle:` assigns, with the text in place of the file; None for another `with`."""
    match node.items:
        case [ast.withitem(ast.Call() as call, ast.Name(handle))] if _opens(call):
            found = [stood_in(s, {handle}) for s in node.body]
            same = all(new is old for new, old in zip(found, node.body, strict=True))
            return None if same else list(found)
    return None


def handle_of(node: ast.stmt) -> str | None:
    """The name that `handle = open(name)` binds; None for any other statement."""
    match node:
        case ast.Assign([ast.Name(handle)], call) if _opens(call):
            return handle
    return None


def _opens(call: ast.expr) -> bool:
    """Whether this opens a text for reading."""
    if not (isinstance(call, ast.Call) and ast.unparse(call.func) in ("open", "io.open", "codecs.open")):
        return False
    modes = [k.value for k in call.keywords if k.arg == "mode"] + call.args[1:2]
    return all(isinstance(mode, ast.Constant) and mode.value in ("r", "rt", "rU") for mode in modes)


class _StandIn(ast.NodeTransformer):
    """Puts the text where `.read()` or `.readlines()` of a file that is opened, or of its handle, stands."""

    def __init__(self, handles: Container[str]) -> None:
        self.handles, self.seen = handles, False

    def visit_Call(self, node: ast.Call) -> ast.AST:
        match node:
            case ast.Call(ast.Attribute(file, "read" | "readlines" as how), []) if self._is_file(file):
                self.seen = True
                text = ast.Constant(TEXT)
                if how == "read":
                    return ast.copy_location(text, node)
                lines = ast.Attribute(text, "splitlines", ast.Load())
                return ast.copy_location(ast.Call(lines, [ast.Constant(True)], []), node)
        return self.generic_visit(node)

    def _is_file(self, node: ast.expr) -> bool:
        return _opens(node) or (isinstance(node, ast.Name) and node.id in self.handles)
