"""Graph nodes that ask one another: `evaluate()` asks the nodes before, `grad()` the node behind.

Each class is judged alone: the nodes before it answer with made-up values, the node behind it with a made-up
gradient. A node has one method for each gradient, `grad()`, `gradW()`, `gradB()`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters.nodes import inputs_of
from backproof.subjects.argument_roles import INPUT, OUTPUT, role
from backproof.subjects.definitions import describe
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial import entries
from backproof.subjects.trial.asking import asking
from backproof.subjects.tried import SampleError

_GRADIENT = re.compile(r"^(get_?|compute_?|calc_?)?(d|grad(ient)?)_?(\w{0,8})$", re.IGNORECASE)


def matches(item: object) -> bool:
    """An object of such a class that holds the nodes before it, and to which another may be put behind."""
    return not isinstance(item, type) and asking(type(item)) is not None and bool(inputs_of(item))


def subject(item: Any) -> Layerlike:
    """The node as a Layerlike of the values before it; SampleError where none are found that work."""
    node = _Lazy(item)
    refusal: Exception | None = None
    rng = np.random.default_rng(0)
    for shapes in node.shapes(3):
        values = [rng.standard_normal(shape) for shape in shapes]
        try:
            y = node.run(*values)
            found = node.back(values, rng.standard_normal(y.shape))
        except Exception as error:  # other shapes
            refusal = refusal or error
            continue
        if found and all(np.all(np.isfinite(g)) for g in found.values()):
            node.kept = shapes
            node.settle_means()
            return Layerlike(type(item).__name__, node.understood(), node.operation, item)
    said = describe(refusal) if refusal is not None else "it gives no gradient"
    raise SampleError(f"no values before it were found that {type(item).__name__} takes: {said}", refusal)


class _Lazy:
    """One node between those that answer for the nodes before it and the one behind."""

    def __init__(self, item: Any) -> None:
        self.item, self.before = item, inputs_of(item)
        names = asking(type(item))
        assert names is not None
        self.forward, self.gradient = names
        held = [(name, value) for name, value in vars(item).items() if any(value is each for each in self.before)]
        self.names = [name.strip("_") for name, _ in held]
        self.ways = dict(self._gradients(entries.methods(item)))
        self.kept: list[tuple[int, ...]] = []
        self.means = False  # gradients of weights are averaged over the samples
        self.state = Snapshot(item)

    def _gradients(self, found: dict[str, Callable[..., Any]]) -> Iterator[tuple[str, str]]:
        """(input, method): `gradW` is that of W, a plain `grad` that of the first."""
        for name in found:
            match = _GRADIENT.match(name)
            if match and name == self.gradient:
                yield self.names[0], name
            elif match:
                own = next((n for n in self.names if n.lower() == match[4].lower()), None)
                if own is not None:
                    yield own, name

    def shapes(self, n: int) -> Iterator[list[tuple[int, ...]]]:
        """Shapes for all values before it: weights and biases by name, what is left like x."""
        kinds = [role(name) for name in self.names]
        for bias in ((OUTPUT,), (1, OUTPUT)):
            yield [{"weight": (INPUT, OUTPUT), "bias": bias}.get(kind, (n, INPUT)) for kind in kinds]

    def run(self, *values: Array) -> Array:
        """The node's value for these values before it."""
        self.state.restore()
        for each, value in zip(self.before, values, strict=True):
            setattr(each, self.forward, _answering(value))
        return np.array(getattr(self.item, self.forward)(), dtype=np.float64)

    def back(self, values: list[Array], dout: Any) -> dict[str, Array]:
        """The gradients by the names of the inputs, with this gradient behind."""
        self.run(*values)
        behind = type("Behind", (), {self.gradient: lambda _: dout})()
        for name in self._places_behind():
            setattr(self.item, name, behind)
        return {n: np.array(getattr(self.item, method)(), dtype=np.float64) for n, method in self.ways.items()}

    def _places_behind(self) -> list[str]:
        """The attributes by which a node put behind this one is known: those that its own inputs have for it."""
        return [name for name, held in vars(self.before[0]).items() if held is self.item]

    def settle_means(self) -> None:
        """Whether the gradients of weights are averaged over the samples, all of them, and that of x is not."""
        weights = [name for name in self.ways if role(name) in ("weight", "bias")]
        rng = np.random.default_rng(1)
        ratios = []
        for name in weights:
            at = self.names.index(name)
            values = [rng.standard_normal(shape) for shape in self.kept]
            dout = rng.standard_normal(self.run(*values).shape)
            claimed = self.back(values, dout)[name]
            step = 1e-5 * rng.standard_normal(values[at].shape)
            ends = [self.run(*[v + s * step if i == at else v for i, v in enumerate(values)]) for s in (1, -1)]
            slope = float(np.vdot(dout, ends[0] - ends[1]))
            ratios.append(2 * float(np.vdot(np.broadcast_to(claimed, step.shape), step)) / slope)
        self.means = bool(ratios) and bool(np.allclose(np.array(ratios) * self.kept[0][0], 1, rtol=1e-4))

    def understood(self) -> str:
        """For the report."""
        mean = ", averaged over the samples but for the first" if self.means else ""
        return (
            f"a graph node of {', '.join(self.names)}: {self.forward}(), {', '.join(self.ways.values())}(){mean}"
        )

    def operation(self, samples: int, rng: np.random.Generator) -> Operation:
        """The node on that many samples, the values before it as its inputs."""
        kinds = [role(name) for name in self.names]
        shapes = [
            s if k in ("weight", "bias") else (samples, *s[1:]) for s, k in zip(self.kept, kinds, strict=True)
        ]
        last: list[Array] = []

        def forward(*values: Array) -> Array:
            last[:] = [value.copy() for value in values]
            return self.run(*values)

        def backward(dout: Any) -> dict[str, Any]:
            found = self.back(last, np.asarray(dout, dtype=np.float64))
            scale = {n: samples if self.means and role(n) in ("weight", "bias") else 1 for n in found}
            return {f"d{name}": scale[name] * g for name, g in found.items()}

        return Operation(
            name=type(self.item).__name__,
            forward=forward,
            backward=backward,
            parameters=dict,
            inputs=tuple(self.names),
            owner=self.item,
            source={
                "forward": getattr(self.item, self.forward),
                "backward": getattr(self.item, self.gradient),
            },
            x=tuple(rng.standard_normal(shape) for shape in shapes),
        )


def _answering(value: Array) -> Callable[[], Array]:
    return lambda: value
