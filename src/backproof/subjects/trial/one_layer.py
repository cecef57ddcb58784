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
from backproof.subjects.descent import descent_for
from backproof.subjects.hints import Hints
from backproof.subjects.own_source import tree_of
from backproof.subjects.resample import more_inputs
from backproof.subjects.signatures import parameters
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Operation
from backproof.subjects.trial import entries, results
from backproof.subjects.trial.input_shapes import shapes
from backproof.subjects.trial.matching import (
    DIRECTIONS,
    NAMESAKE,
    alike,
    kinship,
    left_behind,
    ratio,
    short,
    step_of,
)
from backproof.subjects.trial.reach import moving
from backproof.subjects.trial.roles import fill, key, role, with_keywords
from backproof.subjects.tried import SampleError

_FIRST_Z = re.compile(r"_*(z|zs|z_?\d|z_?out|pre_?act\w*|weighted_?input)$", re.IGNORECASE)


_OF_NEXT = re.compile(r"(w|weights?)_?(next|nxt|above|after)|(next|nxt)_?(layer_?)?(w|weights?)", re.IGNORECASE)


_INPUT_GRADIENTS = ("dinputs", "dinput", "dx", "dvalues", "inputgradient", "gradinput", "dinp", "da", "inputgrad")


RATE = 0.01


AVERAGED = "averaged over the batch"  # in the line that says how gradients were understood


class _ChangesTheNextError(Exception):
    """The same input gives another output the next time; not so where each forward begins anew."""


class LayerTrial:
    """One layer, its two methods, and what was found out about it."""

    def __init__(
        self, item: Any, forward: Callable[..., Any], back: Callable[..., Any], *, returns_dx: bool
    ) -> None:
        """returns_dx: whether its backward ought to return a gradient of the input, as that of one layer does."""
        self.item, self.forward, self.returns_dx = item, forward, returns_dx
        self.back = with_keywords(back, {"rate": RATE, "zero": 0.0, "training": True, "once": 1})
        self.optimizer = descent_for(self.back)
        self.returns = results.returned_names(forward)
        self.params: dict[str, Array] = {}
        self.paths: dict[str, str] = {}
        self.factors: dict[int, float] = {}
        self.axis: int | None = 0  # of the samples; None: one sample at a time
        self.shape: tuple[int, ...] = ()
        self.output: str | None = None
        self.last: Any = None  # what came out
        self.kept: Any = None  # and what came with it, for backward: (out, cache)
        self.told: Array | None = None  # inputs that a person gave
        self.fits = False  # every parameter's gradient
        self.agrees = False  # and dx
        self.one_by_one = False  # backward takes upstream gradients of which one entry is not zero
        self.scale = 1e-3 if _clips(back) else 1.0  # of the upstream gradient: below what is clipped
        self.start: Snapshot | None = None  # each forward begins here, where one forward changes the next
        self.steady: list[Array] = []  # the arrays that no forward changes: parameters among them

    def passes_straight_through(self) -> bool:
        """Whether this is a softmax that leaves its derivative to the loss."""
        if "softmax" not in type(self.item).__name__.lower() or self.params:
            return False
        rng = np.random.default_rng(3)
        x = self.input(self.shape, rng)
        here = Snapshot(self.item)
        try:
            dout = rng.standard_normal(np.shape(self.run(x)))
            passed = self.gradients(x, dout.copy()).get(self.paths.get("x", ""))
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

    def averages(self) -> bool:
        """Whether all its parameters' gradients are 1 / N of the sum, where the loss's gradient is not."""
        return (
            self.fits
            and bool(self.params)
            and all(abs(f * n - 1) < 1e-3 < abs(f - 1) for n, f in self.factors.items())
        )

    # Running

    def input(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """An input of that shape: like those that were told, else noise."""
        if self.told is None:
            return rng.standard_normal(shape)
        if self.told.ndim == 2 and shape[0] == self.told.shape[0]:  # samples in columns
            return more_inputs(self.told.T, shape[1], rng).T.copy()
        return more_inputs(self.told, shape[0], rng)

    def call(self, x: Array) -> Any:
        """forward(x), in training where that has to be said."""
        names = list(parameters(self.forward))
        values = {"training": True, "zero": 0.0, "count": len(x)}
        arguments = fill(self.forward, values, {names[0]: x, "_": None} if names else {})
        return self.forward(*(arguments or [x]))

    def run(self, x: Array) -> Any:
        """forward(x), or the attribute that it sets."""
        if self.start is not None:
            kept = [(array, array.copy()) for array in self.steady]
            self.start.restore()
            for array, values in kept:
                array[...] = values
        returned = self.call(x)
        if isinstance(returned, tuple) and len(returned) == 2 and _FIRST_Z.match((*self.returns, "")[0]):
            self.kept, returned = returned  # z, a
        elif isinstance(returned, tuple):
            returned, self.kept = returned[0], returned[1] if len(returned) == 2 else returned[1:]
        self.last = returned if self.output is None else getattr(self.item, self.output)
        return self.last

    def example(self) -> Any:
        """What comes out for an input that it takes."""
        return self.run(self.input(self.shape, np.random.default_rng(3)))

    def gradients(self, x: Array, dout: Array) -> dict[str, Array]:
        """All arrays that may be gradients; the layer is put back after."""
        if not self.one_by_one:
            found = self._gradients(x, dout * self.scale)
            return {path: g / self.scale for path, g in found.items()} if self.scale != 1 else found
        total: dict[str, Array] = {}
        for place in np.ndindex(dout.shape):
            alone = np.zeros_like(dout)
            alone[place] = dout[place]
            for path, g in self._gradients(x, alone).items():
                total[path] = total[path] + g if path in total else g
        return total

    def _gradients(self, x: Array, dout: Array) -> dict[str, Array]:
        here = Snapshot(self.item)
        try:
            values = {
                "upstream": dout,
                "rate": RATE,
                "optimizer": self.optimizer,
                "x": x,
                "y": self.last,
                "cache": self.kept,
                "zero": 0.0,
                "count": len(x),
                "training": True,
                "once": 1,
            }
            arguments = self._for_backward(values)
            found = left_behind((self.item,), set(self.params), lambda: self.back(*arguments))
            fellows = {_of_any(path) for path in self.params}  # weights of a neuron that was off are no gradients
            found = {path: g for path, g in found.items() if _of_any(path) not in fellows}
            return found | self._steps_of_nothing(found)
        finally:
            here.restore()

    def _steps_of_nothing(self, found: Mapping[str, Array]) -> dict[str, Array]:
        """The updates by zero of parameters whose fellows move: those of a neuron that is off."""
        moved = {_of_any(path) for path in found if path.startswith("update of ")}
        updates = {path: f"update of {path}" for path in self.params}
        still = {path: u for path, u in updates.items() if u not in found and _of_any(u) in moved and "[" in path}
        return {update: np.zeros(self.params[path].shape) for path, update in still.items()}

    def _for_backward(self, values: Mapping[str, Any]) -> list[Any]:
        """The arguments of backward: (dout), (dout, lr), (x, dout), (x, y, dout); None for what says nothing."""
        taken = parameters(self.back)
        roles = {name: _role_going_back(name) for name in taken}
        needed = [name for name, must in taken.items() if must]
        first = next(iter(taken), "")
        told = roles.get(first, "") not in ("", "upstream") and "upstream" in [roles[n] for n in needed[1:]]
        unknown = [name for name in needed if not roles[name]]
        if told and len(unknown) == 1 and "x" not in roles.values():
            roles[unknown[0]] = "x"  # back_prop(rate, delta, neurons)
        named: dict[str, Any] = {
            n: None for n in needed if roles[n] not in values
        }  # a log, say: if it is not used
        named |= {self.returns[0]: self.kept} if self.returns and _FIRST_Z.match(self.returns[0]) else {}
        named |= {} if told or not first else {first: values["upstream"]}
        roles = {name: what for name, what in roles.items() if name in needed or what not in ("x", "y")}
        return fill(self.back, values, named, roles) or []

    # Understanding

    def understand(self, hints: Hints) -> None:
        """Find an input that goes forward and back, then the parameters and where their gradients lie."""
        rng = np.random.default_rng(0)
        self.told = hints.x
        snapshot = Snapshot(self.item)
        refusal: Exception | None = None
        for shape, axis in shapes(self.item, hints):
            self.start = None
            attempts = [self._try, self._try_attribute]
            for attempt in attempts:
                try:
                    attempt(shape, axis, rng)
                    self._try_one_by_one(shape, axis, rng, snapshot)
                    return
                except _ChangesTheNextError as error:
                    refusal = refusal or error
                    if self.start is None:
                        self.start = snapshot
                        attempts += [self._try, self._try_attribute]
                except Exception as error:  # the next shape
                    missing = isinstance(error, (AttributeError, NameError)) and not isinstance(
                        refusal, type(error)
                    )
                    refusal = error if missing or refusal is None else refusal
                finally:
                    snapshot.restore()
                    self.output = self.output if self.paths else None
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
        self.one_by_one = True
        self._try(shape, axis, rng)
        if not self.agrees:
            self.one_by_one = False
            self.paths, self.factors, self.params, self.fits = kept

    def _try_attribute(self, shape: tuple[int, ...], axis: int | None, rng: np.random.Generator) -> None:
        x = self.input(shape, rng)
        if self.call(x) is not None:
            raise TypeError("forward returns something")
        held = vars(self.item)
        names = [n for n in results.score_attributes(self.item) if held[n] is not x and np.shape(held[n])]
        usual = ("output", "outputs", "out", "y", "a", "activations")
        passed = [n for n in held if held[n] is x and key(n) in usual]  # an identity hands its input on
        self.output = next((n for n in names if key(n) in usual), next(iter([*names, *passed]), None))
        if self.output is None:
            raise TypeError("forward returns nothing and keeps nothing")
        self._try(shape, axis, rng)

    def _try(self, shape: tuple[int, ...], axis: int | None, rng: np.random.Generator) -> None:
        self.paths, self.factors = {}, {}
        self.params = {}
        state = Snapshot(self.item)
        x = self.input(shape, rng)

        def output() -> Array:
            state.hold_random()
            return np.array(self.run(x.copy()), dtype=np.float64)

        y = output()
        before = [array.copy() for array in state.floats]
        try:
            self.run(self.input(shape, rng))
            again = output()
        except Exception as error:
            raise _ChangesTheNextError("forward cannot be called twice") from error
        self.steady = [
            a for a, b in zip(state.floats, before, strict=True) if np.array_equal(a, b, equal_nan=True)
        ]
        if self.start is None and not np.array_equal(y, again, equal_nan=True):
            raise _ChangesTheNextError("a forward changes the next one")
        if (y.ndim == 0 and len(shape) > 1) or y.dtype.kind != "f" or not np.all(np.isfinite(y)):
            raise TypeError("no array comes out")
        if axis is not None and (y.ndim <= axis or y.shape[axis] != shape[axis]):
            raise ValueError(f"an input {shape} gives {y.shape}: the samples are lost")
        self.params = moving((self.item,), output, rng)
        sizes = (shape[axis], shape[axis] + 2) if axis is not None else (1,)
        inputs = [_sized(shape, axis, n) for n in sizes]
        found = [self._match(self.input(size, rng), state, rng) for size in inputs]
        self.paths = dict(found[0][0].items())
        self.factors = {n: _round(factor, n) for n, (_, factor) in zip(sizes, found, strict=True)}
        if not any(p.startswith("update of") for p in self.paths.values()) and not self.averages():
            self.factors = dict.fromkeys(sizes, 1.0)  # another factor is a fault
        self.shape, self.axis = shape, axis

    def _match(self, x: Array, state: Snapshot, rng: np.random.Generator) -> tuple[dict[str, str], float]:
        """Where dx and the parameters' gradients lie, and the common factor of the latter."""
        state.hold_random()
        y = np.array(self.run(x), dtype=np.float64)
        dout = np.asarray(rng.standard_normal(y.shape))
        found = self.gradients(x, dout.copy())
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
        whole = bool(factors) and len(factors) == len(self.params)
        handed = any(map(_OF_NEXT.fullmatch, parameters(self.back)))  # the layer before multiplies by its weights
        if "x" not in paths and whole and "returned" in found and "returned" not in paths.values() and not handed:
            paths["x"] = "returned"  # all else is understood: a dx of a wrong shape
        if "x" not in paths and not handed and not self._is_first(x, paths, factors):
            raise ValueError(f"{self.back.__name__} leaves nothing of the input's shape {x.shape}")
        if paths.keys() == {"x"} and _returned(self.back) is None and entries.hands_on(type(self.item)):
            raise TypeError("it returns nothing: what lies in its layers is no gradient of its own input")
        updates = {n: p for n, p in paths.items() if p.startswith("update of")}
        if any(found[p].shape != self.params[n].shape for n, p in updates.items()):
            raise ValueError("an update changes the shape of a parameter")
        self.fits = len(factors) == len(self.params)
        self.agrees = self.fits and (exact or "x" not in paths)
        common = factors[0] if factors and max(factors) - min(factors) <= 5e-3 * abs(factors[0]) else None
        return paths, common if common is not None and len(factors) == len(
            paths.keys() - {"x"}
        ) else RATE if updates else 1.0

    def _is_first(self, x: Array, paths: Mapping[str, str], factors: list[float]) -> bool:
        """Whether no gradient of the input is meant: nothing is returned, or the input is a sequence."""
        sequence = x.ndim == 3 and x.shape[-1] == 1
        nothing = _returned(self.back) is None and not self.returns_dx
        return (bool(paths) and (nothing or _says_none(self.back))) or (bool(factors) and sequence)

    def _slope(self, x: Array, array: Array, aim: Array, dout: Array, state: Snapshot) -> float:
        kept, step = array.copy(), step_of(array)
        values = []
        for sign in (1, -1):
            array[...] = kept + sign * step * aim
            state.hold_random()
            values.append(float(np.vdot(dout, np.array(self.run(x), dtype=np.float64))))
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
        missing = [short(name) for name in self.params if name not in self.paths]
        factor = next(iter(self.factors.values()), 1.0)
        plain = not places or gradients.startswith("the update") or abs(factor - 1) < 1e-3
        scaled = "" if plain else f", {AVERAGED}" if self.averages() else f" times {factor:.3g}"
        return (
            f"a layer: {self.forward.__name__} and {self.back.__name__}, {where}"
            + (f", gradients in {gradients}{scaled}" if places else "")
            + (f"; no gradient found for {', '.join(missing[:4])}" if missing else "")
            + ("" if "x" in self.paths else "; no gradient of its input")
            + (", for an upstream gradient with one entry at a time" if self.one_by_one else "")
        )

    def operation(self, samples: int, rng: np.random.Generator) -> Operation:
        """The layer on that many samples, as the proof sees it."""
        x = self.input(_sized(self.shape, self.axis, samples), rng)
        last: list[Array] = [x]
        factor = self._factor(samples)

        def forward(value: Array) -> Any:
            last[0] = value
            return self.run(value)

        def backward(dout: Array) -> dict[str, Any]:
            found = self.gradients(last[0], dout)
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


def _of_any(path: str) -> str:
    """A path without its numbers: `units[3].weights` as that of any unit."""
    return re.sub(r"\[\d+\]", "[]", path)


def _role_going_back(name: str) -> str:
    """The role of a backward's parameter: by its name, else by the words in it."""
    known, words = role(name), set(re.findall(r"[a-z]+", name.lower()))
    if known:
        return known
    if words & {"upstream", "d"}:
        return "upstream"
    if words & {"input", "inputs", "inp", "x"}:
        return "x"
    return "y" if words & {"output", "outputs", "out", "y"} else ""


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


def _clips(function: Callable[..., Any]) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and "clip" in code.co_names


def _sized(shape: tuple[int, ...], axis: int | None, n: int) -> tuple[int, ...]:
    return shape if axis is None else (*shape[:axis], n, *shape[axis + 1 :])
