"""How code calls its own classes and functions: the arguments in its script and in the files beside it.

Nothing of the script runs. Of each call those arguments are taken that only compute a value, with the names that
the script gives to such values; the others are left open.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from backproof.subjects.definitions import Definitions
from backproof.subjects.imports import UserImports

_MOST_FILES = 40  # beside it
_MOST_CHARACTERS = 200_000  # of one file
_MOST_NUMBERS = 10**6  # in one argument


OPEN = object()  # an argument that is known only when the script runs


def own_calls(item: Callable[..., Any]) -> Iterator[Mapping[str, Any]]:
    """What the calls of a class or function give to its parameters: those in its file, then in those beside it.

    A value is OPEN where only the running script has it; a call of which nothing is known is left out.
    """
    module = sys.modules.get(item.__module__)
    try:
        signature = inspect.signature(item)
        own = "".join(inspect.findsource(item)[0])
    except (OSError, TypeError, ValueError):
        return
    if module is None:
        return
    seen: set[str] = set()
    for text in (own, *_beside(getattr(module, "__file__", None))):
        if item.__name__ not in text:
            continue
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        script = _Script(tree, module)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _called(node.func) == item.__name__:
                given = script.given(node, signature)
                if given is not None and (shown := ast.unparse(node)) not in seen:
                    seen.add(shown)
                    yield given


def _beside(file: str | None) -> Iterator[str]:
    if file is None:
        return
    path = Path(file)
    for other in sorted(path.parent.glob("*.py"))[:_MOST_FILES]:
        if other != path:
            try:
                text = other.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            if len(text) <= _MOST_CHARACTERS:
                yield text


def _called(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


class _Script:
    """The names that a file gives to values, wherever it does, over those of the module with the class."""

    def __init__(self, tree: ast.Module, module: ModuleType) -> None:
        self.space = ModuleType(module.__name__)
        self.space.__dict__.update({"np": np, **vars(module)})
        self.definitions = Definitions(self.space, "", UserImports(Path()))
        assigned = [n for n in ast.walk(tree) if isinstance(n, ast.Assign) and len(n.targets) == 1]
        for node in sorted(assigned, key=lambda n: n.lineno):
            target = node.targets[0]
            if isinstance(target, ast.Name) and target.id not in self.space.__dict__:
                value = self.value(node.value)
                if value is not OPEN:
                    self.space.__dict__[target.id] = value

    def value(self, node: ast.expr) -> Any:
        if not self.definitions.only_computes(node):
            return OPEN
        try:
            value = self.definitions.value(node)
        except (Exception, SystemExit):  # a name that only the running script has
            return OPEN
        return OPEN if isinstance(value, np.ndarray) and value.size > _MOST_NUMBERS else value

    def given(self, node: ast.Call, signature: inspect.Signature) -> dict[str, Any] | None:
        """The arguments by parameter; None where they do not fit the signature, or nothing is known of any."""
        if any(isinstance(part, ast.Starred) for part in node.args):
            return None
        args = [self.value(part) for part in node.args]
        kwargs = {part.arg: self.value(part.value) for part in node.keywords if part.arg is not None}
        try:
            given = signature.bind_partial(*args, **kwargs).arguments
        except TypeError:
            return None
        return dict(given) if any(value is not OPEN for value in given.values()) else None
