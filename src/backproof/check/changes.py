"""What may be changed of a statement, as edits of its text: by the cause, by rule, another name, a factor or term.

Each kind of change takes (function, step, cause, ranks); ranks: the dimensions of the locals of a function, by
name, where they are known.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from backproof.check import mends
from backproof.check.statements import REDUCTIONS
from backproof.check.syntax import Function, Step, called_name, counters_of, rank_of, reads_of


def text_of(function: Function, step: Step) -> tuple[str, int, int]:
    """(source, line, column) of a statement, or of what a compound one tests or goes through."""
    return source_of(function, step.value if step.is_head else step.node)


def source_of(function: Function, node: Any) -> tuple[str, int, int]:
    lines = [function.line(n) for n in range(node.lineno, node.end_lineno + 1)]
    lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()
    column = len(lines[0].encode()[: node.col_offset].decode())
    lines[0] = lines[0][column:]
    return "\n".join(lines), node.lineno, column


Kind = Callable[[Function, Step, str, Mapping[str, int] | None], Iterator[mends.Edit]]


def by_cause(function: Function, step: Step, cause: str, ranks: Mapping[str, int] | None) -> Iterator[mends.Edit]:
    return mends.edits(text_of(function, step)[0], mends.BY_CAUSE.get(cause, ()))


def by_rule(function: Function, step: Step, cause: str, ranks: Mapping[str, int] | None) -> Iterator[mends.Edit]:
    text = text_of(function, step)[0]
    if isinstance(step.node, ast.If) and remembers(step.node):
        yield mends.Edit(0, len(text), "True")
    yield from mends.edits(text, mends.ALL)


def remembers(node: ast.If) -> bool:
    """Whether what follows an `if` sets an attribute: a memory that may be refreshed too seldom."""
    return any(
        isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)
        for s in node.body
        for part in ast.walk(s)
    )


def other_names(
    function: Function, step: Step, cause: str, ranks: Mapping[str, int] | None
) -> Iterator[mends.Edit]:
    """Another name of the same kind in place of one: self.xc -> self.xn, D -> N."""
    if isinstance(step.node, ast.For):
        return iter(())  # a range to another number may be a very long one
    attributes, local = _in_scope(function, ranks)
    rank = {**dict.fromkeys(local, -3), **(ranks or {}), **ranks_held(function)}
    called = {id(n.func) for n in ast.walk(step.node) if isinstance(n, ast.Call)}
    helpers, parts = _left_out(function)

    def other_name(node: ast.AST, text: mends.Text) -> Iterator[str]:
        if not isinstance(getattr(node, "ctx", None), ast.Load) or id(node) in called:
            return
        own = text(node)
        if (isinstance(node, ast.Name) and own in local) or (
            isinstance(node, ast.Attribute) and own in attributes
        ):
            others = (*attributes, *local) if isinstance(node, ast.Attribute) else (*local, *attributes)
            yield from (name for name in others if name != own and (ranks is None or rank[name] == rank[own]))

    def through_helper(node: ast.AST, text: mends.Text) -> Iterator[str]:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in function.parameters:
            yield from (f"{helper}({node.id}, {name})" for helper in helpers for name in local if name != node.id)
            yield from (f"{part}.backward({node.id})" for part in parts)

    def name_for_number(node: ast.AST, text: mends.Text) -> Iterator[str]:
        if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Constant):
            head = text(node)[: -len(text(node.value))]
            yield from (head + name for name in local)
        elif isinstance(node, ast.Call) and called_name(node) == "where" and len(node.args) == 3:
            head = text(node)[: -len(text(node.args[2])) - 1]
            yield from (f"{head}{name})" for name in (*attributes, *local))

    def other_mask(node: ast.AST, text: mends.Text) -> Iterator[str]:
        if isinstance(node, ast.Compare):
            yield from (new for name in _masks(function) for new in (name, f"~{name}"))

    return mends.edits(text_of(function, step)[0], (other_mask, name_for_number, other_name, through_helper))


def windows(function: Function, step: Step, cause: str, ranks: Mapping[str, int] | None) -> Iterator[mends.Edit]:
    """Where a loop's window lies: i * stride in place of i or of stride, in an index or a slice."""
    counters = counters_of(step.around)
    known = ranks or {}
    factors = {name for name in _multiplied(function) if known.get(name) == -2}
    if not counters or not factors:
        return

    def moved(node: ast.AST, text: mends.Text) -> Iterator[str]:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node.id in counters:
                yield from (f"{node.id} * {name}" for name in sorted(factors))
            elif node.id in factors:
                yield from (f"{name} * {node.id}" for name in sorted(counters))

    indices = [part.slice for part in step.parts() if isinstance(part, ast.Subscript)]
    if step.rebinds and all(known.get(name) == -2 for name in step.rebinds) and step.value is not None:
        indices.append(step.value)  # h, v = i * stride, j * stride
    text, line, column = text_of(function, step)
    inside = [n for index in indices for n in ast.walk(index) if isinstance(n, ast.Name) and n.lineno == line]
    starts = {function.columns(n)[0] - column for n in inside}
    yield from (edit for edit in mends.edits(text, (moved,)) if edit.start in starts)


def _multiplied(function: Function) -> set[str]:
    """What the function multiplies a loop's number with, anywhere: the stride of i * stride."""
    counters = counters_of(ast.walk(function.node))
    found: set[str] = set()
    for node in ast.walk(function.node):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            sides = {side.id for side in (node.left, node.right) if isinstance(side, ast.Name)}
            found |= sides - counters if sides & counters else set()
    return found


def written_elsewhere(functions: Sequence[Function]) -> Kind:
    """A statement as another of these functions has it, where both give a value the same name."""

    def as_there(
        function: Function, step: Step, cause: str, ranks: Mapping[str, int] | None
    ) -> Iterator[mends.Edit]:
        if not isinstance(step.node, ast.Assign) or not step.rebinds:
            return
        text, _, _ = text_of(function, step)
        for other in functions:
            for theirs in other.steps if other.function is not function.function else ():
                if isinstance(theirs.node, ast.Assign) and theirs.rebinds == step.rebinds:
                    yield mends.Edit(0, len(text), text_of(other, theirs)[0])

    return as_there


def _left_out(function: Function) -> tuple[list[str], list[str]]:
    """Ways back that a backward does not go: functions of its module, layers of its object."""
    if "backward" not in function.node.name:
        return [], []
    used = reads_of(function.node)
    own = function.function
    helpers = [
        name
        for name, value in own.__globals__.items()
        if isinstance(value, FunctionType) and "backward" in name and value is not own and name not in used
    ]
    held = vars(function.owner) if hasattr(function.owner, "__dict__") else {}
    parts = [f"self.{name}" for name, value in held.items() if callable(getattr(value, "backward", None))]
    return helpers, [part for part in parts if f"{part}.backward" not in used]


# What to try with a name in scope: {v} is the value as it stands, {n} the name.
_ANY = (
    "{v} * {n}", "{v} + {n}", "{v} / {n}", "{v} - {n}", "{v} * ({n} > 0)", "{v} * (1 - {n})", "{v} / {n}.shape[0]",
)  # fmt: skip


FORMS: dict[str, tuple[str, ...]] = {
    "missing-batch-mean": ("{v} / {n}.shape[0]", "{v} / {n}"),
    "averaged-twice": ("{v} * {n}.shape[0]",),
    "mask-missing": ("{v} * ({n} > 0)", "{v} * ~{n}", "{v} * {n}"),
    "derivative-factor-missing": ("{v} * (1 - {n})", "{v} * {n}", "{v} * (1 + {n})"),
    "wrong-factor": ("{v} / (1 - {n})", "{v} * {n}", "{v} / {n}", "{v} / {n}.shape[0]"),
    "gamma-not-used": ("{v} * {n}",),
    "gamma-forgotten": ("{v} * {n}",),
    "beta-forgotten": ("{v} + {n}",),
    "ignores-dout": ("{v} * {n}",),
    "branch-forgotten": ("{v} + {n}",),
    "affine-without-bias": ("{v} + {n}",),
    "convolution-without-bias": ("{v} + {n}.reshape(1, -1, 1, 1)",),
    "not-divided-by-deviation": ("{v} / {n}", "{v} * {n}", "{v} / np.sqrt({n} + 1e-5)"),
    "variance-without-root": ("np.sqrt({v})",),
    "mean-not-subtracted": ("{v} - {n}",),
    "wrong-sign": ("-{v}",),
}


def factors(function: Function, step: Step, cause: str, ranks: Mapping[str, int] | None) -> Iterator[mends.Edit]:
    """A factor, a divisor or a term that is missing: a value times, over or plus something in scope."""
    if step.is_head or step.value is None or not isinstance(step.node, ast.Assign | ast.Return | ast.AugAssign):
        return
    _, line, column = text_of(function, step)
    attributes, local = _in_scope(function, ranks)
    names = [*attributes, *local]
    for value in _operands(step.value):
        source, at, start = source_of(function, value)
        if at != line or "\n" in source or (isinstance(value, ast.Constant) and cause not in FORMS):
            continue
        start -= column
        alone = isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript)
        inner = source if alone else f"({source})"
        news = [form.format(v=inner, n=name) for form in FORMS.get(cause, _ANY) for name in names]
        for new in (*dict.fromkeys(news), f"{inner} * 2", f"{inner} / 2", f"-{inner}"):
            yield mends.Edit(start, start + len(source), new)


def _operands(value: ast.expr) -> list[ast.expr]:
    """The value, and the sides of the sum that it is or the first argument of the call."""
    found = [value]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub):
        found += [value.left, value.right]
    elif called_name(value) in REDUCTIONS and isinstance(value, ast.Call) and value.args:
        found.append(value.args[0])
    return found


def _masks(function: Function) -> list[str]:
    """The object's own arrays of truth values."""
    held = vars(function.owner) if hasattr(function.owner, "__dict__") else {}
    return [f"self.{n}" for n, v in held.items() if isinstance(v, np.ndarray) and v.dtype.kind == "b"]


def _in_scope(function: Function, ranks: Mapping[str, int] | None) -> tuple[list[str], list[str]]:
    """The object's own arrays and numbers as self.name, and the function's arguments and locals that are some."""
    local = [n for s in function.steps for n in sorted(s.rebinds) if "." not in n]
    every = dict.fromkeys([*function.parameters, *local])
    return list(ranks_held(function)), [name for name in every if ranks is None or name in ranks]


def ranks_held(function: Function) -> dict[str, int]:
    """The numbers of dimensions of what the object holds, by self.name; below 0 for a number."""
    held = vars(function.owner) if hasattr(function.owner, "__dict__") else {}
    return {f"self.{name}": found for name, value in held.items() if (found := rank_of(value)) is not None}
