"""Weights that functions are given as lists with an entry a layer: `W[i] @ h`, `for w in W: h = h @ w`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from backproof.subjects.own_source import tree_of
from backproof.subjects.products import products
from backproof.subjects.select import functions_used
from backproof.subjects.signatures import parameters


def are_lists(names: list[str], functions: list[Callable[..., Any]]) -> bool:
    """Whether what goes by these names has an entry a layer: a matrix is multiplied with as a whole."""
    namespace = getattr(functions[0], "__globals__", {})
    called = [namespace[name] for name in sorted(functions_used(functions, namespace))]
    trees = [(tree_of(f), own) for f in (*functions, *called) if (own := [n for n in names if n in parameters(f)])]
    if any(_as_arrays(tree, own) for tree, own in trees):
        return False
    return any(_is_entry(side, own, tree) for tree, own in trees for pair in products(tree) for side in pair)


def _as_arrays(tree: ast.Module, names: list[str]) -> bool:
    """Whether something is read of them that only arrays have: `W.shape`, `W.T`, `W[:, j]`."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(ast.Name(str(name)), "shape" | "T" | "dot" | "size") if name in names:
                return True
            case ast.Subscript(ast.Name(str(name)), ast.Tuple()) if name in names:
                return True
    return any(isinstance(side, ast.Name) and side.id in names for pair in products(tree) for side in pair)


def _is_entry(side: ast.expr, names: list[str], tree: ast.Module) -> bool:
    """Whether one side of a product is an entry of one of them, turned or not."""
    if isinstance(side, ast.Attribute) and side.attr == "T":
        side = side.value
    match side:
        case ast.Subscript(ast.Name(str(name)), index):
            return name in names and not isinstance(index, ast.Slice)
        case ast.Name(str(name)):
            return name in _entries(tree, names)
    return False


def _entries(tree: ast.Module, names: list[str]) -> set[str]:
    """The variables of loops over them."""
    return {
        target.id
        for node in _loops(tree)
        if any(isinstance(part, ast.Name) and part.id in names for part in _gone_through(node.iter))
        for target in ast.walk(node.target)
        if isinstance(target, ast.Name)
    }


def _loops(tree: ast.Module) -> Iterator[ast.For | ast.comprehension]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.For | ast.comprehension))


def _gone_through(node: ast.expr) -> Iterator[ast.expr]:
    """What a loop goes through: the parts of `zip(W, b)`, of `enumerate(W[1:])`; not of `range(len(W))`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in ("range", "len"):
        for argument in node.args:
            yield from _gone_through(argument)
    elif isinstance(node, ast.Subscript):
        yield from _gone_through(node.value)
    else:
        yield node
