"""Tries code out until it is understood: layout, labels, parameters, gradients, loss. Makes a Network of a Way.

A gradient is known by value: along random directions it must be one common multiple of the loss's own slope. What
fits no loss is taken by name and left for the proof to judge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import INPUT, OUTPUT
from backproof.subjects.definitions import describe
from backproof.subjects.hints import Hints
from backproof.subjects.plain_numbers import Number
from backproof.subjects.resample import more_inputs, more_labels
from backproof.subjects.samples import SampleError
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network, NotRecognised
from backproof.subjects.trial import entries, implied
from backproof.subjects.trial.layouts import FORMS, LAYOUTS, ROWS, Layout, labels
from backproof.subjects.trial.matching import (
    DIRECTIONS,
    FITS,
    NAMESAKE,
    SIZES,
    Fit,
    alike,
    common,
    factor_of,
    in_line,
    kinship,
    left_behind,
    ratio,
    scale_words,
    short,
    step_of,
    with_penalty,
)
from backproof.subjects.trial.reach import moving, reach
from backproof.subjects.trial.way import Way

_MOST_NUMBERS = 40  # of parameters that are single numbers, one by one
_DRAWS = 4  # of weights, where a parameter moves no loss: every sample on the flat side of a ReLU


def network_by_trial(ways: Iterable[Way], hints: Hints, *, exact: bool = False) -> Network:
    """The Network that one of these ways of running the code is: the first that fits a loss, else the likeliest.

    exact: only one whose every gradient fits. Raises SampleError where no input and labels work. Leaves the owners
    as the last try left them: the caller puts them back.
    """
    refusal: BaseException | None = None
    best: tuple[Fit, _Trial] | None = None
    name = "this code"
    refusals: list[Exception] = []
    one_output = False
    for trial, snapshot in ((trial, trial.snapshot) for trial in _all_trials(ways, hints, refusals)):
        half = best is not None and 2 * len(best[0].agreeing) >= len(best[1].params)
        if trial.last_resort and best is not None and half and not best[1].keeps_rows:
            break
        name = trial.way.name
        if trial.way.narrow and best is not None and not best[1].has_lone_entry():
            continue
        try:
            fit = trial.fit()
        except Exception as error:  # the user's code does not take it
            refusal = refusal or error
            one_output = one_output or (best is None and isinstance(error, _OneOutputError))
            continue
        finally:
            snapshot.restore()
        if fit is None:
            continue
        if fit.better_than(best[0] if best else None) and trial.may_replace(best[1] if best else None):
            best = (fit, trial)
        if len(fit.agreeing) == len(trial.params):
            break
    alone = best is not None and best[1].classes == 1 and not best[1].way.narrow
    if best is not None and one_output and alone and len(best[0].agreeing) < len(best[1].params):
        best = None  # made for more
    if best is None or (exact and len(best[0].agreeing) < len(best[1].params)):
        missing = (
            each for each in refusals if isinstance(each, (NameError, AttributeError))
        )  # no matter what goes in
        refusal = refusal or next(missing, None) or next(iter(refusals), None)
        said = f"; the first try ended with {describe(refusal)}" if refusal is not None else ""
        raise SampleError(f"no input and labels were found that {name} takes back and forth{said}", refusal)
    return best[1].network(best[0])


class _OneOutputError(TypeError):
    """Labels of classes are reckoned with as numbers."""


def _all_trials(ways: Iterable[Way], hints: Hints, refusals: list[Exception]) -> Iterator[_Trial]:
    """Every way as it is meant; then, one sample at a time, those that seem meant for several."""
    several = []
    for way in ways:
        yield from _trials(way, hints, refusals)
        several += [] if way.single else [way]
    for way in several:
        for trial in _trials(replace(way, single=True), hints, refusals):
            if trial.layout.lone:
                trial.last_resort = True
                yield trial


def _trials(way: Way, hints: Hints, refusals: list[Exception]) -> Iterator[_Trial]:
    """Every input width, layout and form of labels with which the code runs forward."""
    snapshot = Snapshot(*way.roots)
    rng = np.random.default_rng(0)
    for layout in LAYOUTS:
        if (layout.lone and not way.single) or (hints.layout is not None and hints.layout not in layout.words):
            continue
        for width in _widths(way, hints):
            trial = _Trial(way, layout, width, "one-hot", snapshot, way.classes or OUTPUT, hints)
            counts = trial.outputs(rng)
            snapshot.restore()
            if counts is None:
                refusals += [trial.refusal] if trial.refusal is not None else []
                continue
            forms = FORMS[::-1] if trial.flat else FORMS  # flat scores against a column of labels are no error
            for form in forms if way.takes_labels else FORMS[:1]:
                if form != ("class indices" if counts == 1 else "flat"):
                    further = _Trial(way, layout, width, form, snapshot, counts, hints)
                    further.grows = trial.grows
                    yield further
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


class _Trial:
    """The code with one layout, one input width, one form of labels."""

    def __init__(
        self,
        way: Way,
        layout: Layout,
        width: int,
        form: str,
        snapshot: Snapshot,
        classes: int = OUTPUT,
        hints: Hints = Hints(),  # noqa: B008 (frozen)
    ) -> None:
        self.hints = hints
        self.way, self.layout, self.width, self.form = way, layout, width, form
        self.snapshot, self.classes = snapshot, classes
        self.params: dict[str, Array] = {}
        self.updates = False
        self.last_resort = False  # one sample at a time, where the code seems meant for several
        self.keeps_rows = False  # a gradient with a row a sample, where the parameter has one
        self.bent = False  # updates that are no multiple of a gradient
        self.flat = False  # the scores of several samples have one axis
        self.refusal: Exception | None = None
        self.grows = False  # each forward adds to a list: what it adds is taken away again

    # Running the code

    def scores(self, x: Array) -> Array:
        """The scores of x (N, D), as rows (N, C); zeros where the code gives none."""
        if self.way.classes is not None:
            return np.zeros((len(x), self.way.classes))
        self.snapshot.hold_random()
        here = Snapshot(*self.way.roots) if self.grows else None
        answers = [np.array(self.way.forward(each), dtype=np.float64) for each in self.layout.calls(np.array(x))]
        if here is not None:
            here.restore()
        self.flat = answers[0].ndim == 1 and not self.layout.lone
        y = self.layout.rows(answers, len(x))
        if y is None or not np.all(np.isfinite(y)):
            shapes = [a.shape for a in answers[:1]]
            raise ValueError(f"{len(x)} samples of width {self.width} ({self.layout.words}) gave {shapes[0]}")
        return y

    def outputs(self, rng: np.random.Generator) -> int | None:
        """How many outputs a sample has; None where the code takes no such input."""
        if self.way.classes is not None:
            return self.way.classes if any(self._loss_runs(form, rng) for form in FORMS) else None
        shapes = None
        for self.grows in (False, True):  # a forward may take no second one before it is emptied
            try:
                shapes = [self.scores(self.inputs(n, rng)).shape for n in SIZES]
                break
            except Exception as error:
                self.refusal = self.refusal or error
                self.snapshot.restore()
        if shapes is None:
            return None
        return shapes[0][1] if shapes[0][1] == shapes[1][1] else None

    def _loss_runs(self, form: str, rng: np.random.Generator) -> bool:
        """Whether the code's own loss takes inputs of this layout and width with labels of this form."""
        self.form = form
        try:
            for n in SIZES:
                self.own_loss(next(iter(self.way.losses)), self.inputs(n, rng), self.targets(n, rng))
        except Exception as error:
            self.refusal = self.refusal or error
            self.snapshot.restore()
            return False
        return True

    def own_loss(self, name: str, x: Array, t: Array) -> float:
        """The code's own loss, summed over its calls."""
        self.snapshot.hold_random()
        here = Snapshot(*self.way.roots) if self.grows else None
        wanted = labels(self.layout, self.form, t)
        total = 0.0
        for each, label in zip(self.layout.calls(np.array(x)), wanted, strict=True):
            self.way.forward(each)
            value = self.way.losses[name](each, label)
            value = value[0] if isinstance(value, tuple) else value
            total += float(np.sum(np.asarray(value, dtype=np.float64)))
        if here is not None:
            here.restore()
        return total

    def gradients(self, x: Array, t: Array) -> dict[str, Array]:
        """All arrays that may be gradients, by path, summed over the calls; the code's state is put back after."""
        wanted = labels(self.layout, self.form, t)
        total: dict[str, Array] = {}
        for each, label in zip(self.layout.calls(np.array(x)), wanted, strict=True):
            found = self._one_way_back(each, label)
            found = self._without_bent_updates(found)
            for path, array in found.items():
                total[path] = np.asarray(total[path] + array if path in total else array)
        return total | self._turned(total)

    def _turned(self, found: Mapping[str, Array]) -> dict[str, Array]:
        """Gradients of weights the other way round, where the code turns them when it uses them."""
        back = self.way.source.get("gradient")
        if back is None or not entries.turns_gradients(back):
            return {}
        shapes = {array.shape for array in self.params.values()}
        other = {p: a for p, a in found.items() if a.ndim == 2 and a.shape not in shapes and a.T.shape in shapes}
        return {f"{path}.T": array.T for path, array in other.items()}

    def _one_way_back(self, x: Array, t: Any) -> dict[str, Array]:
        here = Snapshot(*self.way.roots)
        try:
            self.snapshot.hold_random()
            self.way.forward(x)
            return left_behind(self.way.roots, set(self.params), lambda: self.way.backward(x, t))
        finally:
            here.restore()

    # Understanding it

    def fit(self) -> Fit | None:
        """The loss and the places of the gradients that fit best; None where there is no gradient to be seen."""
        rng = np.random.default_rng(1)
        x = self.inputs(SIZES[0], rng)
        lone, t = self.layout.calls(x)[0], self.targets(SIZES[0], np.random.default_rng(1))

        def output() -> Array:
            self.snapshot.hold_random()
            if self.way.classes is not None:
                return np.array([self.own_loss(next(iter(self.way.losses)), x, t)])
            return np.array(self.way.forward(lone.copy()), dtype=np.float64)

        if not self.grows:
            here, counts = Snapshot(*self.way.roots), []
            for _ in range(2):
                output()
                counts.append(len(reach(*self.way.roots)))
            here.restore()
            self.grows = counts[0] != counts[1]

        def output_alone() -> Array:
            alone = Snapshot(*self.way.roots)
            try:
                return output()
            finally:
                alone.hold_random()
                if self.grows:
                    alone.restore()

        self.params = moving(self.way.roots, output_alone, rng)
        if self.way.only is not None:
            self.params = {path: a for path, a in self.params.items() if id(a) in self.way.only}
        if not self.params:
            return None
        # directions are shared by all losses and all gradients
        aims = {
            path: [rng.standard_normal(a.shape) / math.sqrt(a.size) for _ in range(DIRECTIONS if a.ndim else 1)]
            for path, a in self.params.items()
        }
        for _ in range(_DRAWS):
            for array in self.params.values():
                spread = 0.5 * min(1.0, math.sqrt(10 / max(array.shape))) if array.ndim == 2 else 0.3
                array[...] = spread * rng.standard_normal(array.shape)
            runs = [self._run(n, aims, rng) for n in SIZES]
            if not _any_dead(runs):
                break
        if not any(self._options(path, found, a) for found, _ in runs[:1] for path, a in self.params.items()):
            self._refuse_bent_updates()
            return None
        self.updates = any(path.startswith("update of ") for path in runs[0][0])
        best: Fit | None = None
        for loss in runs[0][1]:
            if loss in runs[1][1]:
                fit = self._fit_to(loss, runs, aims)
                if fit is not None and fit.better_than(best):
                    best = fit
        own = [loss for loss in runs[0][1] if loss in self.way.losses and loss in runs[1][1]]
        if own and best is not None and best.loss not in own:  # the code says itself what its loss is
            fits = [fit for loss in own if (fit := self._fit_to(loss, runs, aims)) is not None]
            best = max(fits, key=lambda fit: len(fit.agreeing)) if fits else best
        if best is None or not best.agreeing:
            self._refuse_bent_updates()
        if best is not None and len(best.agreeing) < len(self.params) and self._reckons_with_indices(x, best):
            raise _OneOutputError(f"{self.way.name} takes class indices for scores: it is meant for one output")
        if best is not None and any(
            isinstance(self.params[path], Number) and not place.startswith("update of ")
            for path, place in best.paths.items()
        ):
            raise TypeError("a neuron that is off takes no step, and other numbers look like its gradients")
        if best is not None:
            found = runs[0][0]
            self.keeps_rows = any(
                found[place].shape[:1] == (SIZES[0],) and found[place].size == SIZES[0] * self.params[path].size
                for path, place in best.paths.items()
            )
            for path, place in self._silent(lone, runs[0][0]).items():
                self.params[path], best.paths[path] = reach(*self.way.roots)[path], place
        return best

    def _reckons_with_indices(self, x: Array, fit: Fit) -> bool:
        """Whether class indices enter the gradients as numbers do: of 1 it is halfway between those of 0 and 2."""
        if self.form != "class indices" or self.classes < 3:
            return False
        rest = [self.classes - 1] * (len(x) - 1)
        zero, one, two = (self.gradients(x, np.eye(self.classes)[[k, *rest]]) for k in range(3))
        both = [path for path in fit.paths.values() if path in zero and path in one and path in two]
        evenly = all(np.allclose(zero[p] + two[p], 2 * one[p], rtol=1e-9, atol=1e-12) for p in both)
        return evenly and any(not np.array_equal(zero[p], one[p]) for p in both)

    def _silent(self, x: Array, found: Mapping[str, Array]) -> dict[str, str]:
        """Parameters by the name of the gradient that they are given, though they move nothing or are integers."""
        before = {path: id(array) for path, array in reach(*self.way.roots).items()}
        self.way.forward(x)
        held = {path: a for path, a in reach(*self.way.roots).items() if before.get(path) == id(a)}
        silent = {}
        for path, array in held.items():
            if path in self.params or path in found or (self.way.only and id(array) not in self.way.only):
                continue
            places = [p for p, g in found.items() if kinship(p, path) >= NAMESAKE and alike(g.shape, array.shape)]
            taken = {kinship(p, other) >= NAMESAKE for p in places for other in self.params}
            if places and True not in taken:
                silent[path] = places[0]
        return silent

    def _run(self, n: int, aims: Mapping[str, list[Array]], rng: np.random.Generator) -> tuple[Any, Any]:
        """(gradient candidates, slopes by loss and parameter) for n samples."""
        x = self.inputs(n, rng)
        t = self.targets(n, rng)
        found = self.gradients(x, t)
        y = self.scores(x)
        own = []
        for name in self.way.losses if self.hints.loss is None else ():
            try:
                if math.isfinite(self.own_loss(name, x, t)):
                    own.append(name)
            except Exception:  # its own loss takes something else: the implied ones are tried
                continue
        guesses = implied.possible(y, self.hints.loss) if self.way.classes is None else {}
        slopes: dict[str, dict[str, Array]] = {name: {} for name in [*own, *guesses]}
        for path, array in self.params.items():
            kept, step = array.copy(), step_of(array)
            both: dict[str, list[float]] = {name: [] for name in slopes}
            for aim in aims[path]:
                values: dict[str, list[float]] = {name: [] for name in slopes}
                for sign in (1, -1):
                    array[...] = kept + sign * step * aim
                    y = self.scores(x)
                    for name, loss in guesses.items():
                        values[name].append(loss(y, t))
                    for name in own:
                        values[name].append(self.own_loss(name, x, t))
                for name, (above, below) in values.items():
                    both[name].append((above - below) / (2 * step))
            array[...] = kept
            for name in slopes:
                slopes[name][path] = np.array(both[name])
        moved = {name for name, each in slopes.items() if any(np.abs(s).max() > 1e-9 for s in each.values())}
        return found, {name: each for name, each in slopes.items() if name in moved}  # of decisions none moves

    def inputs(self, n: int, rng: np.random.Generator) -> Array:
        """n samples in rows: like those that were told, else noise."""
        told = self.hints.x
        return rng.standard_normal((n, self.width)) if told is None else more_inputs(told, n, rng)

    def targets(self, n: int, rng: np.random.Generator) -> Array:
        if self.hints.t is not None:
            return self._rows_of(more_labels(self.hints.t, n, self.classes, rng))
        if self.classes == 1:
            return (np.arange(n) % 2).astype(np.float64)[:, None]
        drawn = more_labels(np.zeros(n, dtype=np.int64), n, self.classes, rng)
        rows: Array = np.eye(self.classes)[drawn]
        return rows

    def _options(self, path: str, found: Mapping[str, Array], array: Array) -> list[str]:
        """Where the gradient of a parameter may lie: what has its shape, the best name first."""
        if f"update of {path}" in found:
            return [f"update of {path}"]
        fitting = [p for p, g in found.items() if not p.startswith("update of ") and alike(g.shape, array.shape)]
        return sorted(fitting, key=lambda p: (-kinship(p, path), not p.startswith("returned")))

    def _fit_to(self, loss: str, runs: list[Any], aims: Mapping[str, list[Array]]) -> Fit | None:
        paths: dict[str, str] = {}
        ratios: dict[str, list[float]] = {}
        penalised: dict[str, list[tuple[float, float]]] = {}
        for name, array in self.params.items():
            options = [p for p in self._options(name, runs[0][0], array) if p in runs[1][0]]
            if not options:  # by its name it is meant, though not of the right shape: the proof will say so
                options = [p for p in runs[0][0] if p in runs[1][0] and kinship(p, name) >= NAMESAKE][:1]
            if not options:
                continue
            paths[name] = options[0]
            along_self = np.array([float(np.vdot(array, aim)) for aim in aims[name]])
            for option in options:
                fitted = [
                    ratio(found[option], slopes[loss][name], aims[name], single=array.dtype != np.float64)
                    for found, slopes in runs
                ]
                if all(r is not None for r in fitted):
                    paths[name], ratios[name] = option, fitted  # type: ignore[assignment]
                    break
                if self.way.penalised:
                    continue
                bent = [
                    with_penalty(found[option], slopes[loss][name], aims[name], along_self)
                    for found, slopes in runs
                ]
                if all(b is not None for b in bent):
                    paths[name], penalised[name] = option, bent  # type: ignore[assignment]
                    ratios[name] = [b[0] for b in bent]  # type: ignore[index]
                    break
        for name in [name for name in self.params if name not in paths]:
            place = in_line(name, paths, runs[0][0])
            if place is not None and place in runs[1][0]:
                paths[name] = place
        if not paths:
            return None
        agreeing, factors = common(ratios)
        penalties = [b / a for name in penalised if name in agreeing for a, b in penalised[name][:1]]
        if penalties and max(penalties) - min(penalties) > FITS * max(map(abs, penalties)):
            agreeing -= set(penalised)
        return Fit(loss, paths, agreeing, factors, penalties[0] if penalties else 0.0, set(penalised))

    def _without_bent_updates(self, found: dict[str, Array]) -> dict[str, Array]:
        """Without updates whose entries are all of one size: no multiple of a gradient (Adam's first step).

        The gradient may then be seen in a running mean that was empty before.
        """
        steps = [np.abs(a[a != 0]) for path, a in found.items() if path.startswith("update of ") and a.size > 4]
        if not steps or not all(s.size > 4 and s.max() - s.min() < 1e-3 * s.max() for s in steps):
            return found
        self.bent = True
        return {path: a for path, a in found.items() if not path.startswith("update of ")}

    def _refuse_bent_updates(self) -> None:
        if self.bent:
            raise NotRecognised(
                f"{self.way.name}: its update is no multiple of the gradient (all steps are of one size, as with "
                "Adam), so that the gradient cannot be taken from it. Keep the gradient: self.dW = dW"
            )

    def may_replace(self, other: _Trial | None) -> bool:
        """One sample at a time passes what is wrong for several: only where the code takes no several."""
        return other is None or not self.layout.lone or other.layout is not ROWS or other.keeps_rows

    def has_lone_entry(self) -> bool:
        """Whether a parameter has one entry though there are several outputs: a bias for one output."""
        return self.classes > 1 and any(array.size == 1 for array in self.params.values())

    # The result

    def network(self, fit: Fit) -> Network:
        """The Network: rows in, rows out, whatever the code's own layout."""
        paths = self._to_prove(fit)
        rng = np.random.default_rng(2)
        factor = factor_of(fit, self.updates, self.way.descends(), self.way.errors)
        names = {path: short(path) for path in self.params}
        if len(set(names.values())) < len(names):
            names = {path: path for path in self.params}
        penalised = [self.params[p] for p in paths if fit.penalty and self._is_penalised(p, fit)]

        def loss(x: Array, t: Array) -> float:
            t = self._rows_of(t)
            if fit.loss in self.way.losses:
                value = self.own_loss(fit.loss, x, t)
            else:
                value = implied.LOSSES[fit.loss](self.scores(x), t)
            value += 0.5 * fit.penalty * sum(float(np.vdot(a, a)) for a in penalised)
            return factor(len(x)) * value

        def gradient(x: Array, t: Array) -> dict[str, Any]:
            found = self.gradients(x, self._rows_of(t))
            still = {
                name: np.zeros_like(self.params[name]) for name, p in paths.items() if p.startswith("update of ")
            }
            return {names[name]: found.get(place, still.get(name)) for name, place in paths.items()}

        t = self.targets(SIZES[0], rng) if self.hints.t is None else self._rows_of(self.hints.t)
        if self.classes == 1 and self.hints.t is None:
            t = t.astype(np.int64)
        return Network(
            name=self.way.name,
            understood=self._understood(fit, fit.paths, names) + self._left_out(fit, paths),
            owner=self.way.roots if len(self.way.roots) > 1 else self.way.owner,
            parameters=lambda: {names[path]: self.params[path] for path in paths},
            loss=loss,
            gradient=gradient,
            layers={},
            x=self.inputs(SIZES[0], rng) if self.hints.x is None else self.hints.x,
            t=t,
            classes=self.classes,
            predict=self.scores if self.way.classes is None else None,
            source=self.way.source,
            functions=self.way.functions,
            scale=self._scale(fit),
        )

    def _scale(self, fit: Fit) -> str:
        """The common factor between the gradients and the code's own loss; "" for 1, or where a rate is in it."""
        if fit.loss not in self.way.losses or self.updates:
            return ""
        words = scale_words(fit).removeprefix(" times ")
        number, _, rest = words.partition(" ")
        for name, value in (
            ("the number of outputs", self.classes),
            ("2 / the number of outputs", 2 / self.classes),
        ):
            if words[:1].isdigit() and self.classes > 2 and math.isclose(float(number), value, rel_tol=1e-3):
                return f"{name} {rest}".strip()
        return words

    def _is_penalised(self, path: str, fit: Fit) -> bool:
        """Whether the penalty is on this parameter: its gradient says so, or it is weights, as others are."""
        shape = self.params[path].shape
        return path in fit.penalised or (len(shape) > 1 and min(shape) > 1)

    def _to_prove(self, fit: Fit) -> dict[str, str]:
        """The parameters to prove: of very many single numbers first those that fit no common factor."""
        single = [path for path in fit.paths if self.params[path].ndim == 0]
        wrong_first = sorted(single, key=lambda path: path in fit.agreeing)
        left_out = set(wrong_first[_MOST_NUMBERS:])
        return {path: place for path, place in fit.paths.items() if path not in left_out}

    def _left_out(self, fit: Fit, paths: Mapping[str, str]) -> str:
        shown = len(paths), len(fit.paths)
        return (
            "" if shown[0] == shown[1] else f"; proved for {shown[0]} of its {shown[1]} parameters, tried for all"
        )

    def _rows_of(self, t: Array) -> Array:
        t = np.asarray(t)
        if t.ndim == 2:
            return t
        return t[:, None].astype(np.float64) if self.classes == 1 else np.eye(self.classes)[t.astype(np.int64)]

    def _understood(self, fit: Fit, paths: Mapping[str, str], names: Mapping[str, str]) -> str:
        first = next(iter(paths.values()))
        place = "the update of the parameters" if first.startswith("update of ") else first
        loss = f"its own {fit.loss}" if fit.loss in self.way.losses else f"{fit.loss}, implied"
        scale = scale_words(fit)
        missing = [names[path] for path in self.params if path not in paths]
        wanted = {"one-hot": "one-hot" if self.classes > 1 else "0 or 1"}.get(self.form, self.form)
        return (
            f"{self.way.described}, {self.layout.words}, gradients in {place}, loss: {loss}{scale}"
            + (", with an L2 penalty" if fit.penalty else "")
            + (f", labels: {wanted}" if self.way.takes_labels else "")
            + (f"; no gradient found for {', '.join(missing[:4])}" if missing else "")
        )


def _any_dead(runs: list[Any]) -> bool:
    """Whether some parameter moves none of the losses, with either number of samples."""
    found = [by_parameter.items() for _, slopes in runs for by_parameter in slopes.values()]
    alive = {name for pairs in found for name, slope in pairs if np.abs(slope).max() > 1e-9}
    return any(name not in alive for pairs in found for name, _ in pairs)
