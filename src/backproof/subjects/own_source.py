"""The source of people's functions and classes, as text and as a syntax tree; nothing where there is none."""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any


def text_of(item: Any) -> str:
    """A function's, class's or module's source, its indentation removed; "" where there is none."""
    try:
        return textwrap.dedent(inspect.getsource(item))
    except (OSError, TypeError):
        return ""


def tree_of(item: Any) -> ast.Module:
    """Its syntax tree; an empty module where there is no source."""
    try:
        return ast.parse(text_of(item))
    except SyntaxError:
        return ast.Module([], [])


def text_around(item: Any) -> str:
    """The source of the file without the item's own; "" where there is none."""
    try:
        return "".join(inspect.findsource(item)[0]).replace(inspect.getsource(item), "")
    except (OSError, TypeError):
        return ""
