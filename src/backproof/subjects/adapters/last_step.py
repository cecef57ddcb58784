"""A recurrent object that goes through one sequence and is judged by its last output.

`forward(inputs)` gives (y, h), `backprop(d_y, learn_rate)` is given the gradient of that y alone. A sample is a
sequence of three steps.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.own_source import tree_of
from backproof.subjects.signatures import parameters, wanted
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial import entries
from backproof.subjects.trial.layouts import LONE_SEQUENCES
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import fill
from backproof.subjects.trial.sequences import argument_roles, goes_through
from backproof.subjects.trial.way import Way

RATE = 0.01


def matches(item: Any) -> bool:
    """Something that loops over its inputs and goes back by the gradient of one output, taken as a whole."""
    forward, back = _both(item)
    if forward is None or back is None or len(wanted(forward)) != 1 or not goes_through(forward):
        return False
    upstream = _upstream(back)
    return upstream is not None and not _goes_into(back, upstream)


def ways(item: Any) -> Iterator[Way]:
    """By every part of what forward returns that may be its last output."""
    forward, back = _both(item)
    assert forward is not None
    assert back is not None
    for place, words in _places(item, forward):
        yield Way(
            name=type(item).__name__,
            described=f"{entries.TRIED}: {forward.__name__} and {back.__name__}{words}",
            owner=item,
            roots=(item,),
            forward=partial(_scores, forward, place),
            backward=partial(_back, forward, back, place),
            layouts=LONE_SEQUENCES,
            source={"gradient": back, "predict": forward},
        )


def _both(item: Any) -> tuple[Callable[..., Any] | None, Callable[..., Any] | None]:
    found = entries.methods(item)
    backs = entries.matching(found, entries.BACKWARD)
    return entries.forward_of_layer(found), (backs[0] if backs else None)


def _upstream(back: Callable[..., Any]) -> str | None:
    """The one thing that the way back is given beside a rate; None where it wants more."""
    roles = argument_roles(back)
    needed = [name for name in parameters(back) if name in wanted(back) and roles[name] != "rate"]
    return needed[0] if len(needed) == 1 and roles[needed[0]] in ("upstream", "y", "") else None


def _goes_into(back: Callable[..., Any], upstream: str) -> bool:
    """Whether the way back takes the gradient apart: it is one for every step then."""
    for node in ast.walk(tree_of(back)):
        match node:
            case ast.Subscript(ast.Name(id=name)) if name == upstream:
                return True
            case ast.For(iter=over) if any(isinstance(n, ast.Name) and n.id == upstream for n in ast.walk(over)):
                return True
    return False


def _places(item: Any, forward: Callable[..., Any]) -> list[tuple[int | None, str]]:
    """Where in what forward returns its output may lie; None: it is that itself."""
    returned = _returned(item, forward)
    if not isinstance(returned, tuple):
        return [(None, "")]
    return [(i, f", scores in returned[{i}]") for i, part in enumerate(returned) if np.size(_last(part)) > 0]


def _returned(item: Any, forward: Callable[..., Any]) -> Any:
    """What forward returns for the first sequence that it takes; None where it takes none."""
    widths = {n for array in reach(item).values() for n in array.shape}
    here = Snapshot(item)
    for layout in LONE_SEQUENCES:
        for width in widths:
            try:
                return forward(layout.calls(np.ones((1, width)))[0])
            except (Exception, SystemExit):  # another width
                continue
            finally:
                here.restore()
    return None


def _scores(forward: Callable[..., Any], place: int | None, x: Array) -> Any:
    returned = forward(x)
    return _last(returned if place is None else returned[place])


def _last(part: Any) -> Any:
    """The output of the last step, where those of all steps are kept."""
    if isinstance(part, dict):
        part = list(part.values())
    return part[-1] if isinstance(part, list) and part else part


def _back(forward: Callable[..., Any], back: Callable[..., Any], place: int | None, x: Array, t: Any) -> Any:
    """The way back, given the slope of half the squares."""
    y = np.asarray(_scores(forward, place, x), dtype=np.float64)
    slope = y - np.reshape(t, y.shape)
    name = _upstream(back)
    arguments = fill(back, {"rate": RATE}, {str(name): slope}, argument_roles(back))
    return back(*(arguments or [slope]))
