"""From the user's own function to its place: file and first line."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def place(function: Callable[..., Any] | None) -> tuple[str | None, int | None]:
    """(file, line) of a function written in Python; (None, None) for anything else."""
    if function is None:
        return None, None
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)
