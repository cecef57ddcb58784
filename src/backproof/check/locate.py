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

from backproof.check.meanings import penalises
from backproof.check.quantities import bare, key_is, pairs, slice_of, suspects, works
from backproof.check.signs import BACKWARD, FORWARD, MISSING, ROUNDING, Find, call
from backproof.check.syntax import Function, Ran, Step, called_name, dotted, read, reads_of

DEPTH = 3  # helpers called by helpers


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
        found = _matching(_with_helpers(function, function.steps), ROUNDING)
        found.sort(key=lambda place: quantity not in place[0].line(place[1].lineno))  # type: ignore[attr-defined]
        found = found or _of_quantity(function, quantity, cause, evidence)
    elif kind == "forward":
        found = _forward(function, cause)
    elif kind in ("backward", "training"):
        found = _of_quantity(function, quantity, cause, evidence, begins)
    return _spots(found)


def of_loss(loss: Callable[..., Any], cause: str) -> list[Spot]:
    """Where a network's loss is wrong: its penalty, or what it computes last."""
    function = read(loss)
    if function is None:
        return []
    penalties = [s for s in function.steps if penalises(s)] if cause.startswith("regulariser") else []
    made = next((s for s in reversed(penalties) if isinstance(s.node, ast.AugAssign)), None)
    made = made or next((s for s in penalties if isinstance(s.node, ast.Assign | ast.Return)), None)
    return _spots([(function, _whole(made))] if made is not None else _forward(function, cause))


def _spots(found: Sequence[tuple[Function, ast.AST]]) -> list[Spot]:
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
    every, steps = steps, followed or steps
    empty = _never_filled(_with_helpers(function, every)) if cause in ("entries-zeroed", "unknown") else None
    if empty is not None:
        return [empty]
    pattern = BACKWARD.get(cause)
    if cause in ("max-and-mean-confused", "minimum-taken"):  # what forward takes, backward does not
        forward = read(getattr(function.owner, "forward", None))
        taken = call("mean", "average") if cause == "max-and-mean-confused" else FORWARD[cause]
        found = _matching(((forward, s) for s in forward.steps), taken) if forward is not None else []
        if found:
            return found[:1]
    if pattern is not None:
        found = _matching(_with_helpers(function, steps), pattern)
        if cause == "averaged-instead-of-summed":  # each in its own line; a division may be any other
            own = suspects(function, [quantity], evidence.get("right"))
            found = _matching(((function, s) for s in own), call("mean", "average")) or found
        if found:
            return found[:1]
    if cause in MISSING and not followed:  # the place where the quantity is put together
        made = next((s for s in steps if isinstance(s.node, ast.Assign) and not s.changes), None)
        if made is not None and not (isinstance(steps[0].node, ast.Return) and works(steps[0])):
            return [(function, _whole(made))]
    # "unknown" may well be in a helper, but the call of it is where the value comes from
    return [(function, _whole(next((s for s in steps if works(s)), steps[0])))]


def _way_back(function: Function, cause: str, quantity: str) -> list[tuple[Function, ast.AST]]:
    """In a `gradient()`: where the way back starts, what leaves a layer out, beside what a gradient is missing."""
    calls = [s for s in function.steps if any(called_name(p) == "backward" for p in s.parts())]
    if cause == "wrong-start":
        return [(function, _whole(s)) for s in calls][:1]
    if cause == "layer-skipped":
        heads = [s for s in function.steps if s.is_head and any(s.node in call.around for call in calls)]
        heads.sort(key=lambda s: not isinstance(s.node, ast.If))
        bodies = [s.node.body[0] for s in function.steps if isinstance(s.node, ast.For | ast.If)]
        idle = [node for node in bodies if isinstance(node, ast.Pass)]
        if idle:
            return [(function, idle[0])]
        return [(function, _whole(s)) for s in (*heads, *calls, *(s for s in function.steps if s.is_head))][:1]
    number = re.sub(r"\D", "", quantity)
    handed = [s for s in function.steps if any("grad" in name for name in s.changes)]
    keys = [(ast.unparse(item.slice), s) for s in handed for item in _items(s, "")]
    twice = [s for key, s in keys if sum(key == other for other, _ in keys) > 1]
    if twice:  # handed out under another's key
        return _first_statement(function, [s for s in twice if number in ast.unparse(s.value or s.node)] or twice)
    beside = [s for s in handed if number and number in function.line(s.node.lineno)]
    return _first_statement(function, (beside or handed)[-1:])


# A wrong forward ------------------------------------------------------------------------------------------


def _forward(function: Function, cause: str) -> list[tuple[Function, ast.AST]]:
    steps = slice_of(function, "output") or function.steps
    pattern = FORWARD.get(cause)
    if pattern is not None:
        found = _matching(_with_helpers(function, steps), pattern)
        if cause == "softmax-over-batch":  # the sum is the fault; the maximum beside it should be mended with it
            return sorted(found, key=lambda place: called_name(place[1]) not in ("sum", "logsumexp"))
        if found and cause == "softmax-not-normalised":
            return [_handed_on(*found[0])]
        if found:
            return found[:1]
    empty = _never_filled(_with_helpers(function, steps)) if cause.startswith("not-") else None
    where = empty or _innermost(function, steps)
    return [where] if where is not None else []


def _handed_on(function: Function, made: ast.AST) -> tuple[Function, ast.AST]:
    """The statement that passes a value on as it is, where one does; else where the value is made."""
    step = next(s for s in function.steps if any(part is made for part in s.parts()))
    for later in function.steps[function.steps.index(step) + 1 :]:
        value = later.value
        if isinstance(value, ast.Name | ast.Attribute) and dotted(value) in step.rebinds:
            return function, value
    return function, made


def _innermost(function: Function, steps: Sequence[Step], depth: int = DEPTH) -> tuple[Function, ast.AST] | None:
    """The last statement that works; where it only calls a helper, the same in the helper."""
    step = next((s for s in steps if works(s)), None)
    if step is None:
        return (function, _whole(steps[0])) if steps else None
    helper = function.called(step.value) if isinstance(step.value, ast.Call) and depth else None
    if helper is not None:
        inner = _innermost(helper, slice_of(helper, "output") or helper.steps, depth - 1)
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
        plain = bare(re.sub(r"\d+$", "", quantity))
        copying.sort(key=lambda s: not any(bare(name) == plain for name in s.rebinds))
        anew = [s for s in function.steps if any(key_is(t.slice, quantity) for t in _items(s, "params"))]
        return [(function, _whole(s)) for s in (copying or anew[1:][-1:] or _handed_twice(function, quantity))][:1]
    if cause in ("disturbed-between", "stale-cache"):
        kept = _remembered(function, cause)
        if kept:
            return kept
    goes_back = any(called_name(p) == "backward" for s in function.steps for p in s.parts())
    if cause == "stale-cache" and goes_back:  # nothing is remembered wrongly: forward was not run before
        return [(function, function.node)]
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
    twice = [step for i, (key, step) in enumerate(read_keys) if key in keys[:i] + keys[i + 1 :]]
    number = re.sub(r"\D", "", quantity)
    beside = [s for s in twice if any(re.sub(r"\D", "", key) == number for key, step in read_keys if step is s)]
    return (beside or twice)[-1:]  # beside its own weights or bias


def _items(step: Step, container: str) -> list[ast.Subscript]:
    """The items of a container, as self.params["W1"], that a statement assigns."""
    targets = step.node.targets if isinstance(step.node, ast.Assign) else []
    parts = [part for target in targets for part, _ in pairs(target, target)]
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


# Statements ------------------------------------------------------------------------------------------------


def _never_filled(places: Iterator[tuple[Function, Step]]) -> tuple[Function, ast.AST] | None:
    """Where an array of zeros is made that nothing is ever written into."""
    for function, step in places:
        made = step.value if isinstance(step.node, ast.Assign) else None
        if made is None or called_name(made) not in _EMPTY or len(step.rebinds) != 1:
            continue
        (name,) = step.rebinds
        others = [s for s in function.steps if s is not step and name in s.rebinds | s.changes]
        if "." not in name and not others:
            return function, step.node
    return None


_EMPTY = {"zeros", "zeros_like", "empty", "empty_like"}


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
                inner = slice_of(helper, "output") or helper.steps
                yield from _with_helpers(helper, inner, depth - 1)


def _matching(places: Iterator[tuple[Function, Step]], find: Find) -> list[tuple[Function, ast.AST]]:
    return [(f, part) for f, step in places for part in step.parts() if find(part, f)]
