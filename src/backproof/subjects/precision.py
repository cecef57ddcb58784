"""Single precision read as double: differences of float32 numbers drown in their rounding.

Half precision stays what it is: nobody trains in it by hand on purpose, and its rounding is a fault to report.
"""

from __future__ import annotations

import ast
import re
from typing import TypeVar

_SINGLE = {"float32", "single"}
_CODES = _SINGLE | {"f", "f4", "<f4"}
_DTYPE_SECOND = {"zeros", "ones", "empty", "array", "asarray", "zeros_like", "ones_like", "empty_like"}

_Tree = TypeVar("_Tree", bound=ast.AST)


def doubled(tree: _Tree) -> _Tree:
    """The same tree with `np.float32`, `dtype="f"` and `.astype("f")` asking for float64; changed in place."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(), attr=name) if name in _SINGLE:
                node.attr = "float64"
            case ast.Call(ast.Attribute(attr="astype"), args=[ast.Constant() as kind, *_]):
                _widen(kind)
            case ast.Call(ast.Attribute(attr=name), args=[_, ast.Constant() as kind, *_]) if name in _DTYPE_SECOND:
                _widen(kind)
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "dtype" and isinstance(keyword.value, ast.Constant):
                    _widen(keyword.value)
    return tree


def speaks_of_single(text: str) -> bool:
    """Whether there is anything in a source for `doubled` to change."""
    return _SPOKEN.search(text) is not None


_SPOKEN = re.compile(r"""float32|single|['"]<?f4?['"]""")


def _widen(kind: ast.Constant) -> None:
    if kind.value in _CODES:
        kind.value = "float64"
