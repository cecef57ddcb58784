"""Faults made by operators on the syntax tree: one small edit each, the rest of the text untouched.

Left alone, because another value there is another correct program: sizes, seeds and hyperparameters
(constants in `__init__` and in defaults, numbers below 1e-3, the hinge loss's margin), `accuracy`, the
evaluation branch of batch normalisation, messages, whatever runs only under `__main__`, and which half of
its draws dropout keeps.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .subjects import Program

Edit = ast.AST | None


@dataclass(frozen=True)
class Mutant:
    """`text` is the whole program with the edit; `scope` the class or function in which it sits."""

    program: str
    operator: str
    scope: str
    method: str
    line: int
    before: str
    after: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.program}:{self.line} {self.operator}: {self.before} -> {self.after}"


SKIPPED = {"accuracy", "train_step", "params_and_grads"}
REDUCERS = {"sum": "mean", "mean": "sum", "max": "min", "argmax": "argmin", "var": "std"}
FLIPPED = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.LtE, ast.LtE: ast.GtE}
RELAXED = {ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt}
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}


def _called(node: ast.AST) -> str:
    """The name of the called function or method, "" where there is none."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _on_numpy(node: ast.Call) -> bool:
    function = node.func
    return (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "np"
    )


def _without_keyword(node: ast.Call, name: str) -> ast.Call:
    new = copy.deepcopy(node)
    new.keywords = [keyword for keyword in new.keywords if keyword.arg != name]
    return new


def axis(node: ast.AST) -> Iterator[Edit]:
    """Another axis, and no axis at all."""
    if not isinstance(node, ast.Call):
        return
    for place, keyword in enumerate(node.keywords):
        if keyword.arg != "axis":
            continue
        yield _without_keyword(node, "axis")
        new = copy.deepcopy(node)
        if isinstance(keyword.value, ast.Tuple):
            new.keywords[place].value = ast.Tuple(keyword.value.elts[1:], ast.Load())
        else:
            new.keywords[place].value = ast.Constant(1 if ast.unparse(keyword.value) == "0" else 0)
        yield new


def keepdims(node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.Call) and any(keyword.arg == "keepdims" for keyword in node.keywords):
        yield _without_keyword(node, "keepdims")


def reduction(node: ast.AST) -> Iterator[Edit]:
    """sum <-> mean, max -> min, argmax -> argmin, var -> std."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in REDUCERS:
        new = copy.deepcopy(node)
        assert isinstance(new.func, ast.Attribute)
        new.func.attr = REDUCERS[new.func.attr]
        yield new


def transpose(node: ast.AST) -> Iterator[Edit]:
    """`.T` and `.transpose(...)` dropped."""
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value
    if _called(node) == "transpose" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield node.func.value


def operands(node: ast.AST) -> Iterator[Edit]:
    """The two sides of a product of matrices, a difference or a quotient exchanged."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult | ast.Sub | ast.Div):
        yield ast.BinOp(node.right, node.op, node.left)
    if isinstance(node, ast.Call) and _called(node) == "dot" and isinstance(node.func, ast.Attribute):
        new = copy.deepcopy(node)
        if _on_numpy(node):
            new.args.reverse()
        else:
            new = ast.Call(ast.Attribute(node.args[0], "dot", ast.Load()), [node.func.value], [])
        yield new


def copied(node: ast.AST) -> Iterator[Edit]:
    if _called(node) == "copy" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield node.func.value


def factor(node: ast.AST) -> Iterator[Edit]:
    """A factor or divisor removed, a 2 put in front of an assigned or returned sum or product."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield node.left
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield node.left
        yield node.right
    if isinstance(node, ast.Assign | ast.Return) and isinstance(node.value, ast.BinOp | ast.Call):
        new = copy.deepcopy(node)
        new.value = ast.BinOp(ast.Constant(2), ast.Mult(), node.value)
        if _called(node.value) in ("sum", "dot", "mean", "where") or isinstance(node.value, ast.BinOp):
            yield new


def comparison(node: ast.AST) -> Iterator[Edit]:
    """A comparison flipped, and relaxed or tightened by equality."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for table in (FLIPPED, RELAXED):
            if type(node.ops[0]) in table:
                new = copy.deepcopy(node)
                new.ops = [table[type(node.ops[0])]()]
                yield new


def constant(node: ast.AST) -> Iterator[Edit]:
    """A number one larger, and doubled."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        if 0 < abs(node.value) < 1e-3:
            return
        yield ast.Constant(node.value + 1)
        if node.value not in (0, 1):
            yield ast.Constant(node.value * 2)


def sign(node: ast.AST) -> Iterator[Edit]:
    """+ <-> -, * <-> /, a minus dropped."""
    if isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        new = copy.deepcopy(node)
        new.op = ARITHMETIC[type(node.op)]()
        yield new
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and not isinstance(node.operand, ast.Constant)
    ):
        yield node.operand


def augmented(node: ast.AST) -> Iterator[Edit]:
    """`+=` becomes `=`, and `-=` becomes `+=` and the reverse."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)
        new = copy.deepcopy(node)
        new.op = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield new


def index(node: ast.AST) -> Iterator[Edit]:
    """`shape[0]` <-> `shape[1]`, `params["W1"]` <-> `params["W2"]`."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Constant):
        return
    value = node.slice.value
    new = copy.deepcopy(node)
    if value in (0, 1) and isinstance(value, int):
        new.slice = ast.Constant(1 - value)
        yield new
    elif isinstance(value, str) and value[-1] in "12":
        new.slice = ast.Constant(value[:-1] + ("2" if value[-1] == "1" else "1"))
        yield new


def removed(node: ast.AST) -> Iterator[Edit]:
    """A statement that assigns or updates is gone."""
    if isinstance(node, ast.Assign | ast.AugAssign) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()


OPERATORS: dict[str, Callable[[ast.AST], Iterator[Edit]]] = {
    "axis": axis,
    "keepdims": keepdims,
    "reduction": reduction,
    "transpose": transpose,
    "operands": operands,
    "copy": copied,
    "factor": factor,
    "comparison": comparison,
    "constant": constant,
    "sign": sign,
    "augmented": augmented,
    "index": index,
    "statement": removed,
}


def _is_main(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _evaluation_branch(node: ast.AST) -> bool:
    """The `else` of `if train_flg` and of `mode == "train"`: not what a gradient is taken of."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("train_flg", "mode == 'train'")


@dataclass(frozen=True)
class _Place:
    scope: str
    method: str
    node: ast.AST


def _places(node: ast.AST, scope: str = "", method: str = "") -> Iterator[_Place]:
    """Every node that may be changed, with the class and function around it."""
    if _is_main(node) or isinstance(node, ast.Raise | ast.Import | ast.ImportFrom):
        return
    if isinstance(node, ast.ClassDef):
        scope = node.name
    if isinstance(node, ast.FunctionDef):
        if node.name in SKIPPED:
            return
        method = node.name
        scope = scope or node.name
        for statement in node.body:  # not the defaults
            yield from _places(statement, scope, method)
        return
    if method:
        yield _Place(scope, method, node)
    for field, value in ast.iter_fields(node):
        if _evaluation_branch(node) and field == "orelse":
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _places(child, scope, method)


def _offset(lines: list[str], row: int, column: int) -> int:
    """Character offset of an AST position (whose columns count UTF-8 bytes)."""
    return sum(map(len, lines[: row - 1])) + len(lines[row - 1].encode()[:column].decode())


def _needs_parentheses(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare)


def mutants(program: Program) -> list[Mutant]:
    """Every mutant of a program, in the order of its text; no text occurs twice."""
    text = program.text
    lines = text.splitlines(keepends=True)
    found: dict[str, Mutant] = {}
    for place in _places(ast.parse(text)):
        node = place.node
        if not isinstance(node, ast.expr | ast.stmt):
            continue
        for name, operator in OPERATORS.items():
            if place.method == "__init__" and name in ("constant", "factor", "sign", "operands", "reduction"):
                continue
            if place.scope == "svm_loss" and name == "constant" and ast.unparse(node) == "1.0":
                continue  # the margin
            if place.scope == "Dropout" and name == "comparison":
                continue  # another sample of the same distribution
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
                continue  # a docstring
            for edit in operator(node):
                if edit is None:
                    continue
                new = ast.unparse(ast.fix_missing_locations(edit))
                if isinstance(node, ast.expr) and _needs_parentheses(edit):
                    new = f"({new})"
                start = _offset(lines, node.lineno, node.col_offset)
                end = _offset(lines, node.end_lineno or node.lineno, node.end_col_offset or 0)
                changed = text[:start] + new + text[end:]
                if changed != text and changed not in found:
                    found[changed] = Mutant(
                        program.name,
                        name,
                        place.scope,
                        place.method,
                        node.lineno,
                        " ".join(text[start:end].split()),
                        new,
                        changed,
                    )
    return list(found.values())
