"""Functions of objects that hold a value and its gradient: `Square()(x)`, gates with `forward(a, b)`.

Each class is judged alone: on made-up objects of the box beside it, with a made-up gradient on what it gives.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.signatures import parameters
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial import entries
from backproof.subjects.trial.boxes import Box, boxes_beside
from backproof.subjects.trial.roles import role
from backproof.subjects.tried import SampleError

_MOST_INPUTS = 6
_SHAPES: tuple[tuple[int, ...], ...] = ((3, 4), (4,), (1, 4))
_TARGETS: tuple[tuple[int, ...], ...] = ((4, 3), (3, 4), (1, 4), (1, 1))


class Seeding:
    """How a gradient is handed to the value at the end, for its `backward` to take it back.

    way: "given" and "given whole", as an argument, an array or an object; "set" and "set whole", put on the value
    before; "ones", the value's own start. "": the first that works.
    """

    def __init__(self, box: Box, way: str = "") -> None:
        self.box, self.way = box, way
        whole = entries.value_back(box.cls)
        self.back = whole.__name__ if whole is not None else "backward"

    def slopes(self, run: Callable[[], tuple[Any, list[Any]]], dout: Array) -> list[Array | None]:
        """The gradients of what a value was made of; run() makes it anew. Raises what its `backward` raises."""
        if not self.way:
            self.way = self._find(run, dout)
        if self.way != "ones":
            return self._back(self.way, run, dout)
        if dout.size == 1:
            found = self._back("ones", run, dout)
            return [None if slope is None else slope * float(dout.reshape(-1)[0]) for slope in found]

        def weighed() -> tuple[Any, list[Any]]:
            value, given = run()
            return value * self.box.make(dout), given

        return self._back("ones", weighed, dout)

    def _back(self, way: str, run: Callable[[], tuple[Any, list[Any]]], dout: Array) -> list[Array | None]:
        value, given = run()
        if way == "set":
            self.box.seed(value, dout)
        elif way == "set whole":
            setattr(value, self.box.gradient, self.box.make(dout))
        argument = {"given": self.box.raw(dout), "given whole": self.box.make(dout)} if "given" in way else {}
        getattr(value, self.back)(*([argument[way]] if argument else []))
        return [self.box.slope(each) for each in given]

    def ways(self, run: Callable[[], tuple[Any, list[Any]]], dout: Array) -> list[str]:
        """The ways by which twice the gradient comes back doubled; last the value's own start."""
        back = parameters(getattr(self.box.cls, self.back))
        argument = len(back) > 1 and not list(back)[1].startswith(("retain", "visited", "create"))
        found: list[str] = []
        for way in (*(("given", "given whole") if argument else ()), "set", "set whole"):
            try:
                once, twice = (self._back(way, run, factor * dout) for factor in (1.0, 2.0))
            except Exception:  # it wants the gradient in another form
                continue
            pairs = [(a, b) for a, b in zip(once, twice, strict=True) if a is not None and b is not None]
            if any(np.any(a) for a, _ in pairs) and all(np.allclose(2 * a, b) for a, b in pairs):
                found.append(way)
        return [*found, "ones"]

    def _find(self, run: Callable[[], tuple[Any, list[Any]]], dout: Array) -> str:
        return self.ways(run, dout)[0]


@dataclass(frozen=True)
class Call:
    """One way to call such a function on boxes.

    run(*boxes): the box that it gives. back: its own backward.
    """

    item: Any
    inputs: int
    run: Callable[..., Any]
    back: Callable[..., Any]


def is_function_class(cls: type) -> bool:
    """Whether a class goes forward and back, and beside it stand objects that hold a value and its gradient."""
    both = all(callable(getattr(cls, name, None)) for name in ("forward", "backward"))
    return both and next(boxes_beside(cls), None) is not None


def is_understood(cls: type) -> bool:
    """Whether such a class can be judged by itself."""
    return any(_understood(call) is not None for call in calls(cls))


def calls(cls: type) -> Iterator[Call]:
    """How objects of such a class, made without arguments, may be called: a new one for each call."""
    try:
        every = list(_calls_of(cls()))
    except Exception:  # it wants arguments
        return
    for i, call in enumerate(every):
        yield replace(call, run=partial(_anew, cls, i))


def _anew(cls: type, i: int, *boxes: Any) -> Any:
    return list(_calls_of(cls()))[i].run(*boxes)


def matches(item: object) -> bool:
    """An object of such a class that takes boxes and gives one."""
    if isinstance(item, type) or inspect.isroutine(item) or not is_function_class(type(item)):
        return False
    return any(_understood(call) is not None for call in _calls_of(item)) or _takes_boxes(type(item))


def subject(item: Any) -> Layerlike:
    """The function as a Layerlike of the values of its boxes; SampleError where it takes none."""
    for made in _variants(item):
        for call in _calls_of(made):
            if (found := _understood(call)) is not None:
                return found.layerlike()
    raise SampleError(f"no values were found that {type(item).__name__} takes and gives a gradient for")


def _takes_boxes(cls: type) -> bool:
    """Whether a base class calls `forward` on what boxes hold: `Function.__call__`."""
    homes = [c for c in cls.__mro__ if "__call__" in vars(c)]
    names = {box.cls.__name__ for box in boxes_beside(cls)}
    return any(names & set(vars(home)["__call__"].__code__.co_names) for home in homes)


def _variants(item: Any) -> Iterator[Any]:
    """The object; then others of its class whose shape or axis fits what it will be given."""
    yield item
    needed = [n for n, must in parameters(type(item)).items() if must]
    if len(needed) != 1:
        return
    for value in (*_TARGETS, 0, 1, None, (1, 0), slice(0, 2), 2, 2.0):
        try:
            yield type(item)(value)
        except Exception:  # it wants something else
            continue


def _calls_of(item: Any) -> Iterator[Call]:
    names = [n for n, needed in parameters(item.forward).items() if needed]
    context = bool(names) and names[0] in ("ctx", "context")
    if any(role(name) == "t" for name in parameters(item.backward)):
        return  # it goes back from labels: more than a function
    count = len(names) - context or 1
    several = [count] if names else [1, 2]
    callers = [f for f in (getattr(item, "apply", None) if context else None, _caller(item), item.forward) if f]
    for inputs in several:
        if inputs <= _MOST_INPUTS:
            for caller in callers:
                yield Call(item, inputs, caller, item.backward)
                yield Call(item, inputs, _listed(caller), item.backward)


def _caller(item: Any) -> Callable[..., Any] | None:
    return item.__call__ if callable(item) else None


def _listed(caller: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *boxes: caller(list(boxes))


class _Understood:
    """A call with the box that it takes, the shapes of its inputs, and where their gradients come back."""

    def __init__(self, call: Call, box: Box, shapes: tuple[tuple[int, ...], ...], sign: float) -> None:
        self.call, self.box, self.shapes, self.sign = call, box, shapes, sign
        self.one_by_one = False
        self.way = ""
        self.seeding = Seeding(box)

    def values(self, rng: np.random.Generator, shapes: tuple[tuple[int, ...], ...]) -> list[Array]:
        drawn = [rng.standard_normal(shape) for shape in shapes]
        return drawn if self.sign < 0 else [np.exp(0.3 * each) for each in drawn]

    def run(self, *values: Array) -> Array:
        """The value that comes out for these values of the inputs."""
        if self.one_by_one:
            every = [
                self._one(*(np.array(v) for v in each))[0] for each in zip(*(v.flat for v in values), strict=True)
            ]
            return np.array([self.box.read(each) for each in every]).reshape(values[0].shape)
        return self.box.read(self._one(*values)[0])

    def back(self, values: tuple[Array, ...], dout: Array) -> list[Any]:
        """The gradients of all inputs."""
        if not self.one_by_one:
            return self._back_one(values, np.asarray(dout, dtype=np.float64))
        found = [
            self._back_one(tuple(np.array(v) for v in each), np.array(d))
            for *each, d in zip(*(v.flat for v in values), np.ravel(dout), strict=True)
        ]
        return [
            np.array([0.0 if g is None else float(np.ravel(g)[0]) for g in column]).reshape(values[0].shape)
            for column in zip(*found, strict=True)
        ]

    def _one(self, *values: Array) -> tuple[Any, list[Any]]:
        given = [self.box.make(each) for each in values]
        out = self.call.run(*given)
        out = out[0] if isinstance(out, (list, tuple)) and len(out) == 1 else out
        if not self.box.holds(out) or any(out is each for each in given):
            raise TypeError("it gives no such object")
        return out, given

    def _back_one(self, values: tuple[Array, ...], dout: Array) -> list[Any]:
        if self.way == "tape":
            return list(self.seeding.slopes(lambda: self._one(*values), dout))
        out, given = self._one(*values)
        self.box.seed(out, dout)
        names = [n for n, needed in parameters(self.call.back).items() if needed]
        upstream = self.box.make(dout) if self.way == "whole" else self.box.raw(dout)
        returned = self.call.back(*([upstream] if names else []))
        if returned is None:
            return [self.box.slope(each) for each in given]
        several = list(returned) if isinstance(returned, (tuple, list)) else [returned]
        return [None if g is None else self.box.read(g) for g in several]

    def settle(self) -> bool:
        """Find the way back that gives every input a gradient; whether there is one."""
        rng = np.random.default_rng(0)
        values = tuple(self.values(rng, self.shapes))
        try:
            y = self.run(*values)
            if not np.all(np.isfinite(y)) or not np.array_equal(y, self.run(*values)):
                return False
        except Exception:
            return False
        for self.way in ("raw", "whole", "tape"):
            if self.way == "tape" and not hasattr(self.box.cls, "backward"):
                continue
            try:
                found = self.back(values, rng.standard_normal(y.shape))
            except NameError:
                return True
            except Exception:  # another way back
                continue
            if len(found) == self.call.inputs and any(g is not None and np.all(np.isfinite(g)) for g in found):
                return True
        return False

    def layerlike(self) -> Layerlike:
        item = self.call.item
        taken = [n for n, needed in parameters(item.forward).items() if needed and n not in ("ctx", "context")]
        names = taken if len(taken) == self.call.inputs else [f"x{i}" for i in range(self.call.inputs)]
        if len(names) == 1:
            names = ["x"]
        cls = self.box.cls.__name__

        def operation(samples: int, rng: np.random.Generator) -> Operation:
            last: list[tuple[Array, ...]] = []
            shapes = tuple((samples, *s[1:]) if s[0] == 3 and self.may_grow() else s for s in self.shapes)

            def forward(*values: Array) -> Any:
                last[:] = [tuple(v.copy() for v in values)]
                return self.run(*values)

            def backward(dout: Any) -> dict[str, Any]:
                found = self.back(last[0], np.asarray(dout, dtype=np.float64))
                return {f"d{name}": g for name, g in zip(names, found, strict=True)}

            return Operation(
                name=type(item).__name__,
                forward=forward,
                backward=backward,
                parameters=dict,
                inputs=tuple(names),
                owner=item,
                source={"forward": item.forward, "backward": item.backward},
                words=(type(item).__name__,),
                x=tuple(self.values(rng, shapes)),
            )

        return Layerlike(type(item).__name__, f"a function of {cls} objects: {', '.join(names)}", operation, item)

    def may_grow(self) -> bool:
        """Whether it takes five samples where it took three."""
        rng = np.random.default_rng(1)
        try:
            return (
                self.run(*self.values(rng, tuple((5, *s[1:]) if s[0] == 3 else s for s in self.shapes))).ndim >= 0
            )
        except Exception:  # its shapes are settled by its constructor
            return False


def _understood(call: Call) -> _Understood | None:
    alike = [((3, 4),) * call.inputs, ((4,),) * call.inputs, ((1, 4),) * call.inputs]
    product = [((3, 4), (4, 2)), ((3, 4), (4, 2), (2,))]
    linear = [shapes for shapes in product if len(shapes) == call.inputs]
    for box in boxes_beside(type(call.item)):
        for sign in (-1.0, 1.0):
            for shapes in (*linear, *alike):
                found = _Understood(call, box, shapes, sign)
                if found.settle():
                    return found
            found = _Understood(call, box, ((3, 4),) * call.inputs, sign)
            found.one_by_one = True
            if found.settle():
                return found
    return None
