"""From a fault to its place: file, line and expression, by the code's own syntax tree.

The wrong quantity is followed from where it leaves the function (a return, `self.dW = ...`, `grads["W1"] = ...`)
back through local names and helper functions; what the cause looks like in code picks among those statements.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import re
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.check.syntax import Function, Ran, Step, called_name, dotted, read, reads_of

Find = Callable[[ast.AST, Function], bool]
DEPTH = 3  # helpers called by helpers
_SHAPES_ONLY = {
    "reshape", "copy", "astype", "view", "ravel", "flatten", "squeeze", "list", "tuple", "len", "zeros_like",
    "zeros", "empty", "empty_like", "array", "asarray", "float", "int", "isinstance", "append", "values", "keys",
    "reverse", "reversed", "range", "items",
}  # fmt: skip


@dataclass(frozen=True)
class Spot:
    """A place in a file: an expression on a line; columns count characters from 0."""

    file: str
    line: int
    expression: str
    columns: tuple[int, int]


def place(function: Callable[..., Any] | None) -> tuple[str | None, int | None]:
    """(file, first line) of a function written in Python; (None, None) for anything else."""
    if function is None:
        return None, None
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)


def spots(
    at: Callable[..., Any] | None,
    kind: str,
    quantity: str,
    cause: str,
    evidence: Mapping[str, Any],
    error: BaseException | None = None,
    ran: Ran | None = None,
    begins: int | None = None,
) -> list[Spot]:
    """Where the fault is: the likeliest expression first, then others that belong to it; [] where none is.

    begins: the line at which values were found to go wrong, where these could be followed.
    """
    function = read(at, ran)
    if error is not None:
        raised = _raising(error)
        if raised is not None:
            return [raised]
    if function is None:
        return []
    found: list[tuple[Function, ast.AST]] = []
    if kind == "state" or cause in ("writes-into-dout", "writes-into-input"):
        found = _state(function, quantity, cause)
    elif kind == "dtype":
        found = _matching(_with_helpers(function, function.steps), _ROUNDING)
        found.sort(key=lambda place: quantity not in place[0].line(place[1].lineno))  # type: ignore[attr-defined]
        found = found or _of_quantity(function, quantity, cause, evidence)
    elif kind == "forward":
        found = _forward(function, cause)
    elif kind in ("backward", "training"):
        found = _of_quantity(function, quantity, cause, evidence, begins)
    return [Spot(f.file, n.lineno, f.text(n), f.columns(n)) for f, n in found]  # type: ignore[attr-defined]


# What was raised ------------------------------------------------------------------------------------------


def _raising(error: BaseException) -> Spot | None:
    """The user's own innermost line that the exception came through, and the part of it that Python marks."""
    own = [
        f
        for f in traceback.extract_tb(error.__traceback__)
        if not re.search(r"site-packages|[/\\]backproof[/\\]|/lib/python|^<", f.filename)
    ]
    if not own:
        return None
    frame = own[-1]
    line = linecache.getline(frame.filename, frame.lineno or 1).rstrip("\n")
    start = frame.colno if frame.colno is not None and frame.end_lineno == frame.lineno else None
    end = frame.end_colno
    if start is None or end is None:
        start, end = len(line) - len(line.lstrip()), len(line.rstrip())
    removed = re.search(r"module 'numpy' has no attribute '(\w+)'", str(error))
    if removed and (match := re.search(rf"\b\w+\.{removed[1]}\b", line)):
        start, end = match.span()
    return Spot(frame.filename, frame.lineno or 1, line[start:end], (start, end))


# A wrong gradient -----------------------------------------------------------------------------------------


def _of_quantity(
    function: Function, quantity: str, cause: str, evidence: Mapping[str, Any], begins: int | None = None
) -> list[tuple[Function, ast.AST]]:
    wrong = [quantity, *(q for key in ("also wrong", "wrong") for q in evidence.get(key, []) if q != quantity)]
    if cause in ("wrong-start", "layer-skipped", "gradient-missing"):
        found = _way_back(function, cause, quantity)
        if found:
            return found
    steps = suspects(function, wrong, evidence.get("right"))
    if not steps:
        return []
    followed = [s for s in function.steps if begins in s.lines and not s.is_head]
    steps = followed or steps
    pattern = _BACKWARD.get(cause)
    if cause in ("max-and-mean-confused", "minimum-taken"):  # what forward takes, backward does not
        forward = read(getattr(function.owner, "forward", None))
        taken = _call("mean", "average") if cause == "max-and-mean-confused" else _FORWARD[cause]
        found = _matching(((forward, s) for s in forward.steps), taken) if forward is not None else []
        if found:
            return found[:1]
    if pattern is not None:
        found = _matching(_with_helpers(function, steps), pattern)
        if found:
            return found[:1]
    if cause in _MISSING and not followed:  # the place where the quantity is put together
        made = next((s for s in steps if isinstance(s.node, ast.Assign) and not s.changes), None)
        if made is not None and not (isinstance(steps[0].node, ast.Return) and works(steps[0])):
            return [(function, _whole(made))]
    # "unknown" may well be in a helper, but the call of it is where the value comes from
    return [(function, _whole(next((s for s in steps if works(s)), steps[0])))]


def comes_from_above(function: Callable[..., Any] | None, quantity: str) -> bool:
    """Whether a backward is seen to compute the quantity from its first argument; True where it cannot be seen."""
    back = read(function)
    steps = _slice_of(back, quantity) if back is not None else []
    if back is None or not any(works(s) for s in steps):
        return True
    return any(not s.reads.isdisjoint(back.parameters[:1]) for s in steps)


def _way_back(function: Function, cause: str, quantity: str) -> list[tuple[Function, ast.AST]]:
    """In a `gradient()`: where the way back starts, what leaves a layer out, beside what a gradient is missing."""
    calls = [s for s in function.steps if any(called_name(p) == "backward" for p in s.parts())]
    if cause == "wrong-start":
        return [(function, _whole(s)) for s in calls][:1]
    if cause == "layer-skipped":
        heads = [s for s in function.steps if s.is_head and any(s.node in call.around for call in calls)]
        heads.sort(key=lambda s: not isinstance(s.node, ast.If))
        return [(function, _whole(s)) for s in (*heads, *calls, *(s for s in function.steps if s.is_head))][:1]
    number = re.sub(r"\D", "", quantity)
    handed = [s for s in function.steps if any("grad" in name for name in s.changes)]
    keys = [(ast.unparse(item.slice), s) for s in handed for item in _items(s, "")]
    twice = [s for key, s in keys if sum(key == other for other, _ in keys) > 1]
    if twice:  # handed out under another's key
        return _first_statement(function, [s for s in twice if number in ast.unparse(s.value or s.node)] or twice)
    beside = [s for s in handed if number and number in function.line(s.node.lineno)]
    return _first_statement(function, (beside or handed)[-1:])


def suspects(function: Function, wrong: Sequence[str], right: Sequence[str] | None = None) -> list[Step]:
    """The statements that every wrong quantity comes from and no right one does, the last first.

    Where that leaves none, those that all wrong ones share; then those of the first alone.
    """
    slices = {q: found for q in wrong if (found := _slice_of(function, q))}
    if not slices:
        return []
    first = next(iter(slices.values()))
    shared = [s for s in first if all(s in other for other in slices.values())]
    others = right if right is not None else [q for q in _all_quantities(function) if not _among(q, wrong)]
    innocent = [s for q in others for s in _slice_of(function, q)]
    for steps in ([s for s in shared if s not in innocent], shared, first):
        if any(works(s) for s in steps):
            return steps
    return first


def _among(quantity: str, wrong: Sequence[str]) -> bool:
    return any(_bare(quantity) == _bare(q) for q in wrong)


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


def _slice_of(function: Function, quantity: str) -> list[Step]:
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
                for part, value in _pairs(target, node.value):
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
            if isinstance(element, ast.Name) and _bare(element.id) == _bare(quantity):
                return element
        index = {"dx": 0, "output": 0, "loss": 0, "dy": 1}.get(quantity)
        return value.elts[index] if index is not None and index < len(value.elts) else None
    if isinstance(value, ast.Dict):
        return _in_dict(value, quantity)
    if quantity in ("dx", "output", "loss", "dout"):
        return value
    return None


def _in_dict(value: ast.Dict, quantity: str) -> ast.expr | None:
    return next((v for k, v in zip(value.keys, value.values, strict=True) if _key_is(k, quantity)), None)


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
            return _key_is(target.slice, quantity)
        return name.startswith("self.") and _is_gradient_name(last) and _bare(last) == _bare(quantity)
    if isinstance(value, ast.Dict) and "grad" in last.lower():
        return _in_dict(value, quantity) is not None
    if isinstance(value, ast.List) and last == "grads":
        return _index_in_params(function.owner, quantity) is not None
    if last == "grad" and "." in name:  # self.W.grad = ...
        return _bare(name.split(".")[-2]) == _bare(quantity)
    return name.startswith("self.") and _is_gradient_name(last) and _bare(last) == _bare(quantity)


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


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple | ast.List):
        if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == len(target.elts):
            return list(zip(target.elts, value.elts, strict=True))
        return [(part, value) for part in target.elts]
    return [(target, value)]


def _bare(name: str) -> str:
    """`w` for dW, d_W, W_grad, grad_w, gradW: what the gradient is of."""
    name = re.sub(r"^grad(ient)?_?(?=\w)|_?grad(ient)?s?$", "", name.rpartition(".")[2])
    return re.sub(r"^d_?(?=\w)", "", name).lower()


def _is_gradient_name(name: str) -> bool:
    return bool(re.match(r"d_?[A-Za-z]|grad_?\w", name) or re.search(r"_?grad(ient)?$", name))


def _key_is(key: ast.AST | None, quantity: str) -> bool:
    """Whether a dict's key is the quantity's: written out, or put together from a letter and a number."""
    match key:
        case ast.Constant(value=str(text)):
            return _bare(text) == _bare(quantity)
        case ast.JoinedStr():
            text = "".join(str(v.value) if isinstance(v, ast.Constant) else "#" for v in key.values)
        case ast.BinOp(left=ast.Constant(value=str(text))):
            text = re.sub(r"%\w", "#", text) if isinstance(key.op, ast.Mod) else text + "#"
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            text = re.sub(r"{\w*}", "#", text)
        case _:
            return False
    return re.fullmatch(re.escape(text).replace(r"\#", r"\d+"), quantity) is not None


# A wrong forward ------------------------------------------------------------------------------------------


def _forward(function: Function, cause: str) -> list[tuple[Function, ast.AST]]:
    steps = _slice_of(function, "output") or function.steps
    pattern = _FORWARD.get(cause)
    if pattern is not None:
        found = _matching(_with_helpers(function, steps), pattern)
        if cause == "softmax-over-batch":  # the sum is the fault; the maximum beside it should be mended with it
            return sorted(found, key=lambda place: called_name(place[1]) not in ("sum", "logsumexp"))
        if found:
            return found[:1]
    where = _innermost(function, steps)
    return [where] if where is not None else []


def _innermost(function: Function, steps: Sequence[Step], depth: int = DEPTH) -> tuple[Function, ast.AST] | None:
    """The last statement that works; where it only calls a helper, the same in the helper."""
    step = next((s for s in steps if works(s)), None)
    if step is None:
        return (function, _whole(steps[0])) if steps else None
    helper = function.called(step.value) if isinstance(step.value, ast.Call) and depth else None
    if helper is not None:
        inner = _innermost(helper, _slice_of(helper, "output") or helper.steps, depth - 1)
        if inner is not None:
            return inner
    return function, _whole(step)


# State and aliasing ---------------------------------------------------------------------------------------


def _state(function: Function, quantity: str, cause: str) -> list[tuple[Function, ast.AST]]:
    """The statement that writes: in place, into what was given, into a parameter, or a copy made in `__init__`."""
    if cause in ("writes-into-input", "writes-into-dout"):
        given = _aliases(function, [*function.parameters, f"self.{quantity}"])
        found = [s for s in function.steps if s.changes & given]
        new = found[0].changes - set(function.parameters) if found else set()
        # `out = x`, then `out[...] = 0`: the copy is missing where the second name is given
        named = [s for s in function.steps if s.rebinds & new and isinstance(s.node, ast.Assign)]
        return _first_statement(function, named[-1:] or found) + _first_statement(function, found if named else [])
    if cause == "updates-parameters":
        names = {f"self.{quantity}", quantity, "self.params", "params", f"self.{re.sub(r'[0-9]+$', '', quantity)}"}
        found = [s for s in function.steps if s.changes & names or s.rebinds & names]
        return _first_statement(function, found)
    if cause == "parameter-disconnected":
        copying = [s for s in function.steps if any(called_name(p) in _COPYING for p in s.parts())]
        bare = _bare(re.sub(r"\d+$", "", quantity))
        copying.sort(key=lambda s: not any(_bare(name) == bare for name in s.rebinds))
        anew = [s for s in function.steps if any(_key_is(t.slice, quantity) for t in _items(s, "params"))]
        return [(function, _whole(s)) for s in (copying or anew[1:][-1:] or _handed_twice(function, quantity))][:1]
    if cause in ("disturbed-between", "stale-cache"):
        kept = _remembered(function, cause)
        if kept:
            return kept
    if cause == "stale-cache":  # nothing is remembered wrongly: forward was not run before
        calls = [s for s in function.steps if any(called_name(p) == "backward" for p in s.parts())]
        if calls:
            return [(function, _whole(calls[0]))]
    steps = suspects(function, [quantity])
    if cause in ("accumulates", "disturbed-between"):
        steps = sorted(steps, key=lambda s: not _adds_to_itself(s))
        return _first_statement(function, steps)
    return [(function, _whole(s)) for s in steps if works(s)][:1]


def _handed_twice(function: Function, quantity: str) -> list[Step]:
    """Where a parameter is handed out a second time, while the one asked for never is."""
    read_keys: list[tuple[str, Step]] = []
    for step in function.steps:
        for part in step.parts():
            match part:
                case ast.Subscript(slice=ast.Constant(value=key), ctx=ast.Load()):
                    if (dotted(part) or "").endswith("params"):
                        read_keys.append((str(key), step))
    keys = [key for key, _ in read_keys]
    if quantity in keys:
        return []
    return [step for i, (key, step) in enumerate(read_keys) if key in keys[:i]][-1:]


def _items(step: Step, container: str) -> list[ast.Subscript]:
    """The items of a container, as self.params["W1"], that a statement assigns."""
    targets = step.node.targets if isinstance(step.node, ast.Assign) else []
    parts = [part for target in targets for part, _ in _pairs(target, target)]
    return [p for p in parts if isinstance(p, ast.Subscript) and (dotted(p) or "").endswith(container)]


def _remembered(function: Function, cause: str) -> list[tuple[Function, ast.AST]]:
    """Where the layer's forward remembers what this backward reads: on the class, in place, only under an `if`."""
    forward = read(getattr(function.owner, "forward", None))
    if forward is None:
        return []
    needed = {name for step in function.steps for name in step.reads}
    writing = [s for s in forward.steps if (s.rebinds | s.changes) & needed]
    if cause == "stale-cache":
        once = max((w.around for w in writing), key=len, default=())
        return [(forward, _whole(s)) for s in forward.steps if s.node in once[-1:] and isinstance(s.node, ast.If)]
    own = [s for s in writing if not s.changes and all(name.startswith("self.") for name in s.rebinds)]
    return _first_statement(forward, [s for s in writing if s not in own])


def _first_statement(function: Function, steps: Sequence[Step]) -> list[tuple[Function, ast.AST]]:
    return [(function, steps[0].node)] if steps else []


_COPYING = {"copy", "array", "astype", "deepcopy", "asarray", "asfortranarray", "ascontiguousarray"}


def _aliases(function: Function, names: Sequence[str]) -> set[str]:
    """The names, and the locals that are the same array or a view of it."""
    found = set(names)
    for step in function.steps:
        value = step.value
        while isinstance(value, ast.Call) and called_name(value) in ("reshape", "view", "ravel", "transpose"):
            value = value.func.value if isinstance(value.func, ast.Attribute) else None
        if isinstance(step.node, ast.Assign) and value is not None and not isinstance(value, ast.Call):
            if dotted(value) in found or (isinstance(value, ast.Attribute) and dotted(value.value) in found):
                found |= step.rebinds
            else:
                found -= step.rebinds if not step.around else set()
        elif isinstance(step.node, ast.Assign) and not step.around:
            found -= step.rebinds
    return found


def _adds_to_itself(step: Step) -> bool:
    if isinstance(step.node, ast.AugAssign):
        return True
    return isinstance(step.node, ast.Assign) and bool((step.rebinds | step.changes) & reads_of(step.node.value))


# What causes look like in code ----------------------------------------------------------------------------


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


def _whole(step: Step) -> ast.AST:
    """What to underline of a statement: its right side; all of it where it writes in place."""
    value = step.value
    if step.changes or value is None or isinstance(step.node, ast.AugAssign):
        return step.node if not step.is_head or value is None else value
    return value


def _with_helpers(
    function: Function, steps: Sequence[Step], depth: int = DEPTH
) -> Iterator[tuple[Function, Step]]:
    """The steps, and those of the user's own functions that they call."""
    for step in steps:
        yield function, step
    for step in steps if depth else ():
        for part in step.parts():
            helper = function.called(part) if isinstance(part, ast.Call) else None
            if helper is not None and helper.node is not function.node:
                inner = _slice_of(helper, "output") or helper.steps
                yield from _with_helpers(helper, inner, depth - 1)


def _matching(places: Iterator[tuple[Function, Step]], find: Find) -> list[tuple[Function, ast.AST]]:
    return [(f, part) for f, step in places for part in step.parts() if find(part, f)]


def _call(*names: str) -> Find:
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


_ROUNDING: Find = _rounding
_SUMS = ("sum", "mean", "max", "amax")
_LOG = ("log", "log2", "log10", "log1p")

_FORWARD: dict[str, Find] = {
    "softmax-over-batch": _over_everything,
    "softmax-wrong-axis": lambda n, f: _with_axis(n, f) and called_name(n) in ("sum", "softmax", "logsumexp"),
    "softmax-not-normalised": _call("exp"),
    "softmax-forgotten": _call(*_LOG),
    "log10": _call("log10"),
    "log2": _call("log2"),
    "labels-off-by-one": lambda n, _: isinstance(n, ast.Subscript) and isinstance(n.slice, ast.Tuple),
    "loss-scale": _either(_without_axis("sum", "mean"), _division),
    "sign-flipped": _call("sum", "mean"),
    "log-forgotten": _call("sum", "mean"),
    "ignores-labels": _call("sum", "mean", *_LOG),
    "sigmoid-missing-parentheses": _division,
    "sigmoid-sign-flipped": _call("exp"),
    "sigmoid-scaled-input": _call("exp", "tanh"),
    "sigmoid-minus-one": _division,
    "affine-without-bias": _product,
    "affine-without-weights": lambda n, f: isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add),
    "not-affine": _product,
    "first-row-only": _first_row,
    "variance-without-root": _mentions("std", "var"),
    "max-and-mean-confused": _call("max", "mean", "amax"),
    "minimum-taken": _call("min", "amin", "minimum", "argmin"),
    "mixes-samples": _either(_without_axis("sum", "max", "mean", "std", "var"), lambda n, f: _axis_is(n, 0)),
    "not-step": lambda n, _: isinstance(n, ast.Compare),
}
for _slug in ("relu-sign-flipped", "relu-of-minus-x", "relu-as-step", "absolute-value", "not-relu"):
    _FORWARD[_slug] = _either(
        _call("maximum", "minimum", "where", "abs", "clip"), lambda n, _: isinstance(n, ast.Compare)
    )


def _axis_is(node: ast.AST, axis: int) -> bool:
    return isinstance(node, ast.Call) and any(
        k.arg == "axis" and isinstance(k.value, ast.Constant) and k.value.value == axis for k in node.keywords
    )


# Something that should be there is not: there is no wrong expression to point to.
_MISSING = {
    "mask-missing", "labels-not-subtracted", "statistics-as-constants", "batch-norm-term-missing",
    "branch-forgotten", "derivative-factor-missing", "ignores-dout", "dout-passed-through",
}  # fmt: skip

_BACKWARD: dict[str, Find] = {
    "wrong-factor": _factor,
    "averaged-twice": _division,
    "averaged-instead-of-summed": _either(_call("mean", "average"), _division),
    "one-row-only": _first_row,
    "wrong-axis": lambda n, f: _with_axis(n, f) and called_name(n) in _SUMS,
    "sum-without-axis": _without_axis(*_SUMS),
    "transposed": _product,
    "operands-swapped": _product,
    "weights-not-used": _product,
    "mask-inverted": _masking,
    "mask-from-dout": _masking,
    "kernel-flipped": lambda n, _: isinstance(n, ast.Slice) and isinstance(n.step, ast.UnaryOp),
    "axes-permuted": _call("transpose", "swapaxes", "moveaxis", "reshape"),
    "order-not-restored": _call("reshape", "transpose", "swapaxes", "moveaxis"),
    "mask-redrawn": _call("rand", "random", "binomial", "randn", "uniform", "choice"),
    "overlaps-overwritten": lambda n, _: (
        isinstance(n, ast.Assign) and any(isinstance(t, ast.Subscript) for t in n.targets)
    ),
    "pooling-gradient-spread": _either(_division, _call("repeat", "kron", "ones_like", "full_like")),
    "wrong-start": _call("backward"),
    "wrong-shape": _product,
    "softmax-jacobian-diagonal": lambda n, _: isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult),
}
