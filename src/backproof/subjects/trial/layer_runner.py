"""Runs one layer: an input forward, an upstream gradient back, and whatever may be gradients gathered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.descent import descent_for, optimizers_of
from backproof.subjects.resample import more_inputs
from backproof.subjects.signatures import parameters
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial import results
from backproof.subjects.trial.matching import left_behind
from backproof.subjects.trial.roles import fill, role, with_keywords

RATE = 0.01
_FIRST_Z = re.compile(r"_*(z|zs|z_?\d|z_?out|pre_?act\w*|weighted_?input)$", re.IGNORECASE)


class LayerRunner:
    """One layer, its two methods, and how they are called."""

    def __init__(self, item: Any, forward: Callable[..., Any], back: Callable[..., Any]) -> None:
        self.item, self.forward = item, forward
        self.back = with_keywords(back, {"rate": RATE, "zero": 0.0, "training": True, "once": 1})
        self.optimizer = descent_for(self.back)
        self.returns = results.returned_names(forward)
        self.params: dict[str, Array] = {}  # the arrays that move the output, once they are known
        self.output: str | None = None  # the attribute that holds it, where forward returns nothing
        self.last: Any = None  # what came out
        self.kept: Any = None  # and what came with it, for backward: (out, cache)
        self.told: Array | None = None  # inputs that a person gave
        self.one_by_one = False  # backward takes upstream gradients of which one entry is not zero
        self.scale = 1e-3 if _clips(back) else 1.0  # of the upstream gradient: below what is clipped
        self.start: Snapshot | None = None  # each forward begins here, where one forward changes the next
        self.steady: list[Array] = []  # the arrays that no forward changes: parameters among them

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
        steps = optimizers_of(self.back)
        roles = {name: "optimizer" if name in steps else _role_going_back(name) for name in taken}
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


def _clips(function: Callable[..., Any]) -> bool:
    code = getattr(function, "__code__", None)
    return code is not None and "clip" in code.co_names
