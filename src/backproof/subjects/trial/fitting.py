"""Tries code out until it is understood: layouts, widths and labels, until the gradients fit a loss."""

from __future__ import annotations

import contextlib
import itertools
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
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network
from backproof.subjects.trial.as_network import as_network
from backproof.subjects.trial.fit import Fit
from backproof.subjects.trial.layouts import LAYOUTS
from backproof.subjects.trial.matching import SIZES
from backproof.subjects.trial.one_network import OneOutputError, Trial
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.runner import Runner
from backproof.subjects.trial.way import Way
from backproof.subjects.tried import SampleError

_OURS = str(Path(__file__).parents[2])


def network_by_trial(ways: Iterable[Way], hints: Hints, *, exact: bool = False) -> Network:
    """The Network that one of these ways of running the code is: the first that fits a loss, else the likeliest.

    exact: only one whose every gradient fits. Raises SampleError where no input and labels work. Leaves the owners
    as the last try left them: the caller puts them back.
    """
    search = _Search()
    for trial in _all_trials(ways, hints, search.untaken):
        if trial.layout.lone and search.is_for_several():
            continue
        if search.has_use_for(trial) and search.settled_by(trial):
            break
    if (network := search.network(exact=exact)) is not None:
        return network
    raise search.refusal()


class _Search:
    """What was tried so far: the likeliest understanding, and why others were refused."""

    def __init__(self) -> None:
        self.best: tuple[Trial, Fit] | None = None
        self.name = "this code"
        self.refused: list[tuple[Trial, BaseException]] = []  # tries that went forward
        self.untaken: list[BaseException] = []  # by inputs that did not
        self.unseen = False  # whether a try ended without a gradient to be seen: that proves no misfit
        self.made_for_more = False  # outputs than one: class indices were reckoned with as numbers

    def has_use_for(self, trial: Trial) -> bool:
        """Whether a try may be better than the best: made for one output only where a parameter is."""
        self.name = trial.way.name
        return not trial.way.narrow or self.best is None or self.best[0].has_lone_entry()

    def settled_by(self, trial: Trial) -> bool:
        """Try it; whether its every gradient fits a loss."""
        try:
            fit = trial.fit()
        except (Exception, SystemExit) as error:  # the user's code does not take it
            self.refused.append((trial, error))
            self.made_for_more |= self.best is None and isinstance(error, OneOutputError)
            return False
        finally:
            trial.runner.snapshot.restore()
        if fit is None:
            self.unseen = True
            return False
        if self.best is None or self._is_better(trial, fit, *self.best):
            self.best = (trial, fit)
        return trial.fits(fit)

    def _is_better(self, trial: Trial, fit: Fit, best: Trial, before: Fit) -> bool:
        if best.layout.lone and not best.fits(before) and _is_for_several(trial, fit):
            return True
        return fit.better_than(before) and trial.may_replace(best)

    def is_for_several(self) -> bool:
        """Whether weights agree for several samples at once, and every gradient is there, one for all of them."""
        return self.best is not None and _is_for_several(*self.best)

    def network(self, *, exact: bool) -> Network | None:
        """The best understanding as a Network; None where there is none that will do."""
        if self.best is None:
            return None
        trial, fit = self.best
        too_few = 2 * len(fit.paths) < len(trial.params)  # gradients of so few parameters are no way back
        weights = any(trial.params[path].ndim > 1 for path in fit.agreeing)
        too_few |= trial.way.tentative and (trial.layout.lone or not weights)
        another = self.made_for_more and trial.has_one_output()
        return as_network(trial, fit) if trial.fits(fit) or not (exact or another or too_few) else None

    def refusal(self) -> SampleError:
        """Why there is none; with the way back where its arrays never fitted together."""
        unnamed = [each for each in self.untaken if isinstance(each, (NameError, AttributeError))]
        first = next(iter([*(error for _, error in self.refused), *unnamed, *self.untaken]), None)
        said = f"; the first try ended with {describe(first)}" if first is not None else ""
        back = [each for each in self.refused if not _is_ours(each[1])]  # those that the way back was called by
        never = self.best is None and not self.unseen and bool(back) and all(itertools.starmap(_misfits, back))
        trial = back[0][0] if never and not _goes_back_turned(back[0][0]) else None
        return SampleError(
            f"no input and labels were found that {self.name} takes back and forth{said}",
            first,
            trial.way.source.get("gradient") if trial is not None else None,
        )


def _is_for_several(trial: Trial, fit: Fit) -> bool:
    weights = [path for path in fit.agreeing if trial.params[path].ndim > 1]
    whole = len(fit.paths) == len(trial.params)
    return bool(weights) and whole and not (trial.layout.lone or trial.keeps_samples)


def _goes_back_turned(trial: Trial) -> bool:
    """Whether the way back takes the inputs or the labels the other way round than the way forward."""
    runner, rng = trial.runner, np.random.default_rng(0)
    x, t = runner.inputs(SIZES[0], rng), runner.targets(SIZES[0], rng)
    for turned in itertools.product((x, x.T), (t, t.T)):
        with contextlib.suppress(Exception, SystemExit):  # the next one
            trial.way.forward(trial.layout.calls(x)[0])
            trial.way.backward(*turned)
            return True
        runner.snapshot.restore()
    return False


_SHAPES = re.compile(r"not aligned|could not be broadcast|mismatch in its core dimension|dimensions? mismatch")


def _misfits(trial: Trial, refused: BaseException) -> bool:
    """Whether arrays of the code's own did not fit together on its way back."""
    back = trial.way.source.get("gradient")
    frames = traceback.extract_tb(refused.__traceback__)
    inside = any(frame.name == getattr(back, "__name__", None) for frame in frames)
    return inside and isinstance(refused, ValueError) and _SHAPES.search(str(refused)) is not None


def _is_ours(refused: BaseException) -> bool:
    """Whether it was raised before the code was called: there was nothing to hand to its way back."""
    return traceback.extract_tb(refused.__traceback__)[-1].filename.startswith(_OURS)


def _all_trials(ways: Iterable[Way], hints: Hints, untaken: list[BaseException]) -> Iterator[Trial]:
    """Every way as it is meant; then, one sample at a time, those that seem meant for several."""
    several = []
    for way in itertools.chain.from_iterable(map(_with_and_without_clip, ways)):
        yield from _trials(way, hints, untaken)
        several += [] if way.single else [way]
    for way in several:
        for trial in _trials(replace(way, single=True), hints, untaken):
            if trial.layout.lone:
                yield trial


def _with_and_without_clip(way: Way) -> list[Way]:
    """Without its clip first: a gradient that is below it where it is tried need not be where it is proved."""
    bare = way.without_clip()
    return [way] if bare is None else [bare, way]


def _trials(way: Way, hints: Hints, untaken: list[BaseException]) -> Iterator[Trial]:
    """Every input width, layout and form of labels with which the code runs forward."""
    snapshot = Snapshot(*way.roots)
    rng = np.random.default_rng(0)
    for layout in way.layouts or LAYOUTS:
        if (layout.lone and not way.single) or (hints.layout is not None and hints.layout not in layout.words):
            continue
        for width in _widths(way, hints):
            runner = Runner(way, layout, width, "one-hot", snapshot, way.classes or OUTPUT, hints)
            counts = runner.outputs(rng)
            snapshot.restore()
            if counts is None:
                untaken += [runner.refusal] if runner.refusal is not None else []
                continue
            forms = (
                layout.forms[::-1] if runner.flat else layout.forms
            )  # flat scores against a column of labels are no error
            for form in forms if way.takes_labels else forms[:1]:
                if form != ("class indices" if counts == 1 else "flat"):
                    further = Runner(way, layout, width, form, snapshot, counts, hints)
                    further.grows = runner.grows
                    yield Trial(further)
            break


def _widths(way: Way, hints: Hints) -> list[int]:
    """How many features a sample may have: told, from the constructor, then from the first matrices."""
    if hints.x is not None:
        return [hints.x.shape[-1]]
    if way.widths and hints.features is None:
        return list(way.widths)
    widths = [] if hints.features is None else [hints.features]
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
                except (Exception, SystemExit):  # the next shape, or no negative numbers
                    state.restore()
    return None
