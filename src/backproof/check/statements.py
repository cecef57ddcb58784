"""Statements as trees: the smallest part in which two of them differ, and what a part is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from backproof.check.syntax import called_name, dotted

REDUCTIONS = ("sum", "mean", "max", "min", "amax", "amin", "argmax", "argmin", "std", "var", "prod", "logsumexp")


def difference(
    old: ast.AST, new: ast.AST, above: tuple[ast.AST, ...]
) -> tuple[ast.AST, ast.AST, tuple[ast.AST, ...]] | None:
    """The smallest parts that differ, with the old nodes around them, the innermost last; None for equal trees."""
    if same(old, new):
        return None
    if type(old) is not type(new):
        return old, new, above
    differing: list[tuple[ast.AST, ast.AST]] = []
    for name, mine in ast.iter_fields(old):
        theirs = getattr(new, name, None)
        pairs = list(zip(mine, theirs, strict=False)) if isinstance(mine, list) and theirs else [(mine, theirs)]
        if isinstance(mine, list) and len(mine) != len(theirs or []):
            return old, new, above
        for a, b in pairs:
            if isinstance(a, ast.expr_context):
                continue
            if isinstance(a, ast.AST) and isinstance(b, ast.AST):
                if not same(a, b):
                    differing.append((a, b))
            elif a != b:
                return old, new, above
    if len(differing) != 1 or isinstance(differing[0][0], ast.operator | ast.unaryop | ast.cmpop):
        return old, new, above
    return difference(*differing[0], (*above, old))


def same(a: ast.AST | None, b: ast.AST | None) -> bool:
    return a is not None and b is not None and ast.dump(a) == ast.dump(b)


def reduction(node: ast.AST) -> ast.Call | None:
    return node if isinstance(node, ast.Call) and called_name(node) in REDUCTIONS else None


def axis_of(call: ast.Call) -> ast.AST | None:
    said = next((k.value for k in call.keywords if k.arg == "axis"), None)
    if said is not None:
        return said
    free = isinstance(call.func, ast.Attribute) and dotted(call.func.value) in ("np", "numpy", "xp")
    place = 1 if free else 0
    return call.args[place] if len(call.args) > place else None


def last_name(node: ast.AST) -> str:
    """`b` for self.b, b and params["b"]."""
    if isinstance(node, ast.Subscript):
        key = getattr(node.slice, "value", None)
        return key if isinstance(key, str) else last_name(node.value)
    return str(getattr(node, "attr", getattr(node, "id", "")))


def sides(node: ast.AST) -> tuple[str, ast.AST, ast.AST] | None:
    """("@", a, b) for a @ b and dot(a, b); other operations alike."""
    if isinstance(node, ast.BinOp):
        sign = {ast.MatMult: "@", ast.Sub: "-", ast.Div: "/"}.get(type(node.op))
        return (sign, node.left, node.right) if sign else None
    if isinstance(node, ast.Call) and called_name(node) in ("dot", "matmul") and len(node.args) == 2:
        return "@", node.args[0], node.args[1]
    return None


def without_transpose(node: ast.AST) -> str:
    """The text of a factor without its transpose."""
    return ast.unparse(node.value if isinstance(node, ast.Attribute) and node.attr == "T" else node)


def reversed_slices(node: ast.AST) -> int:
    return sum(isinstance(n, ast.Slice) and isinstance(n.step, ast.UnaryOp) for n in ast.walk(node))


def names(node: ast.AST) -> Iterator[ast.AST]:
    return (n for n in ast.walk(node) if isinstance(n, ast.Name | ast.Attribute))


def values(node: ast.AST) -> Iterator[ast.AST]:
    """The names in an expression that are no functions, and no parts of others."""
    parts = {id(n.value) for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    parts |= {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
    return (n for n in names(node) if id(n) not in parts)


def dotted_names(node: ast.AST) -> set[str]:
    return {name for name in (dotted(n) for n in names(node)) if name is not None}


def same_side(old: ast.AST, divisor: ast.AST) -> bool:
    """Whether the statement had this number already, on the other side of a stroke."""
    return isinstance(old, ast.BinOp | ast.AugAssign) and any(same(n, divisor) for n in ast.walk(old))


def only(above: tuple[ast.AST, ...]) -> bool:
    """Whether the part is all that a statement assigns."""
    return len(above) == 1 and isinstance(above[0], ast.Assign)
