"""Where a backward goes wrong: its values on the way, held against measured gradients of the forward's own.

Every value that a forward uses has a gradient, which can be measured like any other: run the forward again with
that one use moved a little. A statement of the backward that computes such a gradient is right, and so is all that
it was computed from; the first statement behind those that computes none is where the fault is.
"""

from __future__ import annotations

import ast
import copy
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType
from typing import Any

import numpy as np

from backproof.check.quantities import suspects, works
from backproof.check.syntax import Function, Step, dotted, read
from backproof.differences import CUBE_ROOT_EPS
from backproof.protocols import Array
from backproof.subjects.precision import doubled
from backproof.subjects.recording import copied
from backproof.subjects.subject import Operation

MATCHES = 1e-5  # of the gradient's size
DIRECTIONS = 2  # in which each gradient is measured: two wrong arrays agree in both with probability zero
USES = 150  # of one forward; a longer one is not followed
AT_MOST = 50_000  # entries of a value that is not followed
_HOOK = "__backproof_hook__"


@dataclass
class Use:
    """One place in a forward where a value is read or made, with the value and its measured derivatives."""

    text: str
    line: int
    value: Array
    directions: list[Array] = field(default_factory=list)
    slopes: list[float] = field(default_factory=list)

    def fits(self, gradient: Array) -> int:
        """1 where the array is this value's gradient, −1 where it is its negative, else 0."""
        if gradient.shape != self.value.shape:
            return 0
        size = float(np.linalg.norm(gradient))
        if size == 0 or not math.isfinite(size):
            return 0
        claimed = [float(np.vdot(gradient, d)) for d in self.directions]
        for sign in (1, -1):
            if all(abs(c - sign * s) <= MATCHES * size for c, s in zip(claimed, self.slopes, strict=True)):
                return sign
        return 0


@dataclass
class Trail:
    """A forward's uses, and what each statement of the backward computed, by its place among the statements."""

    backward: Function
    uses: list[Use]
    values: dict[int, list[Array]]  # of `backward.steps`
    above: set[str]  # the names under which the backward is given its upstream gradient

    def right(self, index: int) -> bool:
        """Whether every value that a statement computed is the gradient of something, up to its sign."""
        values = self.values.get(index, [])
        return bool(values) and all(any(u.fits(v) for u in self.uses) for v in values) and not self.misnamed(index)

    def misnamed(self, index: int) -> bool:
        """Whether a statement gives a gradient the name of a value (dvar of var) that it is no gradient of."""
        steps, values = self.backward.steps, self.values.get(index, [])
        if len(values) != 1 or len(steps[index].rebinds) != 1 or steps[index].changes:
            return False
        (name,) = steps[index].rebinds
        again = [s for s in steps if name in s.rebinds | s.changes]
        if len(again) > 1 or name in self.above or steps[index].around:
            return False  # a name for several gradients in turn
        own = [u for u in self.uses_of(name) if u.value.shape == values[0].shape]
        return bool(own) and not any(u.fits(values[0]) for u in own)

    def uses_of(self, name: str) -> list[Use]:
        """Where the forward uses the value that a gradient is named after: var for dvar, x for dx and dx1."""
        match = re.fullmatch(r"(?:self\.)?d_?(\w+)", name)
        for text in (match[1], match[1].rstrip("0123456789")) if match else ():
            found = [u for u in self.uses if u.text.removeprefix("self.") == text]
            if found:
                return found
        return []

    @cached_property
    def sound(self) -> set[int]:
        """The statements proved right, and those that only such ones go on with.

        What a right value comes from may still be wrong for another: a sum can hide what differs in it.
        """
        steps = self.backward.steps
        found = {i for i in range(len(steps)) if self.right(i)}
        for i in reversed(range(len(steps))):
            readers = [j for j in range(len(steps)) if self._goes_on(i, j)]
            if readers and found.issuperset(readers) and not self.misnamed(i):
                found.add(i)
        return found

    def _goes_on(self, i: int, j: int) -> bool:
        """Whether statement j reads what statement i leaves."""
        steps = self.backward.steps
        left, between = steps[i].rebinds | steps[i].changes, steps[i + 1 : j]
        for step in between:
            if not step.around and not isinstance(step.node, ast.AugAssign):
                left = left - step.rebinds
        looped = any(isinstance(node, ast.For | ast.While) for node in steps[i].around)
        return (j > i or (looped and j != i)) and not left.isdisjoint(steps[j].reads)

    def first_wrong(self, wrong: Sequence[str]) -> int | None:
        """The line of the first statement, of those that every wrong quantity comes from, that is not sound.

        It is one that goes on with what came from above, or is named after a value of the forward (dvar, dx): the
        others are only prepared for such a one.
        """
        steps = self.backward.steps
        left = [s for s in suspects(self.backward, wrong) if steps.index(s) not in self.sound]
        left = [s for s in left if works(s) or (self._is_gradient(s) and not isinstance(s.value, ast.Call))]
        left.sort(key=steps.index)
        return next((s.node.lineno for s in left if self._is_gradient(s) or self._goes_on_from_above(s)), None)

    def _is_gradient(self, step: Step) -> bool:
        return any(self.uses_of(name) for name in step.rebinds)

    def _goes_on_from_above(self, step: Step) -> bool:
        behind = self.backward.slice(_values_read(step), self.backward.steps.index(step))
        return not _values_read(step).union(*map(_values_read, behind)).isdisjoint(self.above)


def _values_read(step: Step) -> set[str]:
    """What a statement reads, without what it asks only for its shape; a loop's head goes on with nothing."""
    if step.is_head:
        return set()
    asked = {
        dotted(part.value)
        for part in step.parts()
        if isinstance(part, ast.Attribute) and part.attr in ("shape", "ndim", "size", "dtype")
    }
    names = [dotted(part) for part in step.parts() if isinstance(part, ast.Name | ast.Attribute)]
    return {name for name in step.reads if name not in asked or names.count(name) > 1}


def follow(
    operation: Operation, inputs: tuple[Array, ...], dout: Any, rng: np.random.Generator, hold: Callable[[], None]
) -> Trail | None:
    """Measure what passes through an operation at these inputs; None where its code cannot be followed.

    hold: called before each forward, puts random generators back. Parameters and inputs are left as they were.
    """
    forward, backward = read(operation.source.get("forward")), read(operation.source.get("backward"))
    if forward is None or backward is None or operation.backward is None:
        return None
    if operation.is_loss or forward.function is backward.function:
        return None
    probed, seen = _Uses(forward), _Seen()
    forward_code, backward_code = _compiled(forward, probed.tree), _compiled(backward, seen.noted(backward))
    if forward_code is None or backward_code is None or not 0 < len(probed.places) <= USES:
        return None
    try:
        ways = (forward, forward_code), (backward, backward_code)
        return _measured(operation, inputs, dout, rng, hold, *ways, probed)
    except Exception:  # what is moved may not be to the code's taste
        return None


def _measured(
    operation: Operation,
    inputs: tuple[Array, ...],
    dout: Any,
    rng: np.random.Generator,
    hold: Callable[[], None],
    forward: tuple[Function, CodeType],
    backward: tuple[Function, CodeType],
    probed: _Uses,
) -> Trail:
    held: dict[int, Array] = {}
    moved: dict[int, Array] = {}
    values: dict[int, list[Array]] = {}

    def use(k: int, value: Any) -> Any:
        if isinstance(value, np.ndarray | np.floating) and value.dtype.kind == "f" and value.size <= AT_MOST:
            held.setdefault(k, np.array(value))
            if k in moved and np.shape(value) == moved[k].shape:
                return value + moved[k]
        return value

    def note(index: int, *found: Any) -> Any:
        arrays = [np.array(v) for v in found if isinstance(v, np.ndarray | np.floating) and v.dtype.kind in "fb"]
        if len(arrays) == len(found):
            values[index] = arrays
        return found[0]

    def run() -> Array:
        hold()
        return np.asarray(operation.forward(*(x.copy() for x in inputs)), dtype=np.float64)

    cotangent = np.asarray(dout, dtype=np.float64)
    with _running(*forward, use):
        run()
        kept = dict(held)
        uses = []
        for k, value in kept.items():
            one = Use(probed.places[k][0], probed.places[k][1], value)
            step = CUBE_ROOT_EPS * max(float(np.abs(value).max(initial=0.0)), 1e-3)
            for _ in range(DIRECTIONS):
                direction = np.asarray(rng.standard_normal(value.shape))
                sides = []
                for h in (step, -step):
                    moved[k] = h * direction
                    sides.append(float(np.vdot(cotangent, run())))
                del moved[k]
                one.directions.append(direction)
                one.slopes.append((sides[0] - sides[1]) / (2 * step))
            uses.append(one)
        run()
    with _running(*backward, note):
        assert operation.backward is not None
        operation.backward(copied(dout))
    names = enumerate(backward[0].parameters)
    above = {name for i, name in names if any(np.array_equal(v, dout) for v in values.get(-1 - i, []))}
    return Trail(backward[0], uses, values, above)


# Code that reports what it does --------------------------------------------------------------------------------


@contextmanager
def _running(function: Function, code: CodeType, hook: Callable[..., Any]) -> Iterator[None]:
    """The user's function with other code for a while, and with the hook that this code calls."""
    plain, names = function.function, function.function.__globals__
    own = plain.__code__
    plain.__code__, names[_HOOK] = code, hook
    try:
        yield
    finally:
        plain.__code__ = own
        del names[_HOOK]


def _compiled(function: Function, tree: ast.FunctionDef) -> CodeType | None:
    tree.decorator_list = []
    module = ast.fix_missing_locations(ast.Module([doubled(tree)], []))
    try:
        found = [c for c in compile(module, function.file, "exec").co_consts if isinstance(c, CodeType)]
    except (SyntaxError, ValueError):
        return None
    plain = function.function.__code__
    code = next((c for c in found if c.co_name == plain.co_name), None)
    return code if code is not None and not code.co_freevars and not plain.co_freevars else None


def _hooked(number: int, *values: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(_HOOK, ast.Load()), [ast.Constant(number), *values], [])


class _Uses(ast.NodeTransformer):
    """A forward in which all that it reads and computes, outside of loops, goes through the hook."""

    def __init__(self, function: Function) -> None:
        self.places: list[tuple[str, int]] = []
        self.local = {*function.parameters, *(n for s in function.steps for n in s.rebinds if "." not in n)}
        self.tree: ast.FunctionDef = copy.deepcopy(function.node)
        self.tree.body = [*self._given(function), *(self.visit(node) for node in self.tree.body)]

    def _given(self, function: Function) -> Iterator[ast.stmt]:
        """The arguments themselves, through the hook before anything else."""
        for name in function.parameters:
            self.places.append((name, function.node.lineno))
            value = _hooked(len(self.places) - 1, ast.Name(name, ast.Load()))
            yield ast.Assign([ast.Name(name, ast.Store())], value, lineno=function.node.lineno)

    def _through(self, node: ast.expr) -> ast.expr:
        self.places.append((ast.unparse(node), node.lineno))
        return _hooked(len(self.places) - 1, node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._through(node) if isinstance(node.ctx, ast.Load) and node.id in self.local else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return self._through(node) if isinstance(node.ctx, ast.Load) else node
        node.value = self.visit(node.value)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.ctx, ast.Load):
            self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not (isinstance(node.func, ast.Attribute) and dotted(node.func.value) == "self"):
            node.func = self.visit(node.func)
        node.args = [self.visit(a) for a in node.args]
        for keyword in node.keywords:
            if keyword.arg != "out":
                keyword.value = self.visit(keyword.value)
        return self._through(node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return self._through(node)

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        text, line = ast.unparse(node.targets[0]), node.lineno
        node.value = self.visit(node.value)
        if isinstance(node.targets[0], ast.Name | ast.Attribute):
            self.places.append((text, line))
            node.value = _hooked(len(self.places) - 1, node.value)
        return node

    def _as_it_is(self, node: Any) -> Any:
        return node

    visit_For = visit_While = visit_Lambda = visit_ListComp = visit_GeneratorExp = _as_it_is
    visit_FunctionDef = visit_DictComp = visit_SetComp = _as_it_is


class _Seen:
    """A backward in which the hook is told what every statement has computed."""

    def noted(self, function: Function) -> ast.FunctionDef:
        numbers = {id(step.node): i for i, step in enumerate(function.steps)}
        for node in ast.walk(function.node):
            node.step_number = numbers.get(id(node), -1)  # type: ignore[attr-defined]
        tree = copy.deepcopy(function.node)
        given = [ast.Expr(_hooked(-1 - i, ast.Name(n, ast.Load()))) for i, n in enumerate(function.parameters)]
        tree.body = [*given, *self._body(tree.body)]
        return tree

    def _body(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for node in body:
            for name in ("body", "orelse", "finalbody"):
                if getattr(node, name, None) and not isinstance(node, ast.FunctionDef):
                    setattr(node, name, self._body(getattr(node, name)))
            number: int = getattr(node, "step_number", -1)
            found.append(node)
            if number < 0:
                continue
            if isinstance(node, ast.Return) and node.value is not None and not isinstance(node.value, ast.Tuple):
                node.value = _hooked(number, node.value)
            values = [v for t in _targets(node) if (v := _read_back(t)) is not None]
            if values:
                found.append(ast.Expr(_hooked(number, *values)))
        return found


def _targets(node: ast.stmt) -> list[ast.expr]:
    targets = (
        node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    )
    return [part for t in targets for part in (t.elts if isinstance(t, ast.Tuple | ast.List) else [t])]


def _read_back(target: ast.expr) -> ast.expr | None:
    """The expression that reads what was assigned: the whole array for an item of it, a dict's entry."""
    while isinstance(target, ast.Subscript) and not isinstance(getattr(target.slice, "value", None), str | int):
        target = target.value
    if isinstance(target, ast.Starred):
        return None
    return ast.parse(ast.unparse(target), mode="eval").body
