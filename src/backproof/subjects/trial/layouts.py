"""How samples lie in people's arrays: in rows, in columns, or one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.protocols import Array

FORMS = ("one-hot", "class indices", "flat")


@dataclass(frozen=True)
class Layout:
    """words: for the report. calls(rows): what the code is called with, an array a call. rows: its answers.

    targets(rows): how the labels lie, where not as the inputs do. forms: of labels that may go with it.
    steps: whether the rows are the steps of one sequence.
    """

    words: str
    lone: bool
    calls: Callable[[Array], list[Array]]
    rows: Callable[[list[Array], int], Array | None]
    targets: Callable[[Array], list[Array]] | None = None
    forms: tuple[str, ...] = FORMS
    steps: bool = False


def _rows(answers: list[Array], n: int) -> Array | None:
    y = answers[0]
    if y.ndim == 1 and len(y) == n:
        return y[:, None]
    if y.ndim == 3 and y.shape[0] == n and y.shape[2] == 1:
        return y[:, :, 0]
    return y if y.ndim == 2 and len(y) == n else None


def _columns(answers: list[Array], n: int) -> Array | None:
    y = answers[0]
    if y.ndim == 1 and len(y) == n:
        return y[:, None]
    return y.T if y.ndim == 2 and y.shape[1] == n else None


def _one_by_one(answers: list[Array], n: int) -> Array | None:
    flat = [np.asarray(y, dtype=np.float64).reshape(-1) for y in answers]
    return np.stack(flat) if len({len(y) for y in flat}) == 1 and flat[0].size <= 64 else None


ROWS = Layout("samples in rows", False, lambda x: [x], _rows)
COLUMNS = Layout("samples in columns", False, lambda x: [np.ascontiguousarray(x.T)], _columns)
LONE_COLUMN = Layout("one column at a time", True, lambda x: [row[:, None].copy() for row in x], _one_by_one)
LONE_VECTOR = Layout("one vector at a time", True, lambda x: [row.copy() for row in x], _one_by_one)
LONE_ROW = Layout("one row at a time", True, lambda x: [row[None].copy() for row in x], _one_by_one)
STACK = Layout("samples as a stack of columns", False, lambda x: [x[:, :, None].copy()], _rows)
TURNED = Layout("samples in rows, scores in columns", False, lambda x: [x], _columns, COLUMNS.calls)
TURNED_WITHIN = Layout("samples and labels in rows, scores in columns", False, lambda x: [x], _columns)
TURNED_LABELS = Layout("samples in rows, labels in columns", False, lambda x: [x], _rows, COLUMNS.calls)
COLUMNS_AND_ROWS = Layout("samples in columns, labels in rows", False, COLUMNS.calls, _columns, lambda t: [t])
LONE_STACK = Layout(
    "a stack of one row at a time", True, lambda x: [row[None, None].copy() for row in x], _one_by_one
)
STEPS = Layout("sequences of two steps", False, lambda x: [np.stack([x, x[:, ::-1]], axis=1)], _rows, ROWS.calls)
STEPS_FIRST = Layout(  # four: no number of samples that is tried
    "sequences of four steps, an array a step",
    False,
    lambda x: [np.stack([x, 0.7 * x[:, ::-1], -x, 0.4 * x])],
    _rows,
    ROWS.calls,
)
_SEVERAL = (ROWS, COLUMNS, STACK, TURNED, TURNED_WITHIN, TURNED_LABELS, COLUMNS_AND_ROWS, STEPS, STEPS_FIRST)
LAYOUTS = (*_SEVERAL, LONE_COLUMN, LONE_VECTOR, LONE_ROW, LONE_STACK)

TOKENS = Layout(
    "a sequence of tokens", False, lambda x: [tokens_of(x)], _rows, forms=("class indices",), steps=True
)
LIST_OF_COLUMNS = Layout(
    "a list of columns",
    False,
    lambda x: [[row[:, None].copy() for row in x]],  # type: ignore[list-item]
    _rows,
    forms=("class indices", "one-hot"),
    steps=True,
)
SEQUENCES = (TOKENS, LIST_OF_COLUMNS)

_THREE_STEPS = (
    ("columns", LONE_COLUMN, lambda steps: steps[:, :, None]),
    ("vectors", LONE_VECTOR, lambda steps: steps),
    ("rows", LONE_ROW, lambda steps: steps[:, None, :]),
)
LONE_SEQUENCES = tuple(
    Layout(
        f"one sequence of three {words} at a time",
        True,
        lambda x, laid=laid: [laid(np.stack([row, row[::-1], np.roll(row, 1)])) for row in x],  # type: ignore[misc]
        _one_by_one,
        targets.calls,
        forms=("one-hot",),
    )
    for words, targets, laid in _THREE_STEPS
)


def images(shape: tuple[int, ...]) -> Layout:
    """Rows read as images of this shape, without the axis of the samples."""
    words = f"images of {' x '.join(map(str, shape))}"
    return Layout(words, False, lambda x: [x.reshape(len(x), *shape)], _rows, ROWS.calls)


def tokens_of(x: Array) -> Any:
    """Which entry of each row is the largest: the token of each step, as a list."""
    return np.asarray(x).argmax(axis=1).tolist()


def labels(layout: Layout, form: str, t: Array) -> list[Array]:
    """Labels t as the code takes them, one a call: one-hot (N, C), or binary (N, 1) where the form is flat."""
    t = np.asarray(t, dtype=np.float64)
    if form == "one-hot":
        return (layout.targets or layout.calls)(t)
    if form == "flat":  # binary labels without an axis of their own
        return [t[:, 0].copy()] if not layout.lone else [row[0] for row in t]
    if layout.steps:
        return [tokens_of(t)]
    indices = t.argmax(axis=1)
    return [indices] if not layout.lone else [np.int64(i) for i in indices]  # type: ignore[misc]
