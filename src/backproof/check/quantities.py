"""A wrong quantity in the code that computes it: where it leaves a function, and the statements it comes from.

It leaves by a return, `self.dW = ...` or `grads["W1"] = ...`, under a gradient's usual names.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from backproof.check.syntax import Function, Step, called_name, dotted, read, reads_of

_SHAPES_ONLY = {
    "reshape", "copy", "astype", "view", "ravel", "flatten", "squeeze", "list", "tuple", "len", "zeros_like",
    "zeros", "empty", "empty_like", "array", "asarray", "float", "int", "isinstance", "append", "values", "keys",
    "reverse", "reversed", "range", "items",
}  # fmt: skip


def comes_from_above(function: Callable[..., Any] | None, quantity: str) -> bool:
    """Whether a backward is seen to compute the quantity from its first argument; True where it cannot be seen."""
    back = read(function)
    steps = slice_of(back, quantity) if back is not None else []
    if back is None or not any(works(s) for s in steps):
        return True
    return any(not s.reads.isdisjoint(back.parameters[:1]) for s in steps)


def suspects(function: Function, wrong: Sequence[str], right: Sequence[str] | None = None) -> list[Step]:
    """The statements that every wrong quantity comes from and no right one does, the last first.

    Where that leaves none, those that all wrong ones share; then those of the first alone.
    """
    slices = {q: found for q in wrong if (found := slice_of(function, q))}
    if not slices:
        return []
    first = next(iter(slices.values()))
    shared = [s for s in first if all(s in other for other in slices.values())]
    others = right if right is not None else [q for q in _all_quantities(function) if not _among(q, wrong)]
    innocent = [s for q in others for s in slice_of(function, q)]
    for steps in ([s for s in shared if s not in innocent], shared, first):
        if any(works(s) for s in steps):
            return steps
    return first


def _among(quantity: str, wrong: Sequence[str]) -> bool:
    return any(bare(quantity) == bare(q) for q in wrong)


def _all_quantities(function: Function) -> list[str]:
    """The quantities that the function is seen to compute: its returned values and its gradient attributes."""
    found = []
    for step in function.steps:
        if isinstance(step.node, ast.Return) and isinstance(step.value, ast.Tuple):
            found += [e.id for e in step.value.elts if isinstance(e, ast.Name)]
        elif isinstance(step.node, ast.Return):
            found.append("dx")
        for name in step.rebinds | step.changes:
            if name.startswith("self.") and _is_gradient_name(name[5:]):
                found.append(name[5:])
    return list(dict.fromkeys(found))


def slice_of(function: Function, quantity: str) -> list[Step]:
    found: list[Step] = []
    for index, expression in _leaves(function, quantity):
        step = function.steps[index]
        behind = function.slice(reads_of(expression), index)
        found += [s for s in (step, *behind) if s not in found]
    heads = {node for step in found for node in step.around}
    return found + [s for s in function.steps if s.is_head and s.node in heads and s not in found]


def _leaves(function: Function, quantity: str) -> Iterator[tuple[int, ast.expr]]:
    """(step, expression) of each place where the quantity leaves the function, the last first."""
    found = False
    for index, step in reversed(list(enumerate(function.steps))):
        node = step.node
        if isinstance(node, ast.Return) and node.value is not None:
            expression = _returned(function, node.value, quantity)
            if expression is not None:
                found = True
                yield index, expression
        elif isinstance(node, ast.Assign | ast.AugAssign):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for part, value in pairs(target, node.value):
                    if _holds(function, part, value, quantity):
                        found = True
                        yield index, _entry(function, value, quantity)
    if not found and quantity in ("output", "loss", "dx", "dout"):
        last = len(function.steps) - 1
        if last >= 0 and function.steps[last].value is not None:
            yield last, function.steps[last].value  # type: ignore[misc]


def _returned(function: Function, value: ast.expr, quantity: str) -> ast.expr | None:
    """The part of a returned value that is the quantity."""
    if isinstance(value, ast.Tuple):
        for element in value.elts:
            if isinstance(element, ast.Name) and bare(element.id) == bare(quantity):
                return element
        index = {"dx": 0, "output": 0, "loss": 0, "dy": 1}.get(quantity)
        return value.elts[index] if index is not None and index < len(value.elts) else None
    if isinstance(value, ast.Dict):
        return _in_dict(value, quantity)
    if quantity in ("dx", "output", "loss", "dout"):
        return value
    return None


def _in_dict(value: ast.Dict, quantity: str) -> ast.expr | None:
    return next((v for k, v in zip(value.keys, value.values, strict=True) if key_is(k, quantity)), None)


def _holds(function: Function, target: ast.expr, value: ast.expr, quantity: str) -> bool:
    """Whether an assignment target is where the caller finds the quantity."""
    name = dotted(target) or ""
    last = name.rpartition(".")[2]
    if isinstance(target, ast.Subscript):
        if isinstance(target.value, ast.Subscript):  # self.grads[0][...] = dW
            return _holds(function, target.value, value, quantity)
        if re.fullmatch(r"_?(all_)?grad(ient)?s|g|grad|dparams", last):
            index = getattr(target.slice, "value", None)
            if isinstance(index, int):
                return index == _index_in_params(function.owner, quantity)
            return key_is(target.slice, quantity)
        return name.startswith("self.") and _is_gradient_name(last) and bare(last) == bare(quantity)
    if isinstance(value, ast.Dict) and "grad" in last.lower():
        return _in_dict(value, quantity) is not None
    if isinstance(value, ast.List) and last == "grads":
        return _index_in_params(function.owner, quantity) is not None
    if last == "grad" and "." in name:  # self.W.grad = ...
        return bare(name.split(".")[-2]) == bare(quantity)
    return name.startswith("self.") and _is_gradient_name(last) and bare(last) == bare(quantity)


def _entry(function: Function, value: ast.expr, quantity: str) -> ast.expr:
    if isinstance(value, ast.Dict):
        return _in_dict(value, quantity) or value
    if isinstance(value, ast.List):
        index = _index_in_params(function.owner, quantity) or 0
        return value.elts[index] if index < len(value.elts) else value
    return value


def _index_in_params(owner: object, quantity: str) -> int | None:
    """The position of the parameter in the layer's list, for layers with `params` and `grads` as lists."""
    params = getattr(owner, "params", None)
    numbered = re.search(r"params\[(\d+)\]", quantity)
    if numbered:
        return int(numbered[1])
    if not isinstance(params, list | tuple):
        return None
    array = getattr(owner, re.sub(r"^d_?", "", quantity), None)
    return next((i for i, p in enumerate(params) if p is array and isinstance(p, np.ndarray)), None)


def pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List):
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            return list(zip(target.elts, value.elts, strict=True))
        return [(part, value) for part in target.elts]
    return [(target, value)]


def bare(name: str) -> str:
    """`w` for dW, d_W, W_grad, grad_w, gradW: what the gradient is of."""
    name = re.sub(r"^grad(ient)?_?(?=\w)|_?grad(ient)?s?$", "", name.rpartition(".")[2])
    return re.sub(r"^d_?(?=\w)", "", name).lower()


def _is_gradient_name(name: str) -> bool:
    return bool(re.match(r"d_?[A-Za-z]|grad_?\w", name) or re.search(r"_?grad(ient)?$", name))


def key_is(key: ast.AST | None, quantity: str) -> bool:
    """Whether a dict's key is the quantity's: written out, or put together from a letter and a number."""
    match key:
        case ast.Constant(value=str(text)):
            return bare(text) == bare(quantity)
        case ast.JoinedStr():
            text = "".join(str(v.value) if isinstance(v, ast.Constant) else "#" for v in key.values)
        case ast.BinOp(left=ast.Constant(value=str(text))):
            text = re.sub(r"%\w", "#", text) if isinstance(key.op, ast.Mod) else text + "#"
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            text = re.sub(r"{\w*}", "#", text)
        case _:
            return False
    return re.fullmatch(re.escape(text).replace(r"\#", r"\d+"), quantity) is not None


def works(step: Step) -> bool:
    """Whether a statement computes something, rather than name, reshape or prepare."""
    if step.is_head or isinstance(step.node, ast.Raise | ast.Assert):
        return False
    if step.changes or isinstance(step.node, ast.AugAssign):
        return True
    parts = list(step.parts())
    counts_shapes = any(isinstance(p, ast.Attribute) and p.attr in ("shape", "ndim") for p in parts) and not any(
        isinstance(p, ast.Call) for p in parts
    )
    if counts_shapes and not any(isinstance(p, ast.BinOp) and isinstance(p.op, ast.Div) for p in parts):
        return False
    return any(
        (isinstance(p, ast.BinOp | ast.Compare | ast.UnaryOp))
        or (isinstance(p, ast.Call) and called_name(p) not in _SHAPES_ONLY)
        for p in parts
    )
