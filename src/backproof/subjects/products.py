"""Which arguments a function multiplies with which: `x @ Wx + h @ Wh` tells the shapes of Wx, h and Wh."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from backproof.subjects.own_source import tree_of

_DEPTH = 3  # of helpers that a function hands its arguments to


def multiplied(function: Callable[..., Any], depth: int = _DEPTH) -> dict[str, str]:
    """The arguments that stand right in a product, each with the argument, or part of it, that stands left.

    `x[:, t] @ Wx`, `np.dot(x, Wx)` and `x.dot(Wx)` give {"Wx": "x"}, also through helpers that are handed both.
    {} where there is no source.
    """
    tree = tree_of(function)
    definition = tree.body[0] if tree.body else None
    if not isinstance(definition, ast.FunctionDef):
        return {}
    own = {argument.arg for argument in definition.args.args}
    same: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs = zip(_parts(node.targets[0]), _parts(node.value), strict=False)
            same |= {a.id: b.id for a, b in pairs if isinstance(a, ast.Name) and isinstance(b, ast.Name)}

    def argument(node: ast.expr) -> str:
        while isinstance(node, ast.Subscript):
            node = node.value
        name = node.id if isinstance(node, ast.Name) else ""
        name = name if name in own else same.get(name, "")
        return name if name in own else ""

    found: dict[str, str] = {}
    for left, right in products(tree):
        if argument(left) and argument(right):
            found.setdefault(argument(right), argument(left))
    if depth == 0:
        return found
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        helper = getattr(function, "__globals__", {}).get(node.func.id)
        if inspect.isfunction(helper) and helper is not function:
            handed = dict(zip(inspect.signature(helper).parameters, map(argument, node.args), strict=False))
            for inner, outer in multiplied(helper, depth - 1).items():
                if handed.get(inner) and handed.get(outer):
                    found.setdefault(handed[inner], handed[outer])
    return found


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) else [node]


def products(tree: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The two sides of every matrix product."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield node.left, node.right
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ("dot", "matmul") and len(node.args) == 2:
                yield node.args[0], node.args[1]
            elif node.func.attr == "dot" and len(node.args) == 1:
                yield node.func.value, node.args[0]
