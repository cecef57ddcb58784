"""Trainings that stand in a loop, of a script or of a function that does all: where one round of them is.

    for epoch in range(1000):
        h = sigmoid(X @ W1)
        ...
        W1 -= lr * dW1

Only statements that reckon are kept of a round, and of these what the weights' updates need: a script's prints,
files and plots are left out.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

from backproof.subjects.own_source import tree_of
from backproof.subjects.stubs import Stub
from backproof.subjects.trial.roles import role

DATA = ("x", "t")
_RECKON = {"numpy", "scipy", "math"}
_BUILTINS = {
    "range", "len", "zip", "enumerate", "reversed", "list", "tuple", "dict", "sum", "min", "max", "abs", "float",
    "int", "round", "bool", "sorted", "slice",
}  # fmt: skip
_GROWS = {"append", "insert", "extend", "reverse", "at", "put", "fill", "fill_diagonal"}
_OUTSIDE = {
    "open", "input", "exit", "quit", "urlopen", "urlretrieve", "system", "save", "savez", "savetxt", "load",
    "loadtxt", "genfromtxt", "read_csv", "imread", "sleep", "show", "print_exc",
}  # fmt: skip


@dataclass(frozen=True)
class TrainingLoop:
    """One round of a training: `body`, after `before`; its weights are the names that a round updates.

    given: by name the role of inputs, labels and their number that a round reads: of these the check has its own.
    counted: names that count the rounds. scores: variables that may be the scores, the last one first.
    function: that it stands in, or one that stands for the script's loop.
    """

    name: str
    before: tuple[ast.stmt, ...]
    body: tuple[ast.stmt, ...]
    weights: tuple[str, ...]
    given: Mapping[str, str]
    counted: frozenset[str]
    scores: tuple[str, ...]
    function: Callable[..., Any]
    is_script: bool


def of_function(function: Callable[..., Any]) -> TrainingLoop | None:
    """The training in this function; None where it holds none."""
    tree = tree_of(function)
    if not (tree.body and isinstance(tree.body[0], ast.FunctionDef)):
        return None
    return _loop_in(tree.body[0].body, function.__name__, function, function.__globals__)


def of_script(module: ModuleType) -> TrainingLoop | None:
    """The training at the top level of a file; None where there is none."""
    tree = tree_of(module)
    own = [s for s in tree.body if not isinstance(s, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom)]
    flat = [inner for s in own for inner in (s.body if isinstance(s, ast.If) and _is_main(s) else [s])]
    return _loop_in(flat, "", None, vars(module))


_SETS_OUT = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.For, ast.If)


def _leaves(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Return | ast.Yield | ast.Await | ast.Nonlocal) for node in ast.walk(statement))


def _is_main(statement: ast.If) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test))


def _loop_in(
    statements: list[ast.stmt], name: str, function: Callable[..., Any] | None, space: Mapping[str, Any]
) -> TrainingLoop | None:
    for before, loop, counted in _loops(statements, []):
        weights = _updated(loop)
        if not weights or not _multiplies(loop) or not _reads_inputs(loop, weights):
            continue
        body = _Round(loop, set(weights), space)
        kept = body.statements()
        if not kept or not body.scores:
            continue
        stands_for = function or _standing_for(loop, space)
        kinds = _SETS_OUT if function is not None else _SETS_OUT[:3]  # a script's loops may go on for long
        first = tuple(s for s in before if isinstance(s, kinds) and _is_quiet(s, space) and not _leaves(s))
        return TrainingLoop(
            name or "the script's loop", first, tuple(kept), tuple(weights), body.given, counted,
            tuple(body.scores), stands_for, function is None,
        )  # fmt: skip
    return None


def _loops(
    statements: list[ast.stmt], before: list[ast.stmt], counted: frozenset[str] = frozenset()
) -> Iterator[tuple[list[ast.stmt], ast.For | ast.While, frozenset[str]]]:
    """(what stands before, the loop, what it and those around it count with) of every loop, inner ones first."""
    for i, statement in enumerate(statements):
        first = [*before, *statements[:i]]
        if isinstance(statement, ast.For | ast.While):
            names = counted | _targets(statement)
            yield from _loops(statement.body, first, names)
            yield first, statement, names
        elif isinstance(statement, ast.If | ast.With):
            yield from _loops(statement.body, first, counted)


def _updated(loop: ast.For | ast.While) -> list[str]:
    """The names of what the loop makes anew out of itself, and that was there before it."""
    found: list[str] = []
    made: set[str] = set()
    for node in _in_order(loop):
        match node:
            case ast.AugAssign(target, ast.Add() | ast.Sub()):
                found.append(_base(target))
            case ast.Assign([target], value):
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                again = {_base(part) for part in parts} & {
                    n.id for n in ast.walk(value) if isinstance(n, ast.Name)
                }
                found += [name for part in parts if (name := _base(part)) in again - made]
                made |= _targets(node) - set(found)
    return [name for name in dict.fromkeys(found) if name and name not in made and role(name) not in DATA]


def _in_order(loop: ast.AST) -> list[ast.stmt]:
    found = [node for node in ast.walk(loop) if isinstance(node, ast.stmt)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _base(target: ast.expr) -> str:
    while isinstance(target, ast.Subscript):
        target = target.value
    return target.id if isinstance(target, ast.Name) else ""


def _multiplies(loop: ast.AST) -> bool:
    """Whether it goes back by a product with something turned."""
    text = ast.unparse(loop)
    return any(mark in text for mark in (".dot(", "dot(", " @ ", "matmul(")) and (
        ".T" in text or "transpose" in text
    )


def _reads_inputs(loop: ast.AST, weights: list[str]) -> bool:
    names = {node.id for node in ast.walk(loop) if isinstance(node, ast.Name)}
    return any(role(name) == "x" for name in names - set(weights))


class _Round:
    """The statements of one round, read in their order."""

    def __init__(self, loop: ast.For | ast.While, weights: set[str], space: Mapping[str, Any]) -> None:
        self.loop, self.space = loop, space
        self.given: dict[str, str] = {}  # role by name
        self.scores: list[str] = []  # what comes of the weights and not of the labels, the last first
        self.of_weights, self.of_labels = set(weights), set[str]()
        self._made: set[str] = set()
        if isinstance(loop, ast.For):
            for part in ast.walk(loop.target):
                if isinstance(part, ast.Name) and role(part.id) in DATA:
                    self._give(part.id)

    def statements(self) -> list[ast.stmt]:
        kept = self._kept(self.loop.body)
        needed = {n.id for s in kept if self._comes_of_weights(s) for n in ast.walk(s) if isinstance(n, ast.Name)}
        while True:  # what is reckoned for these
            more = {n.id for s in kept if _targets(s) & needed for n in ast.walk(s) if isinstance(n, ast.Name)}
            if more <= needed:
                break
            needed |= more
        return [s for s in kept if self._comes_of_weights(s) or _targets(s) & needed]

    def _comes_of_weights(self, statement: ast.stmt) -> bool:
        return any(isinstance(n, ast.Name) and n.id in self.of_weights for n in ast.walk(statement))

    def _kept(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        kept: list[ast.stmt] = []
        for statement in statements:
            match statement:
                case ast.Assign() | ast.AugAssign() | ast.AnnAssign():
                    if _is_quiet(statement, self.space) and self._assigned(statement):
                        kept.append(statement)
                case ast.Expr(ast.Call(ast.Attribute(_, how))) if how in _GROWS and _is_quiet(
                    statement, self.space
                ):
                    self._grown(statement)
                    kept.append(statement)
                case ast.For(target, iterated, body):
                    self._read(iterated)
                    self._mark({n.id for n in ast.walk(target) if isinstance(n, ast.Name)}, iterated)
                    if inner := self._kept(body):
                        kept.append(ast.copy_location(ast.For(target, iterated, inner, []), statement))
                case ast.If(test, body, orelse) if _is_quiet(test, self.space):
                    self._read(test)
                    inner, other = self._kept(body), self._kept(orelse)
                    if inner or other:
                        nothing: list[ast.stmt] = [ast.copy_location(ast.Pass(), statement)]
                        kept.append(ast.copy_location(ast.If(test, inner or nothing, other), statement))
                case _:
                    continue
        return kept

    def _assigned(self, statement: ast.Assign | ast.AugAssign | ast.AnnAssign) -> bool:
        """Take note of what it makes; False where inputs or labels are put in its place."""
        names = _targets(statement)
        value = statement.value
        if value is None:
            return False
        tainted = any(
            isinstance(n, ast.Name) and n.id in self.of_weights | self.of_labels for n in ast.walk(value)
        )
        of_data = {name for name in names if role(name) in DATA}
        known = any(isinstance(n, ast.Name) and n.id in self.given for n in ast.walk(value))
        if of_data and not (tainted or known) and isinstance(statement, ast.Assign):
            for name in of_data:
                self._give(name)
            return False
        self._read(statement)  # places in targets too: `delta[range(n), y] -= 1`
        self._mark(names, statement)
        return True

    def _grown(self, statement: ast.Expr) -> None:
        assert isinstance(statement.value, ast.Call)
        assert isinstance(statement.value.func, ast.Attribute)
        self._read(statement.value)
        for argument in statement.value.args:
            self._mark({_base(statement.value.func.value)} - {""}, argument)

    def _mark(self, names: set[str], value: ast.AST) -> None:
        """What these names come of."""
        self._made |= names
        read = {n.id for n in ast.walk(value) if isinstance(n, ast.Name)}
        if read & self.of_labels:
            self.of_labels |= names
        if read & self.of_weights:
            fresh = names - self.of_weights
            self.of_weights |= names
            if (
                not read & self.of_labels
            ):  # `delta = p; delta[range(n), y] -= 1`: p stays what it was when it was made
                self.scores = [*sorted(fresh), *self.scores]

    def _read(self, value: ast.AST) -> None:
        names = [n.id for n in ast.walk(value) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
        for name in names:
            known = name in self._made or callable(self.space.get(name))
            if role(name) in (*DATA, "count") and not known:
                self._give(name)

    def _give(self, name: str) -> None:
        if name in self.of_weights:
            return
        self.given.setdefault(name, role(name))
        if role(name) == "t":
            self.of_labels.add(name)


def _targets(statement: ast.stmt) -> set[str]:
    match statement:
        case ast.Assign(targets):
            return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and _is_target(n, t)}
        case ast.AugAssign(target) | ast.AnnAssign(target) | ast.For(target):
            return {n.id for n in ast.walk(target) if isinstance(n, ast.Name) and _is_target(n, target)}
        case ast.Expr(ast.Call(ast.Attribute(owner))):
            return {_base(owner)} - {""}
    return set()


def _is_target(name: ast.Name, target: ast.expr) -> bool:
    return isinstance(name.ctx, ast.Store) or name.id == _base(target)


def _is_quiet(node: ast.AST, space: Mapping[str, Any]) -> bool:
    """Whether running it only reckons."""
    return all(_only_reckons(each.func, space) for each in ast.walk(node) if isinstance(each, ast.Call))


def _only_reckons(function: ast.expr, space: Mapping[str, Any]) -> bool:
    owner = function
    while isinstance(owner, ast.Attribute | ast.Subscript | ast.Call):
        owner = owner.func if isinstance(owner, ast.Call) else owner.value
    if not isinstance(owner, ast.Name):
        return isinstance(function, ast.Attribute)  # of something reckoned: `(a - b).sum()`
    known = space.get(owner.id)
    if isinstance(known, ModuleType):
        last = function.attr if isinstance(function, ast.Attribute) else ""
        return known.__name__.partition(".")[0] in _RECKON and last not in _OUTSIDE
    if isinstance(known, Stub):
        return False
    if isinstance(function, ast.Attribute):
        return function.attr not in _OUTSIDE
    if known is None:
        return owner.id in _BUILTINS and hasattr(builtins, owner.id)
    if isinstance(known, FunctionType):
        return not _goes_outside(known, space, set())
    home = str(getattr(known, "__module__", None) or "")
    return home.partition(".")[0] in _RECKON or isinstance(known, type) or type(known).__name__ == "ufunc"


def _goes_outside(function: FunctionType, space: Mapping[str, Any], seen: set[str]) -> bool:
    """Whether a function, or one that it calls, reads or writes files, or waits."""
    names = set(function.__code__.co_names) - seen
    called = [f for name in names if isinstance(f := space.get(name), FunctionType)]
    return bool(names & _OUTSIDE) or any(_goes_outside(f, space, seen | names) for f in called)


def _standing_for(loop: ast.For | ast.While, space: Mapping[str, Any]) -> Callable[..., Any]:
    """A function with the loop in it, at its place in the file: for the report."""
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    function = ast.FunctionDef("training_loop", nothing, [loop], [])
    ast.copy_location(function, loop)
    file = str(getattr(sys.modules.get(str(space.get("__name__"))), "__file__", "") or "")
    made: dict[str, Any] = {}
    code = compile(ast.fix_missing_locations(ast.Module([function], [])), file, "exec")
    exec(code, dict(space), made)
    found = made["training_loop"]
    found.__module__ = space.get("__name__")
    assert inspect.isfunction(found)
    return found
