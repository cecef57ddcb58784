"""Graph nodes: made of the nodes before them, `forward()` and `backward()` without arguments.

A node takes its inputs' values, keeps its own, and leaves the gradient for each input in a dict by node, or on the
input itself. Each class is judged alone: between made-up inputs and a made-up node behind it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import INPUT, OUTPUT, role
from backproof.subjects.definitions import describe
from backproof.subjects.signatures import wanted
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.tried import SampleError

VALUES = ("value", "data", "output", "out", "val", "v", "result", "activation", "x", "y")
GRADIENTS = ("grad", "gradient", "diff", "delta", "d", "dvalue")


def matches(item: object) -> bool:
    """An object that goes both ways without arguments and holds others of its family."""
    methods = [getattr(item, name, None) for name in ("forward", "backward")]
    free = all(inspect.ismethod(m) and not wanted(m) for m in methods)
    return free and not inspect.isclass(item) and bool(inputs_of(item))


def is_leaf(cls: type) -> bool:
    """Whether a class goes both ways without arguments and is made of nothing: a graph's input."""
    both = [getattr(cls, name, None) for name in ("forward", "backward")]
    return all(inspect.isfunction(m) and len(wanted(m)) == 1 for m in both) and not wanted(cls)


def subject(item: Any) -> Layerlike:
    """The node's class as a Layerlike of the values of its inputs; SampleError where none are found that work."""
    node = _Node(item)
    refusal: Exception | None = None
    rng = np.random.default_rng(0)
    names = [name for name in VALUES if hasattr(node.inputs[0], name)]
    for alike, value in ((alike, value) for alike in (True, False) for value in names):
        for shapes in node.shapes(3):
            try:
                node.understand(value, [rng.random(shape) + 0.5 for shape in shapes], alike)
            except Exception as error:  # other values, or other shapes
                refusal = refusal or error
                continue
            return Layerlike(type(item).__name__, node.understood(), node.operation, item)
    said = describe(refusal) if refusal is not None else "its inputs hold no value"
    raise SampleError(f"no values of its inputs were found that {type(item).__name__} takes: {said}", refusal)


def _family(item: object) -> set[type]:
    return {cls for cls in type(item).__mro__ if cls.__module__ not in ("builtins", "abc")}


def inputs_of(item: object) -> list[Any]:
    """The other nodes that it holds, each once, in the order in which it holds them."""
    found: dict[int, Any] = {}
    for held in vars(item).values() if hasattr(item, "__dict__") else ():
        for each in held if isinstance(held, (list, tuple)) else (held,):
            if each is not item and _family(each) & _family(item):
                found.setdefault(id(each), each)
    return list(found.values())


class _Behind:
    """The node behind: hands the upstream gradient back, by node."""


class _Node:
    """One node, its inputs, and where values and gradients lie."""

    def __init__(self, item: Any) -> None:
        self.item, self.inputs = item, inputs_of(item)
        names = [
            n for n, p in inspect.signature(type(item)).parameters.items() if p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        self.names = names if len(names) == len(self.inputs) else [f"x{i}" for i in range(len(self.inputs))]
        self.value, self.own, self.by_node = "", "", ""
        self.behind = _Behind()
        self.is_loss = False
        held = {n: kept for n, kept in vars(self.inputs[0]).items() if isinstance(kept, list)}
        self.lists = [n for n, kept in held.items() if any(each is item for each in kept) and hasattr(item, n)]
        self.kept: list[tuple[int, ...]] = []  # the shapes of its inputs' values

    def shapes(self, n: int) -> Iterator[list[tuple[int, ...]]]:
        """Shapes for the values of all inputs: weights and biases by name, what is left like x."""
        plain = {"weight": (INPUT, OUTPUT), "bias": (OUTPUT,)}
        kinds = [role(name) for name in self.names]
        if "weight" in kinds:
            yield [plain.get(kind, (n, INPUT)) for kind in kinds]
            yield [{"weight": (INPUT, OUTPUT), "bias": (1, OUTPUT)}.get(kind, (n, INPUT)) for kind in kinds]
        else:
            yield [(n, OUTPUT)] * len(kinds)
            yield [(n, 1)] * len(kinds)
            if len(kinds) == 2:
                yield [(n, INPUT), (INPUT, OUTPUT)]

    def understand(self, value: str, values: list[Array], alike: bool) -> None:
        """Go forward and back with these values of the inputs; raises where that does not work.

        alike: whether each gradient must have its input's shape.
        """
        self.value, self.kept = value, [v.shape for v in values]
        y = self.run(*values)
        if not np.all(np.isfinite(y)):
            raise ValueError("its value is not finite")
        self.is_loss = y.size == 1
        refusal: Exception | None = None
        dicts = [name for name, held in vars(self.item).items() if isinstance(held, dict)]
        alone = [name for name in GRADIENTS if hasattr(self.inputs[0], name)]
        for by_node, own in [*((name, "") for name in dicts), *(("", name) for name in alone)]:
            self.by_node, self.own = by_node, own
            try:
                self.run(*values)
                pairs = zip(self.back(np.ones(y.shape)).values(), values, strict=True)
                left = [(np.shape(g), v.shape) for g, v in pairs if g is not None]
                if left and (not alike or all(g == v for g, v in left)):
                    return
            except Exception as error:  # the gradients lie elsewhere
                refusal = refusal or error
        raise refusal or ValueError("backward() leaves no gradient by node, and none on its inputs")

    def run(self, *values: Array) -> Array:
        """The node's value for these values of its inputs."""
        for each, value in zip(self.inputs, values, strict=True):
            setattr(each, self.value, value)
        returned = self.item.forward()
        held = getattr(self.item, self.value, None)
        return np.asarray(returned if held is None else held, dtype=np.float64)

    def back(self, dout: Any) -> dict[str, Any]:
        """The gradients for all inputs, by the inputs' names."""
        for name in self.lists:  # where a node keeps those behind it
            if self.behind not in getattr(self.item, name):
                getattr(self.item, name).append(self.behind)
        if self.by_node:
            setattr(self.behind, self.by_node, {self.item: dout})
            self.item.backward()
            left = getattr(self.item, self.by_node)
            return {f"d{name}": left.get(each) for name, each in zip(self.names, self.inputs, strict=True)}
        setattr(self.item, self.own, dout)
        for each in self.inputs:
            setattr(each, self.own, np.zeros_like(getattr(each, self.value)))
        self.item.backward()
        return {f"d{name}": getattr(each, self.own) for name, each in zip(self.names, self.inputs, strict=True)}

    def understood(self) -> str:
        """For the report."""
        where = f"{self.by_node} by node" if self.by_node else f"{self.own} of its inputs"
        return f"a graph node of {', '.join(self.names)}: values in {self.value}, gradients in {where}"

    def operation(self, samples: int, rng: np.random.Generator) -> Operation:
        """The node on that many samples, the values of its inputs as its inputs."""
        shapes, kinds = self.kept, [role(name) for name in self.names]
        fixed = len(shapes) == 2 and len({shape[0] for shape in shapes}) == 2
        x = tuple(
            rng.random(shape if kind in ("weight", "bias") or (fixed and i) else (samples, *shape[1:])) + 0.5
            for i, (shape, kind) in enumerate(zip(shapes, kinds, strict=True))
        )

        def backward(dout: Any) -> dict[str, Any]:
            found = self.back(np.asarray(dout, dtype=np.float64))
            missing = self.is_loss  # of a loss, the gradient for the labels may be left out
            return {name: g for name, g in found.items() if g is not None or not missing}

        return Operation(
            name=type(self.item).__name__,
            forward=self.run,
            backward=backward,
            parameters=dict,
            inputs=tuple(self.names),
            is_loss=self.is_loss,
            owner=self.item,
            source={"forward": self.item.forward, "backward": self.item.backward},
            x=x,
        )
