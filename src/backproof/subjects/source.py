"""Reading a user's Python source: encodings, syntax, and Python 2 told as what it is."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from pathlib import Path

from backproof.errors import BackproofError


class LoadError(BackproofError):
    """A target whose definitions cannot be taken; says what it is and what would help."""


class EmptyError(LoadError):
    """A target in which nothing is written, as most `__init__.py`."""


# Syntax that only Python 2 has, and how Python 3 words its refusal of it.
_PYTHON_2 = re.compile(
    r"^\s*print\s+[\"'\w]|^\s*print\s*>>|^\s*except\s+[\w.]+\s*,\s*\w+\s*:|^\s*raise\s+\w+\s*,|\s<>\s|^\s*exec\s+[\"'\w]"
    r"|\bur[\"']|\b0[0-7]+[lL]?\b|\b\d+[lL]\b|`",
    re.MULTILINE,
)
_SAYS_PYTHON_2 = re.compile(
    "Missing parentheses in call to|multiple exception types must be|leading zeros in decimal"
)


def read_text(path: Path) -> str:
    """The file's text in its declared encoding (UTF-8 where none is); raises LoadError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise LoadError(f"{path} cannot be read: {error.strerror}") from None
    try:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError as error:  # a wrong declaration, unless the bytes already are
            data.decode("utf-8")
            raise LoadError(f"{path}: {error}. Save it as UTF-8") from None
        return io.TextIOWrapper(io.BytesIO(data), encoding).read()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise LoadError(
            f"{path} is not UTF-8 text: byte 0x{data[error.start]:02x} on line {line}. "
            "Save it as UTF-8, or declare its encoding in the first line: # -*- coding: latin-1 -*-"
        ) from None


def read_python(path: Path) -> ast.Module:
    """The syntax tree of a Python file; raises LoadError."""
    text = read_text(path)
    return parse(text, str(path))


def parse(text: str, name: str) -> ast.Module:
    """The syntax tree of Python 3 source; raises LoadError that says where, or that it is Python 2."""
    if "\0" in text:
        raise LoadError(f"{name} is no text: it holds null bytes. Backproof needs a file that Python can read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a user's string is not our warning to give
            tree = ast.parse(text, name)
            compile(
                tree, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True
            )  # `return` outside
            return tree
    except SyntaxError as error:
        line = text.splitlines()[error.lineno - 1] if error.lineno and text.splitlines() else ""
        where = f"{name}, line {error.lineno}"
        if isinstance(error, TabError) or _PYTHON_2.search(line) or _SAYS_PYTHON_2.search(error.msg):
            hint = (
                "indents with a mix of tabs and spaces" if isinstance(error, TabError) else f"has {line.strip()!r}"
            )
            raise LoadError(
                f"{where} {hint}: this is Python 2, and Backproof judges Python 3. Convert it first"
            ) from None
        raise LoadError(
            f"{where}: {error.msg}: {line.strip()!r}. Backproof needs a file that Python can read"
        ) from None
    except ValueError as error:  # halves of characters
        raise LoadError(f"{name} is no Python source: {error}") from None
    except (RecursionError, MemoryError):
        raise LoadError(f"{name} is nested too deeply for Python to read") from None
