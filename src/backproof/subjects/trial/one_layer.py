"""One layer by its two methods: an input that it takes, its parameters, where their gradients lie.

A gradient is known by value: what is the vector-Jacobian product under some name is it.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.hints import Hints
from backproof.subjects.own_source import tree_of
from backproof.subjects.plain_numbers import Number
from backproof.subjects.signatures import parameters
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Operation
from backproof.subjects.trial import entries, results
from backproof.subjects.trial.input_shapes import shapes
from backproof.subjects.trial.layer_runner import RATE, LayerRunner
from backproof.subjects.trial.matching import (
    DIRECTIONS,
    NAMESAKE,
    alike,
    kinship,
    ratio,
    short,
    step_of,
)
from backproof.subjects.trial.reach import moving
from backproof.subjects.trial.roles import key
from backproof.subjects.tried import SampleError

_OF_NEXT = re.compile(r"(w|weights?)_?(next|nxt|above|after)|(next|nxt)_?(layer_?)?(w|weights?)", re.IGNORECASE)


_INPUT_GRADIENTS = ("dinputs", "dinput", "dx", "dvalues", "inputgradient", "gradinput", "dinp", "da", "inputgrad")


AVERAGED = "averaged over the batch"  # in the line that says how gradients were understood


class _ChangesTheNextError(Exception):
    """The same input gives another output the next time; not so where each forward begins anew."""


class LayerTrial:
    """One layer, its two methods, and what was found out about it."""

    def __init__(
        self, item: Any, forward: Callable[..., Any], back: Callable[..., Any], *, returns_dx: bool
    ) -> None:
        """returns_dx: whether its backward ought to return a gradient of the input, as that of one layer does."""
        self.runner = LayerRunner(item, forward, back)
        self.item, self.forward, self.back, self.returns_dx = item, forward, self.runner.back, returns_dx
        self.params: dict[str, Array] = {}
        self.paths: dict[str, str] = {}
        self.factors: dict[int, float] = {}
        self.axis: int | None = 0  # of the samples; None: one sample at a time
        self.shape: tuple[int, ...] = ()
        self.fits = False  # every parameter's gradient
        self.begins_to_fit = False  # some parameter's
        self.agrees = False  # and dx

    def passes_straight_through(self) -> bool:
        """Whether this is a softmax that leaves its derivative to the loss."""
        if "softmax" not in type(self.item).__name__.lower() or self.params:
            return False
        rng = np.random.default_rng(3)
        x = self.runner.input(self.shape, rng)
        here = Snapshot(self.item)
        try:
            dout = rng.standard_normal(np.shape(self.runner.run(x)))
            passed = self.runner.gradients(x, dout.copy()).get(self.paths.get("x", ""))
            return passed is not None and np.array_equal(passed, dout)
        finally:
            here.restore()

    def ends_in_probabilities(self) -> bool:
        """Whether its outputs add up to 1: a softmax inside, whose derivative may be left to the loss."""
        here = Snapshot(self.item)
        try:
            y = np.asarray(self.example())
            return bool(self.params) and y.ndim == 2 and bool(np.allclose(y.sum(axis=1), 1) and np.all(y > 0))
        finally:
            here.restore()

    def is_namesake(self, name: str) -> bool:
        """Whether the gradient of this parameter was found under a name that is made of its own."""
        place = self.paths[name]
        return not place.startswith("update of ") and kinship(place, name) >= NAMESAKE

    def averages(self) -> bool:
        """Whether all its parameters' gradients are 1 / N of the sum, where the loss's gradient is not."""
        return (
            self.fits
            and bool(self.params)
            and all(abs(f * n - 1) < 1e-3 < abs(f - 1) for n, f in self.factors.items())
        )

    def example(self) -> Any:
        """What comes out for an input that it takes."""
        return self.runner.run(self.runner.input(self.shape, np.random.default_rng(3)))

    # Understanding

    def understand(self, hints: Hints) -> None:
        """Find an input that goes forward and back, then the parameters and where their gradients lie."""
        rng = np.random.default_rng(0)
        self.runner.told = hints.x
        snapshot = Snapshot(self.item)
        refusal: Exception | None = None
        for shape, axis in shapes(self.item, hints):
            self.runner.start = None
            attempts = [self._try, self._try_attribute]
            for attempt in attempts:
                try:
                    attempt(shape, axis, rng)
                    self._try_one_by_one(shape, axis, rng, snapshot)
                    return
                except _ChangesTheNextError as error:
                    refusal = refusal or error
                    if self.runner.start is None:
                        self.runner.start = snapshot
                        attempts += [self._try, self._try_attribute]
                except Exception as error:  # the next shape
                    missing = isinstance(error, (AttributeError, NameError)) and not isinstance(
                        refusal, type(error)
                    )
                    refusal = error if missing or refusal is None else refusal
                finally:
                    snapshot.restore()
                    self.runner.output = self.runner.output if self.paths else None
        raise SampleError(
            f"no input was found that {type(self.item).__name__} takes forward and back; the first try ended with "
            f"{type(refusal).__name__}: {refusal}",
            refusal,
        )

    def _try_one_by_one(
        self, shape: tuple[int, ...], axis: int | None, rng: np.random.Generator, snapshot: Snapshot
    ) -> None:
        """A softmax with its layer may count on the loss's gradient, of which one entry alone is not zero."""
        if self.agrees or axis is not None or "softmax" not in type(self.item).__name__.lower():
            return
        kept = (self.paths, self.factors, self.params, self.fits)
        snapshot.restore()
        self.runner.one_by_one = True
        self._try(shape, axis, rng)
        if not self.agrees:
            self.runner.one_by_one = False
            self.paths, self.factors, self.params, self.fits = kept
            self.runner.params = self.params

    def _try_attribute(self, shape: tuple[int, ...], axis: int | None, rng: np.random.Generator) -> None:
        x = self.runner.input(shape, rng)
        if self.runner.call(x) is not None:
            raise TypeError("forward returns something")
        held = vars(self.item)
        names = [n for n in results.score_attributes(self.item) if held[n] is not x and np.shape(held[n])]
        usual = ("output", "outputs", "out", "y", "a", "activations")
        passed = [n for n in held if held[n] is x and key(n) in usual]  # an identity hands its input on
        self.runner.output = next((n for n in names if key(n) in usual), next(iter([*names, *passed]), None))
        if self.runner.output is None:
            raise TypeError("forward returns nothing and keeps nothing")
        self._try(shape, axis, rng)

    def _try(self, shape: tuple[int, ...], axis: int | None, rng: np.random.Generator) -> None:
        self.paths, self.factors = {}, {}
        self.params = self.runner.params = {}
        state = Snapshot(self.item)
        x = self.runner.input(shape, rng)

        def output() -> Array:
            state.hold_random()
            return np.array(self.runner.run(x.copy()), dtype=np.float64)

        y = output()
        before = [array.copy() for array in state.floats]
        try:
            self.runner.run(self.runner.input(shape, rng))
            again = output()
        except Exception as error:
            raise _ChangesTheNextError("forward cannot be called twice") from error
        self.runner.steady = [
            a for a, b in zip(state.floats, before, strict=True) if np.array_equal(a, b, equal_nan=True)
        ]
        if self.runner.start is None and not np.array_equal(y, again, equal_nan=True):
            raise _ChangesTheNextError("a forward changes the next one")
        if (y.ndim == 0 and len(shape) > 1) or y.size == 0 or not np.all(np.isfinite(y)):
            raise TypeError("no array comes out")
        if axis is not None and (y.ndim <= axis or y.shape[axis] != shape[axis]):
            raise ValueError(f"an input {shape} gives {y.shape}: the samples are lost")
        self.params = self.runner.params = moving((self.item,), output, rng)
        sizes = (shape[axis], shape[axis] + 2) if axis is not None else (1,)
        inputs = [_sized(shape, axis, n) for n in sizes]
        found = [self._match(self.runner.input(size, rng), state, rng) for size in inputs]
        self.paths = dict(found[0][0].items())
        self.factors = {n: _round(factor, n) for n, (_, factor) in zip(sizes, found, strict=True)}
        if not any(p.startswith("update of") for p in self.paths.values()) and not self.averages():
            self.factors = dict.fromkeys(sizes, 1.0)  # another factor is a fault
        self.shape, self.axis = shape, axis

    def _match(self, x: Array, state: Snapshot, rng: np.random.Generator) -> tuple[dict[str, str], float]:
        """Where dx and the parameters' gradients lie, and the common factor of the latter."""
        state.hold_random()
        y = np.array(self.runner.run(x), dtype=np.float64)
        dout = np.asarray(rng.standard_normal(y.shape))
        found = self.runner.gradients(x, dout.copy())
        arrays = {"x": x, **self.params}
        paths: dict[str, str] = {}
        factors: list[float] = []
        exact = False
        for name, array in arrays.items():
            aims = [rng.standard_normal(array.shape) / math.sqrt(array.size) for _ in range(DIRECTIONS)]
            slopes = np.array([self._slope(x, array, aim, dout, state) for aim in aims])
            options = _options(name, found, array)
            if not options:
                continue
            paths[name] = options[0]
            for option in options:
                fitted = ratio(found[option], slopes, aims, single=array.dtype != np.float64)
                if fitted is not None and (name != "x" or abs(fitted - 1) < 1e-3 or math.isnan(fitted)):
                    paths[name] = option
                    exact = exact or name == "x"
                    if name != "x" and not math.isnan(fitted):
                        factors.append(fitted)
                    break
        whole = bool(factors) and len(factors) == len(self.params.keys() - self._settings(paths))
        handed = any(map(_OF_NEXT.fullmatch, parameters(self.back)))  # the layer before multiplies by its weights
        left = whole and "returned" in found and "returned" not in paths.values() and not handed
        if "x" not in paths and left and not _is_spread(x, y):
            paths["x"] = "returned"  # all else is understood: a dx of a wrong shape
        if "x" not in paths and not handed and not self._is_first(x, y, paths, factors):
            raise ValueError(f"{self.back.__name__} leaves nothing of the input's shape {x.shape}")
        if paths.keys() == {"x"} and _returned(self.back) is None and entries.hands_on(type(self.item)):
            raise TypeError("it returns nothing: what lies in its layers is no gradient of its own input")
        updates = {n: p for n, p in paths.items() if p.startswith("update of")}
        if any(found[p].shape != self.params[n].shape for n, p in updates.items()):
            raise ValueError("an update changes the shape of a parameter")
        self.fits = len(factors) == len(self.params.keys() - self._settings(paths))
        self.begins_to_fit = bool(factors)
        self.agrees = self.fits and (exact or "x" not in paths)
        common = factors[0] if factors and max(factors) - min(factors) <= 5e-3 * abs(factors[0]) else None
        return paths, common if common is not None and len(factors) == len(
            paths.keys() - {"x"}
        ) else RATE if updates else 1.0

    def _settings(self, paths: Mapping[str, str]) -> set[str]:
        """Single numbers of Python that no gradient is kept for: the slope of a leaky ReLU, an epsilon."""
        return {name for name, array in self.params.items() if isinstance(array, Number) and name not in paths}

    def _is_first(self, x: Array, y: Array, paths: Mapping[str, str], factors: list[float]) -> bool:
        """Whether no gradient of the input is meant: nothing is returned, or the input is a sequence."""
        sequence = x.ndim == 3 and x.shape[-1] == 1 and not _is_spread(x, y)
        nothing = _returned(self.back) is None and not self.returns_dx
        return (bool(paths) and (nothing or _says_none(self.back))) or (bool(factors) and sequence)

    def _slope(self, x: Array, array: Array, aim: Array, dout: Array, state: Snapshot) -> float:
        kept, step = array.copy(), step_of(array)
        values = []
        for sign in (1, -1):
            array[...] = kept + sign * step * aim
            state.hold_random()
            values.append(float(np.vdot(dout, np.array(self.runner.run(x), dtype=np.float64))))
        array[...] = kept
        return (values[0] - values[1]) / (2 * step)

    # The result

    def understood(self) -> str:
        where = {None: "one sample at a time", 0: "samples in rows"}.get(self.axis, "samples in columns")
        places = [place for name, place in self.paths.items() if name != "x"]
        gradients = (
            "the update of the parameters"
            if any(p.startswith("update of") for p in places)
            else ", ".join(places[:2])
        )
        missing = [short(n) for n in self.params.keys() - self._settings(self.paths) if n not in self.paths]
        factor = next(iter(self.factors.values()), 1.0)
        plain = not places or gradients.startswith("the update") or abs(factor - 1) < 1e-3
        scaled = "" if plain else f", {AVERAGED}" if self.averages() else f" times {factor:.3g}"
        return (
            f"a layer: {self.forward.__name__} and {self.back.__name__}, {where}"
            + (f", gradients in {gradients}{scaled}" if places else "")
            + (f"; no gradient found for {', '.join(missing[:4])}" if missing else "")
            + ("" if "x" in self.paths else "; no gradient of its input")
            + (", for an upstream gradient with one entry at a time" if self.runner.one_by_one else "")
        )

    def operation(self, samples: int, rng: np.random.Generator) -> Operation:
        """The layer on that many samples, as the proof sees it."""
        x = self.runner.input(_sized(self.shape, self.axis, samples), rng)
        last: list[Array] = [x]
        factor = self._factor(samples)

        def forward(value: Array) -> Any:
            last[0] = value
            return self.runner.run(value)

        def backward(dout: Array) -> dict[str, Any]:
            found = self.runner.gradients(last[0], dout)
            gradients: dict[str, Any] = {"dx": found.get(self.paths["x"])} if "x" in self.paths else {}
            for name, place in self.paths.items():
                if name != "x":
                    still = np.zeros(self.params[name].shape) if place.startswith("update of ") else None
                    gradient = found.get(place, still)
                    gradients[f"d{short(name)}"] = None if gradient is None else gradient / factor
            return gradients

        return Operation(
            name=type(self.item).__name__,
            forward=forward,
            backward=backward,
            parameters=lambda: {short(name): self.params[name] for name in self.paths if name != "x"},
            owner=self.item,
            source={"forward": self.forward, "backward": self.back},
            words=(type(self.item).__name__,) if self.axis == 0 and not self.params else (),
            x=(x,),
        )

    def _factor(self, samples: int) -> float:
        (n, first), *more = self.factors.items()
        if not more or first * more[0][1] <= 0 or abs(first - more[0][1]) < 1e-3 * abs(first):
            return first
        power = round(math.log(more[0][1] / first) / math.log(more[0][0] / n))
        return float(first * (samples / n) ** power)


def _is_spread(x: Array, y: Array) -> bool:
    """Whether what went in was broadcast to what the parameters have: this is not what is meant to go in."""
    return y.ndim > x.ndim or (
        y.ndim == x.ndim > 2 and any(a == 1 < b for a, b in zip(x.shape, y.shape, strict=True))
    )


def _round(factor: float, n: int) -> float:
    """The factor that is meant: a measured one is not exact, least of all in single precision."""
    usual = (1.0, 1 / n, float(n), RATE, RATE / n, RATE * n, -1.0, -RATE)
    return next((each for each in usual if abs(factor - each) <= 2e-3 * abs(each)), factor)


def _options(name: str, found: Mapping[str, Array], array: Array) -> list[str]:
    if f"update of {name}" in found:
        return [f"update of {name}"]
    fitting = [p for p, g in found.items() if not p.startswith("update of ") and alike(g.shape, array.shape)]
    if name == "x":
        named = [p for p in fitting if key(p) in _INPUT_GRADIENTS]
        return [*(p for p in fitting if p.startswith("returned")), *named, *fitting]
    fitting.sort(key=lambda p: (-kinship(p, name), not p.startswith("returned")))
    return fitting or [p for p in found if kinship(p, name) >= NAMESAKE][:1]


def _returned(function: Callable[..., Any]) -> ast.Return | None:
    """Its last return; None where it has none."""
    tree = tree_of(function)
    if not tree.body:
        return ast.Return(ast.Name(""))  # it may return anything
    returns = [node for node in ast.walk(tree) if isinstance(node, ast.Return)]
    return max(returns, key=lambda node: node.lineno, default=None)


def _says_none(function: Callable[..., Any]) -> bool:
    last = _returned(function)
    return last is not None and (last.value is None or getattr(last.value, "value", ...) is None)


def _sized(shape: tuple[int, ...], axis: int | None, n: int) -> tuple[int, ...]:
    return shape if axis is None else (*shape[:axis], n, *shape[axis + 1 :])
