"""A user's function as its syntax tree: its statements in order, and which of them a value comes from.

Nothing is executed; line numbers and columns are those of the file.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import FunctionType
from typing import Any

import numpy as np

Ran = frozenset[tuple[str, int]]
Ranks = dict[tuple[str, int], dict[str, int]]  # by (file, first line) of a function: its locals' dimensions

# Methods and functions that change what they are called on, or their first argument.
_CHANGE_RECEIVER = {"fill", "sort", "put", "resize", "append", "extend", "insert", "update", "clear", "setdefault"}
_CHANGE_ARGUMENT = {"at", "copyto", "put_along_axis", "fill_diagonal", "place", "putmask"}


def dotted(node: ast.AST) -> str | None:
    """`self.x` for the expression self.x and for any item of it; None for what is no name."""
    while isinstance(node, ast.Subscript | ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = dotted(node.value)
        return None if base is None else f"{base}.{node.attr}"
    return None


def reads_of(node: ast.AST) -> set[str]:
    """All names and dotted names that an expression reads: x and x.T for x.T, never a bare self."""
    names = {dotted(part) for part in ast.walk(node) if isinstance(part, ast.Name | ast.Attribute)}
    return {name for name in names if name is not None and name != "self"}


def called_name(call: ast.AST) -> str:
    """`sum` for np.sum(x), x.sum() and sum(x); "" for what is no call."""
    if not isinstance(call, ast.Call):
        return ""
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def counters_of(around: Iterable[ast.AST]) -> set[str]:
    """The names that these loops count with."""
    loops = [node.target for node in around if isinstance(node, ast.For)]
    return {part.id for target in loops for part in ast.walk(target) if isinstance(part, ast.Name)}


@dataclass(eq=False)
class Step:
    """One statement; of a compound one its head (`for i in range(n)`), with the loops and tests around it."""

    node: ast.stmt
    rebinds: set[str]
    changes: set[str]  # what it writes into in place
    around: tuple[ast.stmt, ...]

    @property
    def value(self) -> ast.expr | None:
        """The expression that does the work: a right side, a returned value, a test."""
        for attribute in ("value", "iter", "test"):
            found = getattr(self.node, attribute, None)
            if isinstance(found, ast.expr):
                return found
        return None

    @cached_property
    def reads(self) -> set[str]:
        """What the statement's outcome depends on."""
        found = reads_of(self.value) if self.value is not None else set()
        for target in _targets(self.node):
            if isinstance(target, ast.Subscript):
                found |= reads_of(target.slice) | ({dotted(target)} - {None})  # type: ignore[operator]
        if isinstance(self.node, ast.AugAssign):
            found |= reads_of(self.node.target)
        return found

    @property
    def lines(self) -> range:
        """The lines of the statement itself, without the body below a head."""
        last = self.value if self.is_head and self.value is not None else self.node
        return range(self.node.lineno, (last.end_lineno or last.lineno) + 1)

    @property
    def is_head(self) -> bool:
        return isinstance(self.node, ast.For | ast.While | ast.If | ast.With)

    def parts(self) -> Iterator[ast.AST]:
        """The statement's own expressions, not those of the body below a head."""
        if self.is_head:
            yield from ast.walk(self.value) if self.value is not None else ()
        else:
            yield from ast.walk(self.node)


@dataclass(frozen=True, eq=False)
class Function:
    """A function written in Python, with its tree and the object that it is bound to."""

    function: FunctionType
    owner: object
    node: ast.FunctionDef
    file: str
    ran: Ran | None = None  # what was executed of all files; None where nobody listened

    @cached_property
    def parameters(self) -> list[str]:
        """The arguments' names, without self."""
        names = [a.arg for a in (*self.node.args.posonlyargs, *self.node.args.args)]
        return names[1:] if names[:1] in (["self"], ["cls"]) else names

    @cached_property
    def steps(self) -> list[Step]:
        """All statements in the order of the text; where it is known what ran, those that did."""
        every = list(_steps(self.node.body, ()))
        ran = self.ran or frozenset()
        done = [s for s in every if any((self.file, n) in ran for n in s.lines)]
        return done or every

    def slice(self, needed: set[str], end: int) -> list[Step]:
        """The statements before step `end` that the names in `needed` come from, the last ones first."""
        needed = set(needed)
        chosen: list[Step] = []
        for step in reversed(self.steps[:end]):
            if (step.rebinds | step.changes) & needed:
                chosen.append(step)
                if not step.around and not isinstance(step.node, ast.AugAssign):
                    needed -= step.rebinds
                needed |= step.reads
        for step in reversed(self.steps):  # in a loop, a later statement reaches an earlier one
            looped = any(isinstance(outer, ast.For | ast.While) for outer in step.around)
            if looped and step not in chosen and (step.rebinds | step.changes) & needed:
                chosen.append(step)
                needed |= step.reads
        return chosen

    def definition(self, name: str) -> ast.expr | None:
        """What a local name was last given; of several names at once, the value that they share."""
        found = [s.node for s in self.steps if isinstance(s.node, ast.Assign) and name in s.rebinds]
        return found[-1].value if found else None

    def called(self, call: ast.Call) -> Function | None:
        """The user's own function behind a call: a helper of its module, or a method of the same object."""
        name = dotted(call.func)
        if name is None:
            return None
        target: Any
        if name.startswith("self.") and self.owner is not None:
            target = getattr(self.owner, name[5:], None) if name.count(".") == 1 else None
        else:
            target = self.function.__globals__.get(name)
        return read(target, self.ran) if callable(target) and not inspect.isclass(target) else None

    def text(self, node: ast.AST) -> str:
        """The source of an expression as its author wrote it; of one over several lines, its first."""
        start, end = self.columns(node)
        return self.line(node.lineno)[start:end]  # type: ignore[attr-defined]

    def columns(self, node: ast.AST) -> tuple[int, int]:
        """First column and the one behind the last, in characters, on the node's first line."""
        line = self.line(node.lineno)  # type: ignore[attr-defined]
        data = line.encode()
        start = len(data[: node.col_offset].decode(errors="ignore"))  # type: ignore[attr-defined]
        if node.end_lineno != node.lineno:  # type: ignore[attr-defined]
            return start, len(line.rstrip())
        return start, len(data[: node.end_col_offset].decode(errors="ignore"))  # type: ignore[attr-defined]

    def line(self, number: int) -> str:
        """A line of the file, without its end."""
        return linecache.getline(self.file, number).rstrip("\n")


def read(function: Callable[..., Any] | None, ran: Ran | None = None) -> Function | None:
    """The tree of a user's function; None for what has no Python source, or is no `def`."""
    if function is None:
        return None
    owner = getattr(function, "__self__", None)
    plain = inspect.unwrap(getattr(function, "__func__", function))
    if not isinstance(plain, FunctionType) or "site-packages" in plain.__code__.co_filename:
        return None
    try:
        lines, first = inspect.getsourcelines(plain)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse("if True:\n" + "".join(lines) if lines[0][:1].isspace() else "\n" + "".join(lines))
    except (OSError, SyntaxError, TypeError, IndexError):
        return None
    node = next((n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)), None)
    if node is None:
        return None
    ast.increment_lineno(tree, first - 2)
    return Function(plain, owner, node, plain.__code__.co_filename, ran)


def rank_of(value: object) -> int | None:
    """The number of dimensions of an array, -1 for a float, -2 for an int, None for anything else."""
    if isinstance(value, np.ndarray):
        return value.ndim
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        return None
    return -2 if isinstance(value, int) else -1


@contextmanager
def listening(ran: set[tuple[str, int]], ranks: Ranks | None = None) -> Iterator[None]:
    """Note every line of Python that is executed meanwhile, as (file, line); of locals their ranks at the end."""

    def note(frame: Any, event: str, _: Any) -> Any:
        if event == "line":
            ran.add((frame.f_code.co_filename, frame.f_lineno))
        elif event == "return" and ranks is not None:
            held = {name: rank for name, value in frame.f_locals.items() if (rank := rank_of(value)) is not None}
            ranks.setdefault((frame.f_code.co_filename, frame.f_code.co_firstlineno), {}).update(held)
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        yield
    finally:
        sys.settrace(before)


def _steps(body: list[ast.stmt], around: tuple[ast.stmt, ...]) -> Iterator[Step]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Pass):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        yield Step(node, _rebinds(node), _changes(node), around)
        inner = around if isinstance(node, ast.With | ast.Try) else (*around, node)
        for field in ("body", "orelse", "finalbody"):
            yield from _steps(getattr(node, field, []), inner)
        for handler in getattr(node, "handlers", []):
            yield from _steps(handler.body, inner)


def _targets(node: ast.stmt) -> list[ast.expr]:
    match node:
        case ast.Assign():
            targets = node.targets
        case ast.AugAssign() | ast.AnnAssign() | ast.For():
            targets = [node.target]
        case _:
            targets = []
    return [part for target in targets for part in _flat(target)]


def _flat(target: ast.expr) -> list[ast.expr]:
    if isinstance(target, ast.Tuple | ast.List):
        return [part for element in target.elts for part in _flat(element)]
    return [target]


def _rebinds(node: ast.stmt) -> set[str]:
    found = {dotted(t) for t in _targets(node) if not isinstance(t, ast.Subscript)}
    return {name for name in found if name is not None}


def _changes(node: ast.stmt) -> set[str]:
    found: set[str | None] = {dotted(t) for t in _targets(node) if isinstance(t, ast.Subscript)}
    if isinstance(node, ast.AugAssign):
        found.add(dotted(node.target))
    calls = (
        [n for n in ast.walk(node.value) if isinstance(n, ast.Call)]
        if isinstance(node, ast.Expr | ast.Assign)
        else []
    )
    for call in calls:
        found |= {dotted(k.value) for k in call.keywords if k.arg == "out"}
        if called_name(call) in _CHANGE_RECEIVER and isinstance(call.func, ast.Attribute):
            found.add(dotted(call.func.value))
        if called_name(call) in _CHANGE_ARGUMENT and call.args:
            found.add(dotted(call.args[0]))
    return {name for name in found if name is not None}
