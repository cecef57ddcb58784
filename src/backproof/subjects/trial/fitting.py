"""Tries code out until it is understood: layouts, widths and labels, until the gradients fit a loss."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import INPUT, OUTPUT
from backproof.subjects.definitions import describe
from backproof.subjects.hints import Hints
from backproof.subjects.samples import SampleError
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network
from backproof.subjects.trial.as_network import as_network
from backproof.subjects.trial.fit import Fit
from backproof.subjects.trial.layouts import FORMS, LAYOUTS
from backproof.subjects.trial.matching import SIZES
from backproof.subjects.trial.one_network import OneOutputError, Trial
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.runner import Runner
from backproof.subjects.trial.way import Way

_OURS = str(Path(__file__).parents[2])


def network_by_trial(ways: Iterable[Way], hints: Hints, *, exact: bool = False) -> Network:
    """The Network that one of these ways of running the code is: the first that fits a loss, else the likeliest.

    exact: only one whose every gradient fits. Raises SampleError where no input and labels work. Leaves the owners
    as the last try left them: the caller puts them back.
    """
    best: tuple[Trial, Fit] | None = None
    name = "this code"
    made_for_more = False  # outputs than one: class indices were reckoned with as numbers
    refused: list[Exception] = []  # by the tries that went forward
    backs: list[Callable[..., Any] | None] = []  # in which these ended
    untaken: list[Exception] = []  # by the inputs that did not
    for trial in _all_trials(ways, hints, untaken):
        if trial.last_resort and best is not None and _is_likely(*best):
            break
        name = trial.way.name
        if trial.way.narrow and best is not None and not best[0].has_lone_entry():
            continue
        try:
            fit = trial.fit()
        except Exception as error:  # the user's code does not take it
            refused.append(error)
            backs.append(trial.way.source.get("gradient"))
            made_for_more = made_for_more or (best is None and isinstance(error, OneOutputError))
            continue
        finally:
            trial.runner.snapshot.restore()
        if fit is None:
            continue
        if best is None or (fit.better_than(best[1]) and trial.may_replace(best[0])):
            best = (trial, fit)
        if trial.fits(fit):
            break
    if made_for_more and best is not None and best[0].has_one_output() and not best[0].fits(best[1]):
        best = None
    if best is not None and 2 * len(best[1].paths) < len(best[0].params):
        best = None  # gradients of so few parameters are no way back
    if best is not None and (best[0].fits(best[1]) or not exact):
        return as_network(*best)
    unnamed = [each for each in untaken if isinstance(each, (NameError, AttributeError))]  # whatever goes in
    refusal = next(iter([*refused, *unnamed, *untaken]), None)
    said = f"; the first try ended with {describe(refusal)}" if refusal is not None else ""
    never = best is None and bool(refused) and all(map(_misfits, refused, backs))
    raise SampleError(
        f"no input and labels were found that {name} takes back and forth{said}",
        refusal,
        backs[0] if never else None,
    )


_SHAPES = re.compile(r"not aligned|could not be broadcast|mismatch in its core dimension|dimensions? mismatch")


def _misfits(refused: Exception, back: Callable[..., Any] | None) -> bool:
    """Whether arrays of the code's own did not fit together on its way back."""
    frames = traceback.extract_tb(refused.__traceback__)
    inside = any(frame.name == getattr(back, "__name__", None) for frame in frames)
    ours = frames[-1].filename.startswith(_OURS)
    return inside and not ours and isinstance(refused, ValueError) and _SHAPES.search(str(refused)) is not None


def _is_likely(trial: Trial, fit: Fit) -> bool:
    """Whether half of the parameters agree, and none has a gradient for each sample."""
    return 2 * len(fit.agreeing) >= len(trial.params) and not trial.keeps_rows


def _all_trials(ways: Iterable[Way], hints: Hints, untaken: list[Exception]) -> Iterator[Trial]:
    """Every way as it is meant; then, one sample at a time, those that seem meant for several."""
    several = []
    for way in ways:
        yield from _trials(way, hints, untaken)
        several += [] if way.single else [way]
    for way in several:
        for trial in _trials(replace(way, single=True), hints, untaken):
            if trial.layout.lone:
                trial.last_resort = True
                yield trial


def _trials(way: Way, hints: Hints, untaken: list[Exception]) -> Iterator[Trial]:
    """Every input width, layout and form of labels with which the code runs forward."""
    snapshot = Snapshot(*way.roots)
    rng = np.random.default_rng(0)
    for layout in LAYOUTS:
        if (layout.lone and not way.single) or (hints.layout is not None and hints.layout not in layout.words):
            continue
        for width in _widths(way, hints):
            runner = Runner(way, layout, width, "one-hot", snapshot, way.classes or OUTPUT, hints)
            counts = runner.outputs(rng)
            snapshot.restore()
            if counts is None:
                untaken += [runner.refusal] if runner.refusal is not None else []
                continue
            forms = FORMS[::-1] if runner.flat else FORMS  # flat scores against a column of labels are no error
            for form in forms if way.takes_labels else FORMS[:1]:
                if form != ("class indices" if counts == 1 else "flat"):
                    further = Runner(way, layout, width, form, snapshot, counts, hints)
                    further.grows = runner.grows
                    yield Trial(further)
            break


def _widths(way: Way, hints: Hints) -> list[int]:
    """How many features a sample may have: told, from the constructor, then from the first matrices."""
    if hints.x is not None:
        return [hints.x.shape[-1]]
    widths = [*way.widths] if hints.features is None else [hints.features]
    matrices = [a for a in reach(*way.roots).values() if a.ndim == 2 and a.dtype.kind == "f" and min(a.shape) > 0]
    for matrix in matrices[:1] + matrices[-1:]:
        widths += [matrix.shape[0], matrix.shape[1], matrix.shape[0] - 1, matrix.shape[1] - 1]
    widths += [INPUT, 784, 2, 64]
    return [w for w in dict.fromkeys(widths) if w > 0]


def try_input(root: object, call: Callable[[Array], Any]) -> Any:
    """What forward returns for the first input that it takes; None where it returns nothing or takes none."""
    way = Way("", "", root, (root,), call, lambda x, t: None)
    rng, state = np.random.default_rng(0), Snapshot(root)
    for layout in LAYOUTS:
        for width in _widths(way, Hints()):
            x = rng.standard_normal((SIZES[0], width))
            for values in (x, np.abs(x)):
                try:
                    return call(layout.calls(values)[0])
                except Exception:  # the next shape, or no negative numbers
                    state.restore()
    return None
