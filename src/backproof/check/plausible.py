"""Which of several changes that all make it right did the author most likely mean?

A line that was there was written for a reason, so what takes something away costs more than what exchanges it; a
factor of 2 or a minus around a whole line mends a result, not a mistake. A backward is linear in the gradient
that it is given: a change that divides by it is none.
"""

from __future__ import annotations

import ast
import functools
from collections import Counter

from backproof.check.meanings import upstream_names
from backproof.check.syntax import Function, dotted

_USUAL = (0.0, 0.5, 1.0, 2.0)
_REMEMBERED = 4096  # one line is held against hundreds of changes of it, and each change is looked at twice


def cost(old: str, new: str, function: Function, *, back: bool) -> int:
    """How much of a change it is, 0 for the most plausible. back: whether the function is a way back."""
    try:
        before, after = _tree(old), _tree(new)
    except SyntaxError:
        return 0
    gone, come = _names(before) - _names(after), _names(after) - _names(before)
    total = 1 if come else 2 if gone else 0
    if come and not gone:  # what takes back what stands beside it
        total += 2 * bool(_terms(before) & set(come))
    total += _numbers(before, after)
    minus = _count(after, ast.USub) - _count(before, ast.USub)
    total += 2 * minus if minus > 0 else -minus
    total += max(_count(after, ast.Sub) - _count(before, ast.Sub), 0) if not gone and not come else 0
    total += abs(_count(after, ast.Div) - _count(before, ast.Div)) if not gone and not come else 0
    total += max(_count(after, ast.Invert) - _count(before, ast.Invert), 0)
    total += 2 * (_count(before, ast.Assign) > 0 and any(isinstance(n.op, ast.Sub) for n in _updates(after)))
    if back:
        upstream = upstream_names(function)
        total += 5 * max(_divided_by(after, upstream) - _divided_by(before, upstream), 0)
    return total


def takes_away(old: str, new: str) -> bool:
    """Whether a change only drops values, or multiplies them by nothing."""
    try:
        before, after = _tree(old), _tree(new)
    except SyntaxError:
        return False
    come = _names(after) - _names(before)
    nothing = bool((_literals(after) - _literals(before))[0.0])
    if nothing and isinstance(_around(after, 0.0), ast.Compare | ast.Call):
        nothing = False  # a mask or a maximum is at zero
    return not come and (bool(_names(before) - _names(after)) or nothing)


@functools.lru_cache(_REMEMBERED)
def _tree(text: str) -> ast.Module:
    return ast.parse(text)


@functools.lru_cache(_REMEMBERED)
def _walked(tree: ast.AST) -> list[ast.AST]:
    return list(ast.walk(tree))


def _numbers(before: ast.AST, after: ast.AST) -> int:
    gone, come = _literals(before) - _literals(after), _literals(after) - _literals(before)
    if not come:
        return int(bool(gone))
    if not gone:
        return 2
    around = _around(after, next(iter(come)))
    if isinstance(around, ast.Compare) and getattr(around.left, "attr", "") == "ndim":
        return int(not any(n in (1.0, 2.0) for n in come))  # one sample, or rows of them
    if isinstance(around, ast.Compare | ast.Call):
        return 0 if 0.0 in come else 2  # a mask or a maximum is at zero
    return int(any(n in _USUAL for n in gone)) + int(any(n not in _USUAL for n in come))


def _around(tree: ast.AST, number: float) -> ast.AST | None:
    """What holds a number, that is no name of an axis."""
    for node in _walked(tree):
        if any(isinstance(c, ast.Constant) and c.value == number for c in ast.iter_child_nodes(node)):
            return node
    return None


@functools.lru_cache(_REMEMBERED)
def _literals(tree: ast.AST) -> Counter[float]:
    skipped = {id(n) for k in _walked(tree) if isinstance(k, ast.keyword) for n in ast.walk(k)}
    return Counter(
        float(n.value)
        for n in _walked(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, int | float) and id(n) not in skipped
    )


@functools.lru_cache(_REMEMBERED)
def _names(tree: ast.AST) -> Counter[str]:
    """The values that an expression is made of: no functions, no parts of a dotted name."""
    parts = {id(n.value) for n in _walked(tree) if isinstance(n, ast.Attribute)}
    parts |= {id(n.func) for n in _walked(tree) if isinstance(n, ast.Call)}
    named = (n for n in _walked(tree) if isinstance(n, ast.Name | ast.Attribute) and id(n) not in parts)
    return Counter(name for name in map(dotted, named) if name is not None)


def _updates(tree: ast.AST) -> list[ast.AugAssign]:
    return [n for n in _walked(tree) if isinstance(n, ast.AugAssign)]


def _terms(tree: ast.AST) -> set[str]:
    """The names that stand by themselves in a sum or a difference."""
    sums = [n for n in _walked(tree) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub)]
    return {name for n in sums for name in (dotted(n.left), dotted(n.right)) if name is not None}


def _count(tree: ast.AST, kind: type[ast.AST]) -> int:
    return sum(isinstance(n, kind) for n in _walked(tree))


def _divided_by(tree: ast.AST, names: set[str]) -> int:
    return sum(
        isinstance(n, ast.BinOp | ast.AugAssign)
        and isinstance(n.op, ast.Div)
        and bool(set(_names(n.right if isinstance(n, ast.BinOp) else n.value)) & names)
        for n in _walked(tree)
    )
