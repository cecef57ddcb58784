"""Trainings in a loop, of a script or of a function that does all: one round is run, its update is the gradient.

The scores are a variable of the round that comes of the weights and not of the labels: each that may be they is
tried, and the slopes of a loss tell. Source of the shape: Trask, A Neural Network in 11 lines of Python.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import copy
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import HIDDEN, INPUT, OUTPUT
from backproof.subjects.argument_roles import role as size_role
from backproof.subjects.signatures import parameters
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial.layouts import COLUMNS, LONE_COLUMN, LONE_VECTOR, ROWS, Layout
from backproof.subjects.trial.loops import DATA, TrainingLoop
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import role
from backproof.subjects.trial.starts import is_bias
from backproof.subjects.trial.way import Way

_RATE = 0.1
_MOST = 4  # variables that are tried for the scores
_SIZES = {"input": INPUT, "hidden": HIDDEN, "output": OUTPUT, "sizes": [INPUT, HIDDEN, OUTPUT]}


def matches(item: object) -> bool:
    return isinstance(item, TrainingLoop)


@dataclass(frozen=True)
class _Data:
    """Inputs of one width in one layout with labels of one form, as many as one likes."""

    layout: Layout
    width: int
    labels: Callable[[int], Any]
    narrow: bool = False  # for one output

    def some(self) -> tuple[Array, Any]:
        """Those of six samples, or of one where one is taken at a time."""
        x = self.layout.calls(np.random.default_rng(0).random((6, self.width)))[0]
        return x, self.labels_for(x)

    def labels_for(self, x: Array) -> Any:
        """Labels for inputs in this layout."""
        return self.labels(self.count(x))

    def count(self, x: Array) -> int:
        return 1 if self.layout.lone else int(x.shape[-1]) if self.layout is COLUMNS else len(x)


def ways(item: TrainingLoop) -> Iterator[Way]:
    """Every start that the weights may have, with every variable that may be the scores."""
    seen: set[tuple[Any, ...]] = set()
    for data in _all_data(item):
        with contextlib.suppress(Exception):  # with data like these it does not start
            rounds = _Rounds(item, data)
            names = rounds.likely_scores()
            start = (data.layout.words, data.width, *(array.shape for array in reach(rounds.weights).values()))
            if start in seen or not rounds.weights:
                continue
            seen.add(start)
            for name in names[:_MOST]:
                yield Way(
                    name=item.name,
                    described=f"a training in a loop: one round, scores in {name}",
                    owner=rounds.weights,
                    roots=(rounds.weights,),
                    forward=partial(rounds.scores, name),
                    backward=rounds.back,
                    tentative=True,
                    narrow=data.narrow,
                    widths=(data.width,),
                    layouts=(data.layout,),
                    source={"gradient": item.function, "predict": item.function},
                )


def _all_data(item: TrainingLoop) -> Iterator[_Data]:
    """Data with which the weights may be made: of usual sizes and of theirs, several samples, then one by one."""
    sides = _sides(item)
    widths, counts = dict.fromkeys([INPUT, *sides, 784]), dict.fromkeys([OUTPUT, *sides[-2:]])
    for width, classes in itertools.product(widths, counts):
        yield _Data(ROWS, width, partial(_one_hot, classes))
        yield _Data(COLUMNS, width, partial(_one_hot_columns, classes))
        yield _Data(ROWS, width, partial(_indices, classes))
    for width in widths:
        yield _Data(ROWS, width, lambda n: _binary(n)[:, None], narrow=True)
        yield _Data(ROWS, width, _binary, narrow=True)
        yield _Data(COLUMNS, width, lambda n: _binary(n)[None, :], narrow=True)
    for width, classes in itertools.product(widths, counts):
        yield _Data(LONE_COLUMN, width, partial(_one_hot_columns, classes))
        yield _Data(LONE_VECTOR, width, partial(_one_hot_vector, classes))


def _one_hot(classes: int, n: int) -> Array:
    rows: Array = np.eye(classes)[np.arange(n) % classes]
    return rows


def _one_hot_columns(classes: int, n: int) -> Array:
    return _one_hot(classes, n).T.copy()


def _one_hot_vector(classes: int, n: int) -> Array:
    vector: Array = _one_hot(classes, n)[0]
    return vector


def _indices(classes: int, n: int) -> Array:
    return np.arange(n) % classes


def _binary(n: int) -> Array:
    return (np.arange(n) % 2).astype(np.float64)


def _sides(item: TrainingLoop) -> list[int]:
    """The lengths of the weights that are made whatever goes in, in their order."""
    with contextlib.suppress(Exception):  # they hang on the data
        usual = _Data(ROWS, INPUT, partial(_one_hot, OUTPUT))
        made = reach(_Rounds(item, usual, run=False).weights).values()
        return [side for array in made if array.ndim == 2 for side in array.shape if 1 < side <= 4096]
    return []


class _Rounds:
    """One round of a training, run on inputs and labels with these weights."""

    def __init__(self, item: TrainingLoop, data: _Data, *, run: bool = True) -> None:
        self.item, self.data = item, data
        self.before = [_compiled([s], item) for s in item.before if not self._is_own_data(s)]
        stored = (n for s in item.before for n in ast.walk(s) if isinstance(getattr(n, "ctx", None), ast.Store))
        self.made = {n.id for n in stored if isinstance(n, ast.Name)} | set(parameters(item.function))
        self.round = _compiled([_Watched().visit(copy.deepcopy(s)) for s in item.body], item)
        space = self._begun(*data.some())
        self.weights = {name: _as_arrays(name, space[name]) for name in item.weights if name in space}
        self.weights = {name: value for name, value in self.weights.items() if reach(value)}
        self.first: dict[str, Any] = {}
        if run:
            self.first, _ = self._run(*data.some(), copy.deepcopy(self.weights))

    def likely_scores(self) -> list[str]:
        """The variables that may be the scores, those with a name of scores first, then the last one first."""
        names = [n for n in self.item.scores if _is_scores(self.first.get(n)) and n not in self.weights]
        return sorted(names, key=lambda name: role(name) != "y")

    def back(self, x: Array, t: Any) -> None:
        """One round, with what it does to the weights."""
        _, after = self._run(x, t, self.weights)
        for name, value in after.items():
            self.weights[name] = _as_arrays(name, value)

    def scores(self, name: str, x: Array) -> Any:
        """That variable in a round on x, in which labels do not matter; the weights are put back."""
        here = Snapshot(self.weights)
        try:
            return self._run(np.array(x), self.data.labels_for(x), self.weights)[0][name]
        finally:
            here.restore()

    def _run(self, x: Array, t: Any, weights: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """(every variable as it was when it was made, the weights after the round)"""
        space = {**self._begun(x, t), **weights}
        seen: dict[str, Any] = {}
        space["_keep"] = partial(_keep, seen)
        exec(self.round, space)
        return seen, {name: space[name] for name in weights}

    def _begun(self, x: Array, t: Any) -> dict[str, Any]:
        """The variables as they are before the round; what stands there may fail: a file is not there."""
        space = dict(self.item.function.__globals__) | {"__builtins__": builtins}
        data = {name: np.array(x if what == "x" else t) for name, what in self.item.given.items() if what in DATA}
        space |= data if self.item.is_script else data | self._arguments(x, t)
        for code in self.before:
            with contextlib.suppress(Exception):
                exec(code, space)
        if self.item.is_script:
            space |= data
        taken = dict.fromkeys(self.item.counted, 0)
        taken |= {name: self.data.count(x) for name, what in self.item.given.items() if what == "count"}
        return space | {name: value for name, value in taken.items() if name not in self.made | set(data)}

    def _arguments(self, x: Array, t: Any) -> dict[str, Any]:
        """What the function may be called with."""
        found: dict[str, Any] = {}
        given = inspect.signature(self.item.function).parameters
        for name in parameters(self.item.function):
            default = given[name].default
            what = role(name)
            if what in DATA:
                found[name] = np.array(x if what == "x" else t)
            elif default is not inspect.Parameter.empty and default is not None:
                found[name] = default
            else:
                usual = {"rate": _RATE, "once": 1, "count": len(x), "zero": 0.0, "training": True}
                found[name] = usual.get(what, copy.deepcopy(_SIZES.get(size_role(name), HIDDEN)))
        return found

    def _is_own_data(self, statement: ast.stmt) -> bool:
        """Whether this makes the data, of which the check has its own: of a function that is not handed them."""
        names = [node for node in ast.walk(statement) if isinstance(node, ast.Name)]
        makes = any(isinstance(n.ctx, ast.Store) and self.item.given.get(n.id) in DATA for n in names)
        handed = set(parameters(self.item.function)) | set(self.item.given)
        return makes and (
            self.item.is_script or not any(n.id in handed and isinstance(n.ctx, ast.Load) for n in names)
        )


class _Watched(ast.NodeTransformer):
    """Keeps what each variable is when it is made: later statements may change it in place."""

    def visit_Assign(self, node: ast.Assign) -> Any:
        names = [n.id for t in node.targets for n in ast.walk(t) if isinstance(n, ast.Name)]
        return [node, *(self._kept(name, node) for name in names)]

    def visit_Expr(self, node: ast.Expr) -> Any:
        match node.value:
            case ast.Call(ast.Attribute(ast.Name(name))):
                return [node, self._kept(name, node)]
        return node

    def _kept(self, name: str, node: ast.stmt) -> ast.stmt:
        call = ast.Call(ast.Name("_keep", ast.Load()), [ast.Constant(name), ast.Name(name, ast.Load())], [])
        return ast.copy_location(ast.Expr(call), node)


def _keep(seen: dict[str, Any], name: str, value: Any) -> None:
    last = value[-1] if isinstance(value, list) and value else value
    if isinstance(last, (np.ndarray, float)):
        seen[name] = np.array(last)


def _compiled(statements: list[Any], item: TrainingLoop) -> CodeType:
    flat = list(itertools.chain.from_iterable(s if isinstance(s, list) else [s] for s in statements))
    tree = ast.fix_missing_locations(ast.Module(flat, []))
    return compile(tree, item.function.__code__.co_filename, "exec")


def _as_arrays(name: str, value: Any) -> Any:
    """Weights that can be perturbed in place: a bias that is a number becomes an array."""
    number = isinstance(value, (int, float, np.floating)) and not isinstance(value, bool)
    return np.array(value, dtype=np.float64) if number and is_bias(name) else value


def _is_scores(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.ndim <= 2 and value.size > 0
