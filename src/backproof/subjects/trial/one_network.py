"""Finds the parameters of running code, where their gradients lie and the loss that these are the slopes of.

A gradient is known by value: along random directions it must be one common multiple of the loss's own slope. What
fits no loss is taken by name and left for the proof to judge.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import role
from backproof.subjects.penalty import has_penalty
from backproof.subjects.plain_numbers import Number
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import NotRecognised
from backproof.subjects.trial import implied
from backproof.subjects.trial.fit import Fit
from backproof.subjects.trial.layouts import ROWS
from backproof.subjects.trial.left_over import left_over
from backproof.subjects.trial.matching import (
    DIRECTIONS,
    FITS,
    NAMESAKE,
    SIZES,
    alike,
    as_its_fellow,
    common,
    in_line,
    kinship,
    meant_for,
    ratio,
    short,
    step_of,
    with_penalty,
)
from backproof.subjects.trial.reach import moving, reach
from backproof.subjects.trial.runner import Runner

_DRAWS = 4  # of weights, where a parameter moves no loss: every sample on the flat side of a ReLU


class OneOutputError(TypeError):
    """Labels of classes are reckoned with as numbers."""


class Trial:
    """One attempt at the code, and what was found out by it."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.way, self.layout = runner.way, runner.layout
        self.params: dict[str, Array] = {}
        self.updates = False
        told = has_penalty(self.way.source.get("loss"))
        self.penalised = set(self.way.losses) if told else set()  # losses that have a penalty of their own
        self.instead = ""  # the implied loss whose gradients these exactly are, where the code's own is another
        self.values: list[list[float]] = []  # of all losses, for both numbers of samples
        self.keeps_samples = False  # a gradient with a part for each sample, where the parameter has one for all

    def fit(self) -> Fit | None:
        """The loss and the places of the gradients that fit best; None where there is no gradient to be seen."""
        rng = np.random.default_rng(1)
        x = self.runner.inputs(SIZES[0], rng)
        self.runner.params = self.params = self._moving(x, rng)
        if not self.params:
            return None
        # directions are shared by all losses and all gradients
        aims = {
            path: [rng.standard_normal(a.shape) / math.sqrt(a.size) for _ in range(DIRECTIONS if a.ndim else 1)]
            for path, a in self.params.items()
        }
        runs = self._runs(aims, rng)
        found = runs[0][0]
        if not any(self._options(path, found, array) for path, array in self.params.items()):
            self._refuse_bent_updates()
            return None
        self.updates = any(path.startswith("update of ") for path in found)
        self._refuse_new_weights(x, found)
        best = self._best(runs, aims)
        if best is None or not best.agreeing:
            self._refuse_bent_updates()
        if best is not None:
            self._refuse_misread(x, best)
            self.keeps_samples = any(
                SIZES[0] in found[place].shape and found[place].size == SIZES[0] * self.params[path].size
                for path, place in best.paths.items()
            )
            for path, place in self._silent(self.layout.calls(x)[0], found).items():
                self.params[path], best.paths[path] = reach(*self.way.roots)[path], place
            self._add_untouched(best)
        return best

    def fits(self, fit: Fit) -> bool:
        """Whether every parameter's gradient is a common multiple of the loss's slope."""
        return len(fit.agreeing) == len(self.params)

    def _moving(self, x: Array, rng: np.random.Generator) -> dict[str, Array]:
        """The float arrays that move the scores, or the code's own loss where it gives none."""
        lone, t = self.layout.calls(x)[0], self.runner.targets(SIZES[0], np.random.default_rng(1))

        def output() -> Array:
            self.runner.snapshot.hold_random()
            if self.way.classes is not None:
                return np.array([self.runner.own_loss(next(iter(self.way.losses)), x, t)])
            return np.array(self.way.forward(lone.copy()), dtype=np.float64)

        if not self.runner.grows:
            here, counts = Snapshot(*self.way.roots), []
            for _ in range(2):
                output()
                counts.append(len(reach(*self.way.roots)))
            here.restore()
            self.runner.grows = counts[0] != counts[1]

        def output_alone() -> Array:
            alone = Snapshot(*self.way.roots)
            try:
                return output()
            finally:
                alone.hold_random()
                if self.runner.grows:
                    alone.restore()

        found = moving(self.way.roots, output_alone, rng)
        return {path: a for path, a in found.items() if self.way.only is None or id(a) in self.way.only}

    def _runs(self, aims: Mapping[str, list[Array]], rng: np.random.Generator) -> list[Any]:
        """Candidates and slopes for both numbers of samples, every parameter moving a loss."""
        runs: list[Any] = []
        for _ in range(_DRAWS):
            for array in self.params.values():
                spread = 0.5 * min(1.0, math.sqrt(10 / max(array.shape))) if array.ndim == 2 else 0.3
                array[...] = spread * rng.standard_normal(array.shape)
            runs = [self._run(n, aims, rng) for n in SIZES]
            if not _any_dead(runs):
                break
        return runs

    def _best(self, runs: list[Any], aims: Mapping[str, list[Array]]) -> Fit | None:
        """The loss that fits most: the code's own, where it has one and another does not explain more."""
        best: Fit | None = None
        told: Fit | None = None  # by the code itself
        for loss in (loss for loss in runs[0][1] if loss in runs[1][1]):
            fit = self._fit_to(loss, runs, aims)
            if fit is not None and loss in self.way.losses and (told is None or fit.better_than(told)):
                told = fit
            if fit is not None and fit.better_than(best):
                best = fit
        if told is None or best is None:
            return best
        # of a cost that is a function of the loss, as its root, the factor changes with the data
        self.instead = best.loss if self.fits(best) and not self.fits(told) else ""
        explained = self.fits(best) and best.steady and not (self.fits(told) and told.steady)
        return best if explained and self.fits(told) else told

    def _refuse_misread(self, x: Array, fit: Fit) -> None:
        """Raises where the fit is of something that was not meant."""
        if not self.fits(fit) and self._reckons_with_indices(x, fit):
            raise OneOutputError(f"{self.way.name} takes class indices for scores: it is meant for one output")
        if any(
            isinstance(self.params[path], Number)
            and not (place.startswith("update of ") or kinship(place, path) >= NAMESAKE)
            for path, place in fit.paths.items()
        ):
            raise TypeError("a neuron that is off takes no step, and other numbers look like its gradients")

    def _reckons_with_indices(self, x: Array, fit: Fit) -> bool:
        """Whether class indices enter the gradients as numbers do: of 1 it is halfway between those of 0 and 2."""
        if self.runner.form != "class indices" or self.runner.classes < 3:
            return False
        rest = [self.runner.classes - 1] * (len(x) - 1)
        zero, one, two = (self.runner.gradients(x, np.eye(self.runner.classes)[[k, *rest]]) for k in range(3))
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

    def _add_untouched(self, fit: Fit) -> None:
        """Parameters whose gradients lie where those of their fellows do, and that the way back does not reach."""
        held = reach(*self.way.roots)
        for path in [path for path in self.params if path not in fit.paths]:
            places = (as_its_fellow(path, other, place) for other, place in list(fit.paths.items()))
            for place in places:
                if place == f"update of {path}":
                    fit.paths[path] = place
                elif place in held and place not in self.params and held[place].shape == self.params[path].shape:
                    fit.paths[path] = place
                    self.runner.untouched.append(place)

    def _run(self, n: int, aims: Mapping[str, list[Array]], rng: np.random.Generator) -> tuple[Any, Any]:
        """(gradient candidates, slopes by loss and parameter) for n samples."""
        x = self.runner.inputs(n, rng)
        t = self.runner.targets(n, rng)
        found = self.runner.gradients(x, t)
        y = self.runner.scores(x)
        own = []
        for name in self.way.losses if self.runner.hints.loss is None else ():
            try:
                if math.isfinite(self.runner.own_loss(name, x, t)):
                    own.append(name)
            except Exception:  # its own loss takes something else: the implied ones are tried
                continue
        guesses = implied.possible(y, self.runner.hints.loss) if self.way.classes is None else {}
        here = [self.runner.own_loss(name, x, t) for name in own] + [loss(y, t) for loss in guesses.values()]
        self.values = [*self.values[-1:], here]
        slopes: dict[str, dict[str, Array]] = {name: {} for name in [*own, *guesses]}
        for path, array in self.params.items():
            kept, step = array.copy(), step_of(array)
            both: dict[str, list[float]] = {name: [] for name in slopes}
            for aim in aims[path]:
                values: dict[str, list[float]] = {name: [] for name in slopes}
                for sign in (1, -1):
                    array[...] = kept + sign * step * aim
                    y = self.runner.scores(x)
                    for name, loss in guesses.items():
                        values[name].append(loss(y, x if self.way.rebuilds else t))
                    for name in own:
                        values[name].append(self.runner.own_loss(name, x, t))
                for name, (above, below) in values.items():
                    both[name].append((above - below) / (2 * step))
            array[...] = kept
            for name in slopes:
                slopes[name][path] = np.array(both[name])
        moved = {name for name, each in slopes.items() if any(np.abs(s).max() > 1e-9 for s in each.values())}
        return found, {name: each for name, each in slopes.items() if name in moved}  # of decisions none moves

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
                if self.way.penalised or loss in self.penalised:
                    continue
                bent = [
                    with_penalty(found[option], slopes[loss][name], aims[name], along_self)
                    for found, slopes in runs
                ]
                if all(b is not None for b in bent):
                    paths[name], penalised[name] = option, bent  # type: ignore[assignment]
                    ratios[name] = [b[0] for b in bent]  # type: ignore[index]
                    break
        both = [place for place in runs[0][0] if place in runs[1][0]]
        taken = {paths[name] for name in ratios}
        for name, first in list(paths.items()):
            if name not in ratios and not first.startswith("update of ") and kinship(first, name) < NAMESAKE:
                free = [place for place in both if place not in taken]
                paths[name] = meant_for(name, free, runs[0][0], self.params) or first
        for name in [name for name in self.params if name not in paths]:
            place = in_line(name, paths, runs[0][0])
            if place is not None and place in runs[1][0]:
                paths[name] = place
        if not paths:
            return None
        paths |= left_over(self.params, paths, [found for found, _ in runs], self.values)
        agreeing, factors = common({name: ratios[name] for name in self._trusted_first(loss, ratios)})
        penalties = [b / a for name in penalised if name in agreeing for a, b in penalised[name][:1]]
        if penalties and max(penalties) - min(penalties) > FITS * max(map(abs, penalties)):
            agreeing -= set(penalised)
        return Fit(loss, paths, agreeing, factors, penalties[0] if penalties else 0.0, set(penalised))

    def _trusted_first(self, loss: str, ratios: Mapping[str, list[float]]) -> list[str]:
        """The parameters by how likely their gradient is the right one, where others have another factor.

        Of its own loss that of factor 1; else the weights of the last layer, which no other layer can have spoilt.
        """
        if loss in self.way.losses:
            return sorted(ratios, key=lambda name: max(abs(factor - 1) for factor in ratios[name]))
        names = list(ratios)
        arrays = self.params
        return sorted(names, key=lambda n: (_is_bias(n, arrays[n]), arrays[n].ndim == 0, -names.index(n)))

    def _refuse_new_weights(self, x: Array, found: Mapping[str, Array]) -> None:
        """Raises where what comes out of a training is the same whatever the weights were before it."""
        stepped = [path for path in self.params if f"update of {path}" in found]
        if not stepped or self.way.classes is not None:
            return
        t, ends = self.runner.targets(SIZES[0], np.random.default_rng(1)), []
        x, t = (x[:1], t[:1]) if self.layout.lone else (x, t)  # of one call alone the end is known
        for shift in (0.0, 1.0):
            kept = {path: self.params[path].copy() for path in stepped}
            for path in stepped:
                self.params[path][...] += shift
            steps = self.runner.gradients(x, t)
            ends.append([self.params[path] - steps.get(f"update of {path}", 0.0) for path in stepped])
            for path, before in kept.items():
                self.params[path][...] = before
        if all(map(np.allclose, *ends)):
            raise TypeError(f"{self.way.name} begins its training with weights of its own")

    def _refuse_bent_updates(self) -> None:
        if self.runner.bent:
            raise NotRecognised(
                f"{self.way.name}: its update is no multiple of the gradient (all steps are of one size, as with "
                "Adam), so that the gradient cannot be taken from it. Keep the gradient: self.dW = dW"
            )

    def may_replace(self, other: Trial) -> bool:
        """One sample at a time passes what is wrong for several: only where the code takes no several."""
        return not self.layout.lone or other.layout is not ROWS or other.keeps_samples

    def has_one_output(self) -> bool:
        """Whether the code gives one number a sample without having been made for that."""
        return self.runner.classes == 1 and not self.way.narrow

    def has_lone_entry(self) -> bool:
        """Whether a parameter has one entry though there are several outputs: a bias for one output."""
        return self.runner.classes > 1 and any(array.size == 1 for array in self.params.values())


def _is_bias(path: str, array: Array) -> bool:
    """Whether it is one by its name, else whether it has one entry an output: a vector, or one row or column."""
    named = role(short(path))
    return named == "bias" if named else max(array.shape, default=1) == array.size


def _any_dead(runs: list[Any]) -> bool:
    """Whether some parameter moves none of the losses, with either number of samples."""
    found = [by_parameter.items() for _, slopes in runs for by_parameter in slopes.values()]
    alive = {name for pairs in found for name, slope in pairs if np.abs(slope).max() > 1e-9}
    return any(name not in alive for pairs in found for name, _ in pairs)
