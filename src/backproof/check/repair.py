"""Tries small changes of the user's own lines until one makes it right: then the place and the mend are certain.

The user's functions get other code for the length of one try, and their own back whatever happens. A change is
believed where the backward then fits the numeric gradient in every quantity, the output being what it was; for a
forward, where it then is what its name promises.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from types import CodeType
from typing import Any

import numpy as np

from backproof.check import mends
from backproof.check.locate import Spot, suspects, works
from backproof.check.syntax import Function, Ran, Step, read

FITS = 1e-5  # of the numeric gradient's size
DEPTH = 2  # helpers called by helpers


@dataclass(frozen=True)
class Repair:
    """Where the change is made, and the line as it then reads."""

    spot: Spot
    line: str


@dataclass(frozen=True)
class _Try:
    function: Function
    spot: Spot
    line: str
    code: CodeType


def search(
    groups: Sequence[Sequence[Function]],
    order: Sequence[Step],
    cause: str,
    right: Callable[[], bool],
    seconds: float,
) -> Repair | None:
    """The first change under which `right()` holds, of those that can be tried in so many seconds.

    groups: functions whose lines may be changed, the likelier group first; order: statements to begin with; cause:
    what to begin with there.
    """
    likely = {step.node: i for i, step in enumerate(order)}
    until = time.perf_counter() + seconds
    kinds = [_by_cause, _factors, _changes, _names] if cause in _FORMS else [_by_cause, _changes, _names, _factors]
    for kind, functions in product(kinds, groups):
        places = [(f, s) for f in functions for s in f.steps if not _in_while(s)]
        places.sort(
            key=lambda place: (isinstance(place[1].node, ast.Return), likely.get(place[1].node, len(likely)))
        )
        places.sort(key=lambda place: not works(place[1]))
        if kind is _factors:  # where something is missing, a bare `dx = dout` is the likeliest place
            places.sort(key=lambda place: _is_bare(place[1]))
        for function, step in places:
            for attempt in _attempts(function, step, kind(function, step, cause)):
                if time.perf_counter() > until:
                    return None
                with _swapped(attempt):
                    found = _holds(right)
                if found:
                    # Where the code as it was is right as well by now, a try has changed what it remembers.
                    return None if _holds(right) else Repair(attempt.spot, attempt.line)
    return None


def _holds(right: Callable[[], bool]) -> bool:
    try:
        return right()
    except Exception:  # most changes make no sense
        return False


def _in_while(step: Step) -> bool:
    """Whether a change here could let a loop go on for ever."""
    return any(isinstance(node, ast.While) for node in (step.node, *step.around))


def _is_bare(step: Step) -> int:
    """0 for `dx = dout`, 2 for `return dx`, 1 for all else."""
    if not isinstance(step.value, ast.Name | ast.Attribute):
        return 1
    return {ast.Assign: 0, ast.Return: 2}.get(type(step.node), 1)


def with_helpers(functions: Sequence[Callable[..., Any] | None], ran: Ran | None = None) -> list[Function]:
    """The functions that have source, and the user's own that they call, each once."""
    found: list[Function] = []
    stack = [(f, 0) for f in (read(each, ran) for each in functions) if f is not None]
    while stack:
        function, depth = stack.pop(0)
        if any(function.function is other.function for other in found):
            continue
        found.append(function)
        if depth < DEPTH:
            calls = [n for n in ast.walk(function.node) if isinstance(n, ast.Call)]
            stack += [(helper, depth + 1) for call in calls if (helper := function.called(call)) is not None]
    return [f for f in found if not f.function.__code__.co_freevars]


def of_backward(functions: Sequence[Function], wrong: Sequence[str]) -> list[Step]:
    """The statements of a backward that the wrong quantities come from, the likeliest first."""
    return suspects(functions[0], wrong) if functions else []


def agrees(claimed: Any, numeric: Any) -> bool:
    """Equal to FITS of the numeric gradient's size."""
    claimed, numeric = np.asarray(claimed, dtype=np.float64), np.asarray(numeric)
    if claimed.shape != numeric.shape:
        return False
    return bool(
        np.abs(claimed - numeric).max(initial=0.0) <= FITS * max(float(np.abs(numeric).max(initial=0.0)), 1e-9)
    )


# One try -------------------------------------------------------------------------------------------------------


@contextmanager
def _swapped(attempt: _Try) -> Iterator[None]:
    function = attempt.function.function
    own = function.__code__
    function.__code__ = attempt.code
    try:
        yield
    finally:
        function.__code__ = own


def _attempts(function: Function, step: Step, edits: Iterator[mends.Edit]) -> Iterator[_Try]:
    """The function compiled with each edit of one statement's text."""
    text, line, column = _text(function, step)
    seen: set[str] = set()
    for edit in edits:
        changed = edit.apply(text)
        if changed in seen:
            continue
        seen.add(changed)
        code = _compiled(function, text, changed, line, column)
        if code is None:
            continue
        above = text[: edit.start].count("\n")
        at = line + above
        source = function.line(at)
        start = edit.start - (text.rfind("\n", 0, edit.start) + 1) + (column if above == 0 else 0)
        old = text[edit.start : edit.end].partition("\n")[0]
        end = start + len(old)
        new = source[:start] + edit.new + source[end:]
        yield _Try(function, Spot(function.file, at, old, (start, end)), new, code)


def _text(function: Function, step: Step) -> tuple[str, int, int]:
    """(source, line, column) of a statement, or of what a compound one tests or goes through."""
    node: Any = step.value if step.is_head else step.node
    lines = [function.line(n) for n in range(node.lineno, node.end_lineno + 1)]
    lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()
    column = len(lines[0].encode()[: node.col_offset].decode())
    lines[0] = lines[0][column:]
    return "\n".join(lines), node.lineno, column


def _compiled(function: Function, old: str, new: str, line: int, column: int) -> CodeType | None:
    first = min([function.node.lineno, *(d.lineno for d in function.node.decorator_list)])
    last = function.node.end_lineno or first
    lines = [function.line(n) for n in range(first, last + 1)]
    text = "\n".join(lines)
    at = sum(len(each) + 1 for each in lines[: line - first]) + column
    if text[at : at + len(old)] != old:
        return None
    text = text[:at] + new + text[at + len(old) :]
    prefix = "if True:\n" if text[:1].isspace() else "\n"
    try:
        module = compile(prefix + text, function.file, "exec")
    except (SyntaxError, ValueError):
        return None
    stack = list(module.co_consts)
    found = next((c for c in stack if isinstance(c, CodeType) and c.co_name == function.node.name), None)
    return found.replace(co_firstlineno=first) if found is not None and not found.co_freevars else None


# What may be changed ---------------------------------------------------------------------------------------------


def _by_cause(function: Function, step: Step, cause: str) -> Iterator[mends.Edit]:
    return mends.edits(_text(function, step)[0], mends.BY_CAUSE.get(cause, ()))


def _changes(function: Function, step: Step, cause: str) -> Iterator[mends.Edit]:
    return mends.edits(_text(function, step)[0], mends.ALL)


def _names(function: Function, step: Step, cause: str) -> Iterator[mends.Edit]:
    """Another name of the same kind in place of one: self.xc -> self.xn, D -> N."""
    attributes, local = _in_scope(function)

    def other_name(node: ast.AST, text: mends.Text) -> Iterator[str]:
        if not isinstance(getattr(node, "ctx", None), ast.Load):
            return
        if isinstance(node, ast.Name) and node.id in local:
            yield from (name for name in (*local, *attributes) if name != node.id)
        elif isinstance(node, ast.Attribute) and text(node) in attributes:
            yield from (name for name in (*attributes, *function.parameters) if name != text(node))

    def name_for_number(node: ast.AST, text: mends.Text) -> Iterator[str]:
        if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Constant):
            head = text(node)[: -len(text(node.value))]
            yield from (head + name for name in local)

    def other_mask(node: ast.AST, text: mends.Text) -> Iterator[str]:
        if isinstance(node, ast.Compare):
            yield from (new for name in _masks(function) for new in (name, f"~{name}"))

    return mends.edits(_text(function, step)[0], (other_mask, name_for_number, other_name))


# What to try with a name in scope: {v} is the value as it stands, {n} the name.
_ANY = ("{v} + {n}", "{v} - {n}", "{v} * {n}", "{v} / {n}")
_FORMS: dict[str, tuple[str, ...]] = {
    "missing-batch-mean": ("{v} / {n}.shape[0]", "{v} / {n}"),
    "averaged-twice": ("{v} * {n}.shape[0]",),
    "mask-missing": ("{v} * ({n} > 0)", "{v} * ~{n}", "{v} * {n}"),
    "derivative-factor-missing": ("{v} * (1 - {n})", "{v} * {n}", "{v} * (1 + {n})"),
    "wrong-factor": ("{v} / (1 - {n})", "{v} * {n}", "{v} / {n}", "{v} / {n}.shape[0]"),
    "gamma-not-used": ("{v} * {n}",),
    "ignores-dout": ("{v} * {n}",),
    "branch-forgotten": ("{v} + {n}",),
    "extra-term": ("{v} - {n}",),
    "affine-without-bias": ("{v} + {n}",),
    "convolution-without-bias": ("{v} + {n}.reshape(1, -1, 1, 1)",),
    "not-divided-by-deviation": ("{v} / {n}",),
    "variance-without-root": ("np.sqrt({v})",),
    "mean-not-subtracted": ("{v} - {n}",),
    "wrong-sign": ("-{v}",),
}


def _factors(function: Function, step: Step, cause: str) -> Iterator[mends.Edit]:
    """A factor, a divisor or a term that is missing: the value times, over or plus something in scope."""
    value = step.value
    if step.is_head or value is None or not isinstance(step.node, ast.Assign | ast.Return | ast.AugAssign):
        return
    attributes, local = _in_scope(function)
    text = _text(function, step)[0]
    source = _text(function, Step(ast.Expr(value, **_place(value)), set(), set(), ()))[0]
    if not text.endswith(source):
        return
    inner = source if isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({source})"
    names = [*attributes, *local]
    news = [form.format(v=inner, n=name) for form in _FORMS.get(cause, _ANY) for name in names]
    for new in (*dict.fromkeys(news), f"{inner} * 2", f"{inner} / 2", f"-{inner}"):
        yield mends.Edit(len(text) - len(source), len(text), new)


def _place(node: Any) -> dict[str, Any]:
    return {name: getattr(node, name) for name in ("lineno", "col_offset", "end_lineno", "end_col_offset")}


def _masks(function: Function) -> list[str]:
    """The object's own arrays of truth values."""
    held = vars(function.owner) if hasattr(function.owner, "__dict__") else {}
    return [f"self.{n}" for n, v in held.items() if isinstance(v, np.ndarray) and v.dtype.kind == "b"]


def _in_scope(function: Function) -> tuple[list[str], list[str]]:
    """The object's own arrays and numbers as self.name, and the function's arguments and locals."""
    held = vars(function.owner) if hasattr(function.owner, "__dict__") else {}
    numbers = [f"self.{name}" for name, value in held.items() if isinstance(value, np.ndarray | int | float)]
    local = [n for s in function.steps for n in sorted(s.rebinds) if "." not in n]
    return numbers, list(dict.fromkeys([*function.parameters, *local]))
