"""Small changes to a line of the user's own code, as text edits that leave the rest as its author wrote it.

Each operator takes one expression and proposes others in its place. `mended` picks by the cause; `proposals`
lists everything, for those who can try them out.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from backproof.check.locate import Spot
from backproof.check.syntax import called_name

Text = Callable[[ast.AST], str]  # the source of a node
Operator = Callable[[ast.AST, Text], Iterator[str]]


@dataclass(frozen=True)
class Edit:
    """Characters start..end of an expression's text, and what to write there."""

    start: int
    end: int
    new: str

    def apply(self, text: str) -> str:
        """The text with the edit made."""
        return text[: self.start] + self.new + text[self.end :]


def mended(cause: str, spot: Spot) -> str | None:
    """The line of the spot as it should likely read; None where the cause names no such change."""
    for operator in BY_CAUSE.get(cause, ()):
        edit = next(edits(spot.expression, (operator,)), None)
        if edit is not None:
            line = linecache.getline(spot.file, spot.line).rstrip("\n")
            start, end = spot.columns
            return line[:start] + edit.apply(spot.expression) + line[end:]
    return None


def edits(text: str, operators: tuple[Operator, ...]) -> Iterator[Edit]:
    """All that the operators propose for the expressions, and the statement itself, in a piece of source."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    lines = text.splitlines(keepends=True)
    before = [sum(map(len, lines[:i])) for i in range(len(lines))]

    def offset(line: int, column: int) -> int:
        return before[line - 1] + len(lines[line - 1].encode()[:column].decode())

    def span(node: ast.AST) -> tuple[int, int]:
        at: Any = node
        return offset(at.lineno, at.col_offset), offset(at.end_lineno, at.end_col_offset)

    def source(node: ast.AST) -> str:
        start, end = span(node)
        return text[start:end]

    for node in ast.walk(tree):
        if not isinstance(node, ast.expr | ast.stmt):
            continue
        for operator in operators:
            for new in operator(node, source):
                edit = Edit(*span(node), new)
                if edit.apply(text) != text:
                    yield edit


# Operators --------------------------------------------------------------------------------------------------

REDUCTIONS = ("sum", "mean", "max", "min", "amax", "amin", "argmax", "argmin", "std", "var", "prod")


def _insert(node: ast.Call, text: Text, argument: str) -> str:
    """The call with one more argument at its end."""
    inside = text(node)[:-1]
    return f"{inside}{argument})" if inside.endswith("(") else f"{inside}, {argument})"


def _axis(argument: str) -> Operator:
    def add_axis(node: ast.AST, text: Text) -> Iterator[str]:
        if (
            isinstance(node, ast.Call)
            and called_name(node) in REDUCTIONS
            and not any(k.arg == "axis" for k in node.keywords)
        ):
            yield _insert(node, text, argument)

    return add_axis


def _other_axis(axis: str) -> Operator:
    def change_axis(node: ast.AST, text: Text) -> Iterator[str]:
        if isinstance(node, ast.Call) and any(k.arg == "axis" for k in node.keywords):
            said = next(k for k in node.keywords if k.arg == "axis")
            yield text(node).replace(f"axis={text(said.value)}", f"axis={axis}")

    return change_axis


def keep_dimensions(node: ast.AST, text: Text) -> Iterator[str]:
    """sum(x, axis=1) -> sum(x, axis=1, keepdims=True), and the axis said as the last one."""
    if isinstance(node, ast.Call) and called_name(node) in REDUCTIONS:
        keywords = {k.arg for k in node.keywords}
        if "axis" in keywords and "keepdims" not in keywords:
            yield _insert(node, text, "keepdims=True")


def last_axis(node: ast.AST, text: Text) -> Iterator[str]:
    """axis=0 -> axis=-1, keepdims=True: one row, one sample."""
    for changed in _other_axis("-1")(node, text):
        yield changed if "keepdims" in changed else changed[:-1] + ", keepdims=True)"


def _renamed(old: str, new: str) -> Operator:
    def rename(node: ast.AST, text: Text) -> Iterator[str]:
        if isinstance(node, ast.Call) and called_name(node) == old:
            head = text(node.func)
            yield head[: len(head) - len(old)] + new + text(node)[len(head) :]

    return rename


def builtin_type(node: ast.AST, text: Text) -> Iterator[str]:
    """np.int -> int: the aliases that NumPy 1.24 removed were Python's own types."""
    if isinstance(node, ast.Attribute) and node.attr in ("int", "float", "bool", "complex", "object", "str"):
        yield node.attr


def zeros_like(node: ast.AST, text: Text) -> Iterator[str]:
    """np.zeros(x) -> np.zeros_like(x)."""
    if isinstance(node, ast.Call) and called_name(node) in ("zeros", "ones", "empty") and len(node.args) == 1:
        yield f"{text(node.func)}_like({text(node.args[0])})"


def without_divisor(node: ast.AST, text: Text) -> Iterator[str]:
    """a / n -> a."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        yield _kept_together(node.left, text)


def without_constant(node: ast.AST, text: Text) -> Iterator[str]:
    """2 * a -> a."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        if isinstance(node.left, ast.Constant) and isinstance(node.op, ast.Mult):
            yield _kept_together(node.right, text)
        if isinstance(node.right, ast.Constant):
            yield _kept_together(node.left, text)


def sum_of_rows(node: ast.AST, text: Text) -> Iterator[str]:
    """dout[0] -> dout.sum(axis=0)."""
    if isinstance(node, ast.Subscript) and isinstance(getattr(node.slice, "value", None), int):
        yield f"{text(node.value)}.sum(axis=0)"


def without_index(node: ast.AST, text: Text) -> Iterator[str]:
    """t[0] -> t."""
    if isinstance(node, ast.Subscript) and isinstance(getattr(node.slice, "value", None), int):
        yield text(node.value)


def close_the_divisor(node: ast.AST, text: Text) -> Iterator[str]:
    """1 / 1 + exp(-x) -> 1 / (1 + exp(-x))."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = node.left
        if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div):
            yield f"{text(left.left)} / ({text(left.right)} + {text(node.right)})"


def negated_argument(node: ast.AST, text: Text) -> Iterator[str]:
    """exp(x) -> exp(-x), and back."""
    if called_name(node) in ("exp", "maximum") and isinstance(node, ast.Call):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.UnaryOp) and isinstance(first.op, ast.USub):
            yield f"{text(node.func)}({text(first.operand)})"
        elif isinstance(first, ast.Name | ast.Attribute | ast.Subscript):
            yield f"{text(node.func)}(-{text(first)})"


def negated_bound(node: ast.AST, text: Text) -> Iterator[str]:
    """a[p:p] -> a[p:-p]."""
    if isinstance(node, ast.Slice) and isinstance(node.upper, ast.Name | ast.Attribute | ast.BinOp):
        whole, old = text(node), text(node.upper)
        at = whole.rfind(old)
        yield f"{whole[:at]}-{old}{whole[at + len(old) :]}"


def inverted_mask(node: ast.AST, text: Text) -> Iterator[str]:
    """mask -> ~mask where it selects or multiplies, and back."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.Attribute):
        yield f"{text(node.value)}[~{text(node.slice)}]"
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        yield text(node.operand)


def other_comparison(node: ast.AST, text: Text) -> Iterator[str]:
    """x > 0 -> x <= 0, x < 0, x >= 0, and so on."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for kind, signs in (
            (ast.Gt, ("<=", "<", ">=")),
            (ast.GtE, ("<", "<=", ">")),
            (ast.Lt, (">=", ">", "<=")),
            (ast.LtE, (">", ">=", "<")),
        ):
            if isinstance(node.ops[0], kind):
                yield from (f"{text(node.left)} {sign} {text(node.comparators[0])}" for sign in signs)


def transposed(node: ast.AST, text: Text) -> Iterator[str]:
    """W -> W.T and W.T -> W, for the factors of a product."""
    for factor in _factors(node):
        if isinstance(factor, ast.Attribute) and factor.attr == "T":
            new = text(factor.value)
        elif isinstance(factor, ast.Name | ast.Attribute):
            new = f"{text(factor)}.T"
        else:
            continue
        yield _replaced(node, factor, new, text)


def swapped(node: ast.AST, text: Text) -> Iterator[str]:
    """a @ b -> b @ a, dot(a, b) -> dot(b, a), a - b -> b - a, a / b -> b / a."""
    factors = _factors(node)
    if isinstance(node, ast.Call) and len(factors) == 2:
        yield f"{text(node.func)}({text(factors[1])}, {text(factors[0])})"
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult | ast.Sub | ast.Div):
        sign = {ast.MatMult: "@", ast.Sub: "-", ast.Div: "/"}[type(node.op)]
        yield f"{_closed(node.right, text)} {sign} {_closed(node.left, text)}"


def swapped_and_transposed(node: ast.AST, text: Text) -> Iterator[str]:
    """dot(dout.T, x) -> dot(x.T, dout)."""
    factors = _factors(node)
    if len(factors) == 2:
        left, right = (
            text(f.value) if isinstance(f, ast.Attribute) and f.attr == "T" else f"{_closed(f, text)}.T"
            for f in factors
        )
        yield f"{text(node.func)}({right}, {left})" if isinstance(node, ast.Call) else f"{right} @ {left}"


def copied(node: ast.AST, text: Text) -> Iterator[str]:
    """out = x -> out = x.copy()."""
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
        yield f"{text(node)}.copy()"


def shared(node: ast.AST, text: Text) -> Iterator[str]:
    """self.W = W.copy() -> self.W = W."""
    if (
        isinstance(node, ast.Call)
        and called_name(node) in ("copy", "astype")
        and isinstance(node.func, ast.Attribute)
    ):
        inner = node.func.value
        yield text(node.args[0]) if text(inner) in ("np", "numpy", "copy") and node.args else text(inner)
    elif called_name(node) in ("array", "deepcopy") and isinstance(node, ast.Call) and len(node.args) == 1:
        yield text(node.args[0])


def added(node: ast.AST, text: Text) -> Iterator[str]:
    """a[i] = v -> a[i] += v, a[i] -= v."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Subscript):
        yield f"{text(node.targets[0])} += {text(node.value)}"
        yield f"{text(node.targets[0])} -= {text(node.value)}"


def added_to_name(node: ast.AST, text: Text) -> Iterator[str]:
    """a = v -> a += v."""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        yield f"{text(node.targets[0])} += {text(node.value)}"


def set_anew(node: ast.AST, text: Text) -> Iterator[str]:
    """a += v -> a = v."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add):
        yield f"{text(node.target)} = {text(node.value)}"


def negated(node: ast.AST, text: Text) -> Iterator[str]:
    """-a -> a, and a call -> its negative."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield text(node.operand)
    elif isinstance(node, ast.Call) and called_name(node) in ("sum", "mean", "dot"):
        yield f"-{text(node)}"


def other_sign(node: ast.AST, text: Text) -> Iterator[str]:
    """a + b -> a - b, a * b -> a / b, and back."""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        for one, other in ((ast.Add, ast.Sub), (ast.Mult, ast.Div)):
            for kind, sign in ((one, _SIGN[other]), (other, _SIGN[one])):
                if isinstance(node.op, kind):
                    if isinstance(node, ast.AugAssign):
                        yield f"{text(node.target)} {sign}= {text(node.value)}"
                    else:
                        left = _closed(node.left, text) if sign in "*/" and _is_sum(node.left) else text(node.left)
                        yield f"{left} {sign} {_closed(node.right, text)}"


def one_side(node: ast.AST, text: Text) -> Iterator[str]:
    """a * b -> a, and b."""
    if isinstance(node, ast.BinOp):
        yield _kept_together(node.left, text)
        if isinstance(node.op, ast.Mult | ast.Add | ast.MatMult):
            yield _kept_together(node.right, text)
        if isinstance(node.op, ast.Sub):
            yield f"-{_closed(node.right, text)}"


def other_size(node: ast.AST, text: Text) -> Iterator[str]:
    """y.size -> y.shape[0]; shape[1] -> shape[0]."""
    if isinstance(node, ast.Attribute) and node.attr == "size":
        yield f"{text(node.value)}.shape[0]"
    if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "shape":
        yield from (f"{text(node.value)}[{i}]" for i in range(2))


def unwrapped(node: ast.AST, text: Text) -> Iterator[str]:
    """f(x) * (1 - f(x)) -> x * (1 - x): all calls of one function in a statement."""
    if isinstance(node, ast.Assign | ast.Return):
        names = {
            called_name(n) for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        for name in sorted(names):
            yield re.sub(rf"\b{re.escape(name)}\(([\w.]+)\)", r"\1", text(node))


def squared(node: ast.AST, text: Text) -> Iterator[str]:
    """x -> x ** 2 beside a sum or a difference, and back."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        yield text(node.left)
    elif (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.Add | ast.Sub)
        and isinstance(node.right, ast.Name | ast.Attribute)
    ):
        yield f"{text(node)} ** 2"


def without_slice(node: ast.AST, text: Text) -> Iterator[str]:
    """a[1:] -> a, a[::-1] -> a; a[0] -> a[-1]."""
    if isinstance(node, ast.Subscript):
        if "::-1" in text(node.slice):
            yield f"{text(node.value)}[{text(node.slice).replace('::-1', ':')}]"
        slices = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if all(isinstance(s, ast.Slice) or getattr(s, "value", 0) is Ellipsis for s in slices):
            yield text(node.value)
        if getattr(node.slice, "value", None) == 0:
            yield f"{text(node.value)}[-1]"


def paired(node: ast.AST, text: Text) -> Iterator[str]:
    """a[:, t] -> a[np.arange(len(t)), t]: one entry a row."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        rows, columns = node.slice.elts
        if isinstance(rows, ast.Slice) and isinstance(columns, ast.Name | ast.Attribute):
            yield f"{text(node.value)}[np.arange(len({text(columns)})), {text(columns)}]"


def other_axes(node: ast.AST, text: Text) -> Iterator[str]:
    """transpose(0, 1, 3, 2) -> transpose(0, 1, 2, 3) and other exchanges of two axes."""
    if called_name(node) == "transpose" and isinstance(node, ast.Call):
        arguments = [text(a) for a in node.args]
        for i, j in combinations(range(len(arguments)), 2):
            new = list(arguments)
            new[i], new[j] = new[j], new[i]
            yield f"{text(node.func)}({', '.join(new)})"


def axes_exchanged(node: ast.AST, text: Text) -> Iterator[str]:
    """x.reshape(...) -> x.T.reshape(...), in the usual order, or with two axes exchanged."""
    if called_name(node) == "reshape" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if any(k.arg == "order" for k in node.keywords):
            yield f"{text(node.func)}({', '.join(text(a) for a in node.args)})"
        for order in ("0, 2, 3, 1", "0, 3, 1, 2"):
            yield f"{text(node.func.value)}.transpose({order}).reshape({', '.join(text(a) for a in node.args)})"
        yield f"{text(node.func.value)}.T.reshape({', '.join(text(a) for a in node.args)})"
        for i, j in combinations(range(len(node.args)), 2):
            yield f"{text(node)}.swapaxes({i}, {j})"
        if len(node.args) == 4:  # channels moved to the end, and back
            n, c, h, w = (text(a) for a in node.args)
            yield f"{text(node.func)}({n}, {h}, {w}, {c}).transpose(0, 3, 1, 2)"
            yield from (f"{text(node)}.transpose({order})" for order in ("0, 3, 1, 2", "0, 2, 3, 1"))


def other_constant(node: ast.AST, text: Text) -> Iterator[str]:
    """1 * a -> 2 * a, a / 2 -> a, x > 1 -> x > 0 and so on; where(c, 1, 0) and range(1, n) with other numbers."""
    parts: list[Any] = []
    if isinstance(node, ast.BinOp) and not isinstance(node.op, ast.FloorDiv):
        parts = [node.left, node.right]
    elif isinstance(node, ast.AugAssign | ast.Assign):
        parts = [node.value]
    elif isinstance(node, ast.Compare):
        parts = node.comparators
    elif called_name(node) in ("where", "full_like", "maximum", "minimum", "clip", "range"):
        parts = list(getattr(node, "args", []))
    for place in parts:
        part = place.operand if isinstance(place, ast.UnaryOp) else place
        if isinstance(part, ast.Constant) and isinstance(part.value, int | float):
            whole, old, value = text(node), text(part), float(part.value)
            at = whole.rfind(old) if place is parts[-1] else whole.find(old)
            near = (value - 1, value + 1, value / 2, value * 2)
            for number in dict.fromkeys(["1", "2", "0.5", "0", "-1", *(f"{n:g}" for n in near)]):
                if float(number) != value:
                    yield whole[:at] + number + whole[at + len(old) :]


def as_relu(node: ast.AST, text: Text) -> Iterator[str]:
    """abs(x) -> np.maximum(x, 0)."""
    if called_name(node) in ("abs", "absolute", "fabs") and isinstance(node, ast.Call) and len(node.args) == 1:
        yield f"np.maximum({text(node.args[0])}, 0)"


def other_key(node: ast.AST, text: Text) -> Iterator[str]:
    """params["W1"] -> params["W2"]; layer.dW -> layer.db."""
    if isinstance(node, ast.Subscript) and isinstance(key := getattr(node.slice, "value", None), str):
        quote, stem = text(node.slice)[0], key.rstrip("0123456789")
        yield from (f"{text(node.value)}[{quote}{stem}{i}{quote}]" for i in range(1, 5) if stem != key)
    if isinstance(node, ast.Attribute) and node.attr in _PAIRED:
        yield f"{text(node.value)}.{_PAIRED[node.attr]}"


_PAIRED = {"dW": "db", "db": "dW", "dw": "db", "dgamma": "dbeta", "dbeta": "dgamma"}


def in_full_precision(node: ast.AST, text: Text) -> Iterator[str]:
    """x.astype(np.float16) -> x; dtype=int dropped."""
    if isinstance(node, ast.Call) and called_name(node) == "astype" and isinstance(node.func, ast.Attribute):
        yield text(node.func.value)
    elif isinstance(node, ast.Call) and any(k.arg == "dtype" for k in node.keywords):
        rest = [text(a) for a in node.args]
        rest += [f"{k.arg}={text(k.value)}" for k in node.keywords if k.arg != "dtype"]
        yield f"{text(node.func)}({', '.join(rest)})"


_SIGN = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


def _factors(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return [node.left, node.right]
    if isinstance(node, ast.Call) and called_name(node) in ("dot", "matmul") and len(node.args) == 2:
        return list(node.args)
    return []


def _closed(node: ast.AST, text: Text) -> str:
    inner = text(node)
    return f"({inner})" if isinstance(node, ast.BinOp | ast.Compare | ast.IfExp) else inner


def _is_sum(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)


def _kept_together(node: ast.AST, text: Text) -> str:
    """An operand that stands in place of its operation: a sum keeps its parentheses."""
    return f"({text(node)})" if _is_sum(node) or isinstance(node, ast.Compare | ast.IfExp) else text(node)


def _replaced(node: ast.AST, part: ast.AST, new: str, text: Text) -> str:
    whole, old = text(node), text(part)
    at = whole.rfind(old) if part is _factors(node)[-1] else whole.find(old)
    if isinstance(node, ast.Call) and part is _factors(node)[0]:
        at = whole.find(old, len(text(node.func)))
    return whole[:at] + new + whole[at + len(old) :]


_ROWWISE = _axis("axis=-1, keepdims=True")
BY_CAUSE: dict[str, tuple[Operator, ...]] = {
    "softmax-over-batch": (_ROWWISE,),
    "softmax-wrong-axis": (last_axis,),
    "mixes-samples": (_axis("axis=-1, keepdims=True"), last_axis),
    "removed-numpy-name": (builtin_type,),
    "raises": (zeros_like,),
    "sum-without-axis": (_axis("axis=0"),),
    "wrong-axis": (_other_axis("0"),),
    "averaged-instead-of-summed": (_renamed("mean", "sum"), without_divisor),
    "averaged-twice": (without_divisor,),
    "wrong-factor": (without_constant,),
    "one-row-only": (sum_of_rows,),
    "first-row-only": (sum_of_rows,),
    "log10": (_renamed("log10", "log"),),
    "log2": (_renamed("log2", "log"),),
    "sigmoid-missing-parentheses": (close_the_divisor,),
    "sigmoid-sign-flipped": (negated_argument,),
    "sign-flipped": (negated,),
    "mask-inverted": (inverted_mask, other_comparison),
    "transposed": (swapped_and_transposed, transposed),
    "operands-swapped": (swapped,),
    "order-not-restored": (axes_exchanged, other_axes),
    "axes-permuted": (axes_exchanged, other_axes),
    "kernel-flipped": (without_slice,),
    "not-convolution": (other_axes,),
    "not-pooling": (other_axes,),
    "not-softmax": (last_axis, _ROWWISE),
    "not-softmax-loss": (last_axis, _ROWWISE),
    "not-batch-normalisation": (_axis("axis=0"), _other_axis("0")),
    "not-layer-normalisation": (_other_axis("1"), _axis("axis=1, keepdims=True")),
    "derivative-at-wrong-point": (unwrapped,),
    "derivative-factor-missing": (squared,),
    "labels-not-subtracted": (paired,),
    "parameter-disconnected": (shared,),
    "writes-into-input": (copied,),
    "accumulates": (set_anew,),
    "overlaps-overwritten": (added,),
    "max-and-mean-confused": (_renamed("mean", "max"), _renamed("max", "mean")),
    "absolute-value": (as_relu,),
    "minimum-taken": (_renamed("min", "max"), _renamed("minimum", "maximum")),
    "float16-inside": (in_full_precision,),
    "rounds-inside": (in_full_precision,),
    "integer-gradient": (in_full_precision,),
}

# Everything, the likeliest first, for repair.py, which tries each one out.
ALL: tuple[Operator, ...] = (
    _axis("axis=0"), _ROWWISE, _axis("axis=1"), _other_axis("0"), _other_axis("1"), last_axis, keep_dimensions,
    _renamed("mean", "sum"), _renamed("sum", "mean"), _renamed("max", "min"), _renamed("min", "max"),
    _renamed("argmin", "argmax"), _renamed("argmax", "argmin"), _renamed("maximum", "minimum"),
    _renamed("minimum", "maximum"), _renamed("log10", "log"), _renamed("log2", "log"), _renamed("var", "std"),
    _renamed("std", "var"), transposed, swapped, swapped_and_transposed, negated, negated_argument, negated_bound,
    inverted_mask, other_comparison, without_divisor, without_constant, close_the_divisor, other_sign, one_side,
    other_constant, other_size, other_key, added, set_anew, sum_of_rows, without_index, without_slice, paired,
    squared, unwrapped, other_axes, zeros_like, in_full_precision, _other_axis("(0, 2, 3)"),
    _axis("axis=(0, 2, 3)"), _other_axis("(2, 3)"), _other_axis("(1, 2, 3)"), axes_exchanged, added_to_name,
)  # fmt: skip
