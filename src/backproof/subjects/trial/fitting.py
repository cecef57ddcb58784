"""Tries code out until it is understood: layout, labels, parameters, gradients, loss. Makes a Network of a Way.

A gradient is known by value: along random directions it must be one common multiple of the loss's own slope. What
fits no loss is taken by name and left for the proof to judge.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.construct import INPUT, OUTPUT, Hints
from backproof.subjects.definitions import describe
from backproof.subjects.resample import more_inputs, more_labels
from backproof.subjects.samples import SampleError
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network, NotRecognised
from backproof.subjects.trial import implied
from backproof.subjects.trial.layouts import FORMS, LAYOUTS, ROWS, Layout, labels
from backproof.subjects.trial.reach import moving, reach

_SIZES = (3, 5)  # numbers of samples: what holds for one only is luck
DIRECTIONS = 5
_FITS = 1e-4  # relative; the slope of the loss is a central difference
_STEP = 1e-5
NAMESAKE = 4  # kinship of `dW1` and `W1`


@dataclass(frozen=True)
class Way:
    """One way to run somebody's code forward and back, as an adapter reads it.

    forward(x): the scores, in the code's own layout. backward(x, t): called after forward; what it returns, what
    it leaves within reach of `roots` and what it does to the parameters are searched for gradients.
    losses: the code's own losses, by name, each called after forward with (x, t).
    single: whether the code may be meant for one sample at a time.
    only: the identities of the arrays that may be parameters; None: all that move the scores.
    narrow: made with one output: taken where a parameter has one entry, however many outputs there are.
    """

    name: str
    described: str
    owner: object
    roots: tuple[object, ...]
    forward: Callable[[Array], Any]
    backward: Callable[[Array, Any], Any]
    losses: Mapping[str, Callable[[Array, Any], Any]] = field(default_factory=dict)
    single: bool = True
    takes_labels: bool = True
    narrow: bool = False
    only: tuple[int, ...] | None = None
    source: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


@dataclass
class _Fit:
    """How the gradients relate to one loss, at both numbers of samples."""

    loss: str
    paths: dict[str, str]  # where each parameter's gradient lies
    agreeing: set[str]
    factors: list[float]
    penalty: float = 0.0

    def better_than(self, other: _Fit | None) -> bool:
        return other is None or len(self.agreeing) > len(other.agreeing)


def network_by_trial(ways: Iterable[Way], hints: Hints) -> Network:
    """The Network that one of these ways of running the code is: the first that fits a loss, else the likeliest.

    Raises SampleError where no input and labels work. Leaves the owners as the last try left them: the caller puts
    them back.
    """
    refusal: BaseException | None = None
    best: tuple[_Fit, _Trial] | None = None
    name = "this code"
    for trial, snapshot in ((trial, trial.snapshot) for way in ways for trial in _trials(way, hints)):
        name = trial.way.name
        if trial.way.narrow and best is not None and not best[1].has_lone_entry():
            continue
        try:
            fit = trial.fit()
        except Exception as error:  # the user's code does not take it
            refusal = refusal or error
            continue
        finally:
            snapshot.restore()
        if fit is None:
            continue
        if fit.better_than(best[0] if best else None) and trial.may_replace(best[1] if best else None):
            best = (fit, trial)
        if len(fit.agreeing) == len(trial.params):
            break
    if best is None:
        said = f"; the first try ended with {describe(refusal)}" if refusal is not None else ""
        raise SampleError(f"no input and labels were found that {name} takes back and forth{said}", refusal)
    return best[1].network(best[0])


def _trials(way: Way, hints: Hints) -> Iterator[_Trial]:
    """Every input width, layout and form of labels with which the code runs forward."""
    snapshot = Snapshot(*way.roots)
    rng = np.random.default_rng(0)
    for layout in LAYOUTS:
        if (layout.lone and not way.single) or (hints.layout is not None and hints.layout not in layout.words):
            continue
        for width in _widths(way, hints):
            trial = _Trial(way, layout, width, "one-hot", snapshot, hints=hints)
            counts = trial.outputs(rng)
            snapshot.restore()
            if counts is None:
                continue
            forms = FORMS[::-1] if trial.flat else FORMS  # flat scores against a column of labels are no error
            for form in forms if way.takes_labels else FORMS[:1]:
                if form != ("class indices" if counts == 1 else "flat"):
                    yield _Trial(way, layout, width, form, snapshot, counts, hints)
            break


def _widths(way: Way, hints: Hints) -> list[int]:
    """How many features a sample may have: told, from the constructor, then from the first matrices."""
    if hints.x is not None:
        return [hints.x.shape[-1]]
    widths = [] if hints.features is None else [hints.features]
    matrices = [a for a in reach(*way.roots).values() if a.ndim == 2 and a.dtype.kind == "f" and min(a.shape) > 0]
    for matrix in matrices[:1] + matrices[-1:]:
        widths += [matrix.shape[0], matrix.shape[1], matrix.shape[0] - 1, matrix.shape[1] - 1]
    widths += [INPUT, 784, 2, 64]
    return [w for w in dict.fromkeys(widths) if w > 0]


def try_input(root: object, call: Callable[[Array], Any]) -> Any:
    """What forward returns for the first input that it takes; None where it returns nothing or takes none."""
    way = Way("", "", root, (root,), call, lambda x, t: None)
    rng = np.random.default_rng(0)
    for layout in LAYOUTS:
        for width in _widths(way, Hints()):
            x = rng.standard_normal((_SIZES[0], width))
            for values in (x, np.abs(x)):
                try:
                    return call(layout.calls(values)[0])
                except Exception:  # the next shape, or no negative numbers
                    continue
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
        self.bent = False  # updates that are no multiple of a gradient
        self.flat = False  # the scores of several samples have one axis
        self.grows = False  # each forward adds to a list: what it adds is taken away again

    # Running the code

    def scores(self, x: Array) -> Array:
        """The scores of x (N, D), as rows (N, C)."""
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
        try:
            shapes = [self.scores(self.inputs(n, rng)).shape for n in _SIZES]
        except Exception:
            return None
        return shapes[0][1] if shapes[0][1] == shapes[1][1] else None

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
                total[path] = total[path] + array if path in total else array
        return total

    def _one_way_back(self, x: Array, t: Any) -> dict[str, Array]:
        here = Snapshot(*self.way.roots)
        try:
            self.snapshot.hold_random()
            self.way.forward(x)
            return left_behind(self.way.roots, set(self.params), lambda: self.way.backward(x, t))
        finally:
            here.restore()

    # Understanding it

    def fit(self) -> _Fit | None:
        """The loss and the places of the gradients that fit best; None where there is no gradient to be seen."""
        rng = np.random.default_rng(1)
        x = self.inputs(_SIZES[0], rng)
        lone = self.layout.calls(x)[0]

        def output() -> Array:
            self.snapshot.hold_random()
            return np.array(self.way.forward(lone.copy()), dtype=np.float64)

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
        for array in self.params.values():
            spread = 0.5 * min(1.0, math.sqrt(10 / max(array.shape))) if array.ndim == 2 else 0.3
            array[...] = spread * rng.standard_normal(array.shape)
        # directions are shared by all losses and all gradients
        aims = {
            path: [rng.standard_normal(a.shape) / math.sqrt(a.size) for _ in range(DIRECTIONS)]
            for path, a in self.params.items()
        }
        runs = [self._run(n, aims, rng) for n in _SIZES]
        if not any(self._options(path, found, a) for found, _ in runs[:1] for path, a in self.params.items()):
            self._refuse_bent_updates()
            return None
        self.updates = any(path.startswith("update of ") for path in runs[0][0])
        best: _Fit | None = None
        for loss in runs[0][1]:
            if loss in runs[1][1]:
                fit = self._fit_to(loss, runs, aims)
                if fit is not None and fit.better_than(best):
                    best = fit
        own = [loss for loss in runs[0][1] if loss in self.way.losses]
        if own and best is not None and best.loss not in own:  # the code says itself what its loss is
            fits = [fit for loss in own if (fit := self._fit_to(loss, runs, aims)) is not None]
            best = max(fits, key=lambda fit: len(fit.agreeing)) if fits else best
        if best is None or not best.agreeing:
            self._refuse_bent_updates()
        return best

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
        guesses = implied.possible(y, self.hints.loss)
        slopes: dict[str, dict[str, Array]] = {name: {} for name in [*own, *guesses]}
        for path, array in self.params.items():
            kept = array.copy()
            both: dict[str, list[float]] = {name: [] for name in slopes}
            for aim in aims[path]:
                values: dict[str, list[float]] = {name: [] for name in slopes}
                for sign in (1, -1):
                    array[...] = kept + sign * _STEP * aim
                    y = self.scores(x)
                    for name, loss in guesses.items():
                        values[name].append(loss(y, t))
                    for name in own:
                        values[name].append(self.own_loss(name, x, t))
                for name, (above, below) in values.items():
                    both[name].append((above - below) / (2 * _STEP))
            array[...] = kept
            for name in slopes:
                slopes[name][path] = np.array(both[name])
        return found, slopes

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

    def _fit_to(self, loss: str, runs: list[Any], aims: Mapping[str, list[Array]]) -> _Fit | None:
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
                fitted = [ratio(found[option], slopes[loss][name], aims[name]) for found, slopes in runs]
                if all(r is not None for r in fitted):
                    paths[name], ratios[name] = option, fitted  # type: ignore[assignment]
                    break
                bent = [
                    _with_penalty(found[option], slopes[loss][name], aims[name], along_self)
                    for found, slopes in runs
                ]
                if all(b is not None for b in bent):
                    paths[name], penalised[name] = option, bent  # type: ignore[assignment]
                    ratios[name] = [b[0] for b in bent]  # type: ignore[index]
                    break
        if not paths:
            return None
        agreeing, factors = _common(ratios)
        penalties = [b / a for name in penalised if name in agreeing for a, b in penalised[name][:1]]
        if penalties and max(penalties) - min(penalties) > _FITS * max(map(abs, penalties)):
            agreeing -= set(penalised)
        return _Fit(loss, paths, agreeing, factors, penalties[0] if penalties else 0.0)

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
        return other is None or not self.layout.lone or other.layout is not ROWS

    def has_lone_entry(self) -> bool:
        """Whether a parameter has one entry though there are several outputs: a bias for one output."""
        return self.classes > 1 and any(array.size == 1 for array in self.params.values())

    # The result

    def network(self, fit: _Fit) -> Network:
        """The Network: rows in, rows out, whatever the code's own layout."""
        paths = dict(fit.paths)
        rng = np.random.default_rng(2)
        factor = _factor(fit, self.updates)
        names = {path: short(path) for path in self.params}
        if len(set(names.values())) < len(names):
            names = {path: path for path in self.params}
        penalised = [self.params[p] for p in paths if fit.penalty and self.params[p].ndim > 1]

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
            return {names[name]: found.get(place) for name, place in paths.items()}

        t = self.targets(_SIZES[0], rng) if self.hints.t is None else self._rows_of(self.hints.t)
        if self.classes == 1 and self.hints.t is None:
            t = t.astype(np.int64)
        return Network(
            name=self.way.name,
            understood=self._understood(fit, paths, names),
            owner=self.way.roots if len(self.way.roots) > 1 else self.way.owner,
            parameters=lambda: {names[path]: self.params[path] for path in paths},
            loss=loss,
            gradient=gradient,
            layers={},
            x=self.inputs(_SIZES[0], rng) if self.hints.x is None else self.hints.x,
            t=t,
            classes=self.classes,
            predict=self.scores,
            source=self.way.source,
            functions=self.way.functions,
        )

    def _rows_of(self, t: Array) -> Array:
        t = np.asarray(t)
        if t.ndim == 2:
            return t
        return t[:, None].astype(np.float64) if self.classes == 1 else np.eye(self.classes)[t.astype(np.int64)]

    def _understood(self, fit: _Fit, paths: Mapping[str, str], names: Mapping[str, str]) -> str:
        first = next(iter(paths.values()))
        place = "the update of the parameters" if first.startswith("update of ") else first
        loss = f"its own {fit.loss}" if fit.loss in self.way.losses else f"{fit.loss}, implied"
        scale = _scale_words(fit)
        missing = [names[path] for path in self.params if path not in paths]
        wanted = {"one-hot": "one-hot" if self.classes > 1 else "0 or 1"}.get(self.form, self.form)
        return (
            f"{self.way.described}, {self.layout.words}, gradients in {place}, loss: {loss}{scale}"
            + (", with an L2 penalty" if fit.penalty else "")
            + (f", labels: {wanted}" if self.way.takes_labels else "")
            + (f"; no gradient found for {', '.join(missing[:4])}" if missing else "")
        )


def left_behind(roots: tuple[object, ...], params: set[str], backward: Callable[[], Any]) -> dict[str, Array]:
    """Copies of all that a backward returns, leaves in reach or takes off the parameters, by path."""
    before = {path: (id(a), a.copy()) for path, a in reach(*roots, scalars=True).items()}
    returned = reach({"": backward()}, scalars=True)
    found = {f"returned{path[4:]}": np.array(a, dtype=np.float64) for path, a in returned.items()}
    for path, array in reach(*roots, scalars=True).items():
        if path in params:
            change = np.asarray(before[path][1] - array, dtype=np.float64)
            if np.any(change):
                found[f"update of {path}"] = change
        elif (
            path not in before
            or array.shape != before[path][1].shape
            or (array.ndim > 0 and id(array) != before[path][0])
            or not np.array_equal(array, before[path][1], equal_nan=True)
        ):
            found[path] = np.array(array, dtype=np.float64)
    return found


def ratio(gradient: Array, slopes: Array, aims: list[Array]) -> float | None:
    """The factor between a gradient and the loss's slopes along the aims; None where there is no one factor."""
    if gradient.size != aims[0].size:
        return None
    mine = np.array([float(np.vdot(gradient.reshape(aim.shape), aim)) for aim in aims])
    size = float(np.abs(slopes).max())
    if size < 1e-9:
        return math.nan if float(np.abs(mine).max()) < 1e-9 else None  # a dead parameter fits any factor
    factor = float(mine @ slopes) / float(slopes @ slopes)
    off = float(np.abs(mine - factor * slopes).max())
    return factor if factor != 0 and off <= _FITS * abs(factor) * size else None


def _with_penalty(
    gradient: Array, slopes: Array, aims: list[Array], along_self: Array
) -> tuple[float, float] | None:
    """(factor, penalty) where the gradient is the slope plus a multiple of the parameter itself."""
    if gradient.size != aims[0].size:
        return None
    mine = np.array([float(np.vdot(gradient.reshape(aim.shape), aim)) for aim in aims])
    basis = np.stack([slopes, along_self], axis=1)
    solution, *_ = np.linalg.lstsq(basis, mine, rcond=None)
    if not np.all(np.isfinite(solution)) or abs(solution[0]) < 1e-12 or len(aims) < 4:
        return None
    off = float(np.abs(basis @ solution - mine).max())
    share = solution[1] / solution[0]
    fits = off <= _FITS * float(np.abs(mine).max()) and share > 0
    return (float(solution[0]), float(solution[1])) if fits else None


def _common(ratios: Mapping[str, list[float]]) -> tuple[set[str], list[float]]:
    """The largest set of parameters with the same factors, and those."""
    best: set[str] = set()
    factors = [1.0] * len(_SIZES)
    for pair in ratios.values():
        if any(map(math.isnan, pair)):
            continue
        same = {
            name
            for name, other in ratios.items()
            if all(math.isnan(b) or abs(a - b) <= 10 * _FITS * abs(a) for a, b in zip(pair, other, strict=True))
        }
        if len(same) > len(best):
            best, factors = same, pair
    return best, factors


def _factor(fit: _Fit, updates: bool) -> Callable[[int], float]:
    """The common factor of the gradients as a function of the number of samples."""
    a, b = fit.factors
    if a * b <= 0:
        return lambda n: a
    power = math.log(b / a) / math.log(_SIZES[1] / _SIZES[0])
    near = round(power)
    power = float(near) if abs(power - near) < 1e-2 else power
    start = abs(a) if updates and fit.loss in implied.LOSSES else a
    near_one = 1.0 if abs(start - round(start)) < _FITS and round(start) else None
    start = float(round(start)) if near_one else start
    return lambda n: start * (n / _SIZES[0]) ** power


def _scale_words(fit: _Fit) -> str:
    a, b = fit.factors
    if not fit.agreeing or a * b <= 0 or (abs(a - 1) < 1e-3 and abs(b - 1) < 1e-3):
        return ""
    power = round(math.log(b / a) / math.log(_SIZES[1] / _SIZES[0]))
    factor = a / _SIZES[0] ** power
    of_n = {1: " N", -1: " / N"}.get(power, "")
    return f" times {factor:.4g}{of_n}"


def alike(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return a == b or tuple(n for n in a if n != 1) == tuple(n for n in b if n != 1)


def short(path: str) -> str:
    """`params['W1']` → W1, `layers[0].weights` stays: what tells parameters apart and no more."""
    found = re.fullmatch(r"(?:\w+)?\['?(\w+)'?\]", path)
    return found[1] if found and not found[1].isdigit() else path


_MARKS = re.compile(r"nabla|gradients?|grads?|delta|deriv\w*|^d_?|_d$|^g_|returned|sum|diff", re.IGNORECASE)


def kinship(candidate: str, parameter: str) -> int:
    """How well a gradient's path names a parameter."""

    def words(path: str) -> tuple[str, str]:
        last = re.findall(r"\w+", path)
        names = [w for w in last if not w.isdigit()]
        index = next((w for w in reversed(last) if w.isdigit()), "")
        return (names[-1] if names else ""), index

    name, index = words(parameter)
    other, other_index = words(candidate)
    stripped = _MARKS.sub("", other).strip("_").lower()
    score = 0
    if stripped and stripped == name.strip("_").lower():
        score += 4
    elif stripped and (stripped[0] == name.strip("_").lower()[:1]):
        score += 1
    if index and index == other_index:
        score += 2
    return score
