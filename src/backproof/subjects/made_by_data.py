"""Weights that there are only once training has seen data: `self.W = None` until `fit(X, y)` makes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backproof.subjects.argument_roles import INPUT, OUTPUT
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial import entries
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import fill, role
from backproof.subjects.trial.rounds import one_round

_SAMPLES = 11
_MAKES = re.compile(
    r"_*(init(iali[sz]e)?|build|make|create|set_?up|prepare|compile)(_?\w*(weights?|param\w*|network|model|layers?))?$",
    re.IGNORECASE,
)


def make_from_data(instance: Any) -> None:
    """One short training of an object without weights, or what makes them alone; nothing where none helps."""
    if not hasattr(instance, "__dict__") or _has_weights(instance) or not _waits(instance):
        return
    here = Snapshot(instance)
    for maker in _makers(instance):
        for x, t in _data():
            arguments = fill(maker, _given(x, t), roles=entries.roles_in_one(maker))
            try:
                with one_round(instance):
                    maker(*(arguments or [x, t]))
            except (Exception, SystemExit):  # it wants other data
                here.restore()
                continue
            if _has_weights(instance):
                return
            here.restore()


def _waits(instance: Any) -> bool:
    """Whether something is None or an empty list until later."""
    return any(
        value is None or (isinstance(value, (list, dict)) and not value) for value in vars(instance).values()
    )


def _has_weights(instance: Any) -> bool:
    """Whether it holds an array of numbers that is no data of its own."""
    found = {path: a for path, a in reach(instance).items() if a.dtype.kind == "f" and a.ndim and a.size}
    return any(role(re.split(r"[.\[]", path)[0]) not in ("x", "t") for path in found)


def _makers(instance: Any) -> Iterator[Callable[..., Any]]:
    """What makes weights of data by its name and what it takes, then what trains on inputs and labels."""
    for name, method in entries.methods(instance).items():
        given = set(entries.roles_in_one(method).values())
        if _MAKES.match(name) and "x" in given and not given & {"upstream", "y"}:
            yield method
    for method in entries.in_one(instance):
        if entries.TRAIN.match(method.__name__) and {"x", "t"} <= set(entries.roles_in_one(method).values()):
            yield method


def _data() -> Iterator[tuple[Any, Any]]:
    """Inputs and labels as people may hand them over: class indices, rows, one column; samples in columns."""
    x = np.random.default_rng(0).standard_normal((_SAMPLES, INPUT))
    indices = np.arange(_SAMPLES) % OUTPUT
    rows = np.eye(OUTPUT)[indices]
    yield x, indices
    yield x, rows
    yield x, (indices % 2)[:, None].astype(np.float64)
    yield x.T.copy(), rows.T.copy()
    yield x.T.copy(), (indices % 2)[None].astype(np.float64)


def _given(x: Any, t: Any) -> dict[str, Any]:
    return {"x": x, "t": t, "rate": 0.01, "once": 1, "zero": 0.0, "training": True, "count": _SAMPLES}
