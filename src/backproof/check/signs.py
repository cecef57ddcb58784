"""What causes look like in code: which expressions a finding of that cause points to."""

from __future__ import annotations

import ast
from collections.abc import Callable

from backproof.check.syntax import Function, called_name, dotted, reads_of

Find = Callable[[ast.AST, Function], bool]


def call(*names: str) -> Find:
    return lambda node, _: called_name(node) in names


def _without_axis(*names: str) -> Find:
    """A call such as np.sum(x) or x.sum() that says no axis."""

    def find(node: ast.AST, _: Function) -> bool:
        if not isinstance(node, ast.Call) or called_name(node) not in names:
            return False
        method = not (isinstance(node.func, ast.Attribute) and dotted(node.func.value) in ("np", "numpy", "xp"))
        return len(node.args) < (1 if method else 2) and not any(k.arg == "axis" for k in node.keywords)

    return find


def _over_everything(node: ast.AST, f: Function) -> bool:
    """The sum or the maximum of a softmax, without an axis; not the sum over the logarithms behind it."""
    if not _without_axis("sum", "max", "amax", "logsumexp")(node, f):
        return False
    exponentials = any(called_name(part) in ("exp", "logsumexp") for part in ast.walk(f.node))
    logarithms = any(called_name(part) in _LOG for part in ast.walk(node))
    return exponentials and not logarithms and not any("log" in name for name in reads_of(node))


def _with_axis(node: ast.AST, _: Function) -> bool:
    return isinstance(node, ast.Call) and any(k.arg == "axis" for k in node.keywords)


def _division(node: ast.AST, _: Function) -> bool:
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)


def _factor(node: ast.AST, f: Function) -> bool:
    if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Mult | ast.Div):
        sides = [node.value] if isinstance(node, ast.AugAssign) else [node.left, node.right]
        return any(isinstance(side, ast.Constant) for side in sides) or _division(node, f)
    return False


def _first_row(node: ast.AST, _: Function) -> bool:
    return isinstance(node, ast.Subscript) and isinstance(getattr(node.slice, "value", None), int)


def _product(node: ast.AST, _: Function) -> bool:
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.MatMult)
    return called_name(node) in ("dot", "matmul", "einsum", "tensordot")


def _mentions(*words: str) -> Find:
    """A name with one of these words in it."""

    def find(node: ast.AST, _: Function) -> bool:
        name = getattr(node, "attr", getattr(node, "id", ""))
        return isinstance(name, str) and any(word in name.lower() for word in words)

    return find


def _either(*finds: Find) -> Find:
    return lambda node, f: any(find(node, f) for find in finds)


def _masking(node: ast.AST, f: Function) -> bool:
    if isinstance(node, ast.Assign | ast.AugAssign):
        return any(isinstance(t, ast.Subscript) for t in getattr(node, "targets", [getattr(node, "target", None)]))
    if isinstance(node, ast.Compare):
        return True
    return isinstance(node, ast.BinOp) and any(_mentions("mask")(p, f) for p in (node.left, node.right))


def _rounding(node: ast.AST, _: Function) -> bool:
    if isinstance(node, ast.Attribute) and node.attr in ("float16", "half", "int8", "int32", "int64", "int16"):
        return True
    if called_name(node) in ("round", "rint", "floor", "trunc", "ceil", "randint", "fix", "around"):
        return True
    return (
        isinstance(node, ast.Call)
        and called_name(node) != "isinstance"
        and any(
            isinstance(a, ast.Name) and a.id in ("int", "bool")
            for a in (*node.args, *(k.value for k in node.keywords))
        )
    )


ROUNDING: Find = _rounding


_SUMS = ("sum", "mean", "max", "amax")


_LOG = ("log", "log2", "log10", "log1p")


FORWARD: dict[str, Find] = {
    "softmax-over-batch": _over_everything,
    "softmax-wrong-axis": lambda n, f: _with_axis(n, f) and called_name(n) in ("sum", "softmax", "logsumexp"),
    "softmax-not-normalised": call("exp"),
    "softmax-forgotten": call(*_LOG),
    "log10": call("log10"),
    "log2": call("log2"),
    "labels-off-by-one": lambda n, _: isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Tuple),
    "loss-scale": _either(_without_axis("sum", "mean"), _division),
    "sign-flipped": call("sum", "mean"),
    "log-forgotten": call("sum", "mean"),
    "ignores-labels": call("sum", "mean", *_LOG),
    "sigmoid-missing-parentheses": _division,
    "sigmoid-sign-flipped": call("exp"),
    "sigmoid-scaled-input": call("exp", "tanh"),
    "sigmoid-minus-one": _division,
    "affine-without-bias": _product,
    "affine-without-weights": lambda n, f: isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add),
    "not-affine": _product,
    "first-row-only": _first_row,
    "variance-without-root": _mentions("std", "var"),
    "max-and-mean-confused": call("max", "mean", "amax"),
    "minimum-taken": call("min", "amin", "minimum", "argmin"),
    "mixes-samples": _either(_without_axis("sum", "max", "mean", "std", "var"), lambda n, f: _axis_is(n, 0)),
    "not-step": lambda n, _: isinstance(n, ast.Compare),
}


for _slug in ("relu-sign-flipped", "relu-of-minus-x", "relu-as-step", "absolute-value", "not-relu"):
    FORWARD[_slug] = _either(
        call("maximum", "minimum", "where", "abs", "clip"), lambda n, _: isinstance(n, ast.Compare)
    )


def _axis_is(node: ast.AST, axis: int) -> bool:
    return isinstance(node, ast.Call) and any(
        k.arg == "axis" and isinstance(k.value, ast.Constant) and k.value.value == axis for k in node.keywords
    )


# Something that should be there is not: there is no wrong expression to point to.
MISSING = {
    "mask-missing", "labels-not-subtracted", "statistics-as-constants", "batch-norm-term-missing",
    "branch-forgotten", "derivative-factor-missing", "ignores-dout", "dout-passed-through",
}  # fmt: skip


BACKWARD: dict[str, Find] = {
    "wrong-factor": _factor,
    "averaged-twice": _division,
    "averaged-instead-of-summed": _either(call("mean", "average"), _division),
    "one-row-only": _first_row,
    "wrong-axis": lambda n, f: _with_axis(n, f) and called_name(n) in _SUMS,
    "sum-without-axis": _without_axis(*_SUMS),
    "transposed": _product,
    "operands-swapped": _product,
    "weights-not-used": _product,
    "mask-inverted": _masking,
    "mask-from-dout": _masking,
    "kernel-flipped": lambda n, _: isinstance(n, ast.Slice) and isinstance(n.step, ast.UnaryOp),
    "axes-permuted": call("transpose", "swapaxes", "moveaxis", "reshape"),
    "order-not-restored": call("reshape", "transpose", "swapaxes", "moveaxis"),
    "mask-redrawn": call("rand", "random", "binomial", "randn", "uniform", "choice"),
    "overlaps-overwritten": lambda n, _: (
        isinstance(n, ast.Assign) and any(isinstance(t, ast.Subscript) for t in n.targets)
    ),
    "pooling-gradient-spread": _either(_division, call("repeat", "kron", "ones_like", "full_like")),
    "wrong-start": call("backward"),
    "wrong-shape": _product,
    "softmax-jacobian-diagonal": lambda n, _: isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult),
}
