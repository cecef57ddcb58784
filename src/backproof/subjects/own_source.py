"""The source of people's functions and classes, as text and as a syntax tree; nothing where there is none."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from typing import Any

_REMEMBERED = 1024  # sources: the same ones are asked for at every evaluation


def text_of(item: Any) -> str:
    """A function's, class's or module's source, its indentation removed; "" where there is none."""
    return _source(item)[0]


def tree_of(item: Any) -> ast.Module:
    """Its syntax tree, to be read and not written into; an empty module where there is no source."""
    return _source(item)[1]


def text_around(item: Any) -> str:
    """The source of the file without the item's own; "" where there is none."""
    try:
        return _read_around(getattr(item, "__func__", item))
    except (OSError, TypeError):
        return ""


@functools.lru_cache(_REMEMBERED)
def _read_around(item: Any) -> str:
    return "".join(inspect.findsource(item)[0]).replace(inspect.getsource(item), "")


def _source(item: Any) -> tuple[str, ast.Module]:
    plain = getattr(item, "__func__", item)
    try:
        return _read(plain)
    except TypeError:  # an object that cannot be hashed, and so no function and no class
        return "", ast.Module([], [])


@functools.lru_cache(_REMEMBERED)
def _read(item: Any) -> tuple[str, ast.Module]:
    try:
        text = textwrap.dedent(inspect.getsource(item))
    except (OSError, TypeError):
        return "", ast.Module([], [])
    try:
        return text, ast.parse(text)
    except SyntaxError:
        return text, ast.Module([], [])
