"""Values that remember how they were made: `a * b + c`, then `backward()` fills every `grad`.

The class is judged by small expressions: its operators, its methods, the functions beside it that take its
objects, and some in which a value is used twice. All grow out of one row of numbers, the input of the proof.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from types import MethodType
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters import boxed
from backproof.subjects.own_source import text_of
from backproof.subjects.select import functions_used
from backproof.subjects.signatures import parameters
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial import entries
from backproof.subjects.trial.boxes import Box, box_of
from backproof.subjects.trial.roles import LOSS
from backproof.subjects.tried import SampleError

Made = Callable[..., Any]
_SHOWN = 16  # expressions in the report's line

_NUMBERS: dict[str, tuple[int, ...]] = {"a": (), "b": ()}
_ARRAYS: dict[str, tuple[int, ...]] = {"a": (2, 3), "b": (2, 3), "m": (3, 2), "r": (3,)}
_OPERATORS: dict[str, tuple[str, tuple[str, ...], Made]] = {
    "a + b": ("__add__", ("a", "b"), lambda a, b: a + b),
    "a * b": ("__mul__", ("a", "b"), lambda a, b: a * b),
    "a - b": ("__sub__", ("a", "b"), lambda a, b: a - b),
    "a / b": ("__truediv__", ("a", "b"), lambda a, b: a / b),
    "-a": ("__neg__", ("a",), lambda a: -a),
    "a + 2": ("__add__", ("a",), lambda a: a + 2),
    "a * 2": ("__mul__", ("a",), lambda a: a * 2),
    "2 * a": ("__rmul__", ("a",), lambda a: 2 * a),
    "1 - a": ("__rsub__", ("a",), lambda a: 1 - a),
    "2 / a": ("__rtruediv__", ("a",), lambda a: 2 / a),
    "a ** 3": ("__pow__", ("a",), lambda a: a**3),
    "a @ m": ("__matmul__", ("a", "m"), lambda a, m: a @ m),
    "a + r": ("__add__", ("a", "r"), lambda a, r: a + r),
    "a * r": ("__mul__", ("a", "r"), lambda a, r: a * r),
    "a - r": ("__sub__", ("a", "r"), lambda a, r: a - r),
    "a.T": ("T", ("a",), lambda a: a.T),
    "a[1]": ("__getitem__", ("a",), lambda a: a[1]),
}
_TWICE: dict[str, tuple[str, tuple[str, ...], Made]] = {
    "a + a": ("__add__", ("a",), lambda a: a + a),
    "a * a": ("__mul__", ("a",), lambda a: a * a),
    "(a * b + a) * b": ("backward", ("a", "b"), lambda a, b: (a * b + a) * b),
    "s * s + s * s of s = a * b": ("backward", ("a", "b"), lambda a, b: _squares(a * b)),
}


@dataclass(frozen=True)
class Expression:
    """One expression of values: how it reads, how it is made of the values in `slots`, whose code it runs.

    constant: the places of values that have no gradient by the code's own design. inside: what it was made of to
    have more behind it, and to be handed another gradient than its own at the end.
    """

    words: str
    made: Made
    slots: tuple[str, ...]
    source: Callable[..., Any] | None
    constant: frozenset[int] = frozenset()
    inside: Expression | None = None


def matches(item: object) -> bool:
    """An object of a class with a value, a gradient and `backward()`, and expressions to be made of it."""
    return not isinstance(item, type) and entries.is_value(type(item)) and box_of(type(item)) is not None


def subject(item: Any) -> Layerlike:
    """The class of this value as a Layerlike of its expressions; SampleError where it forms none."""
    cls = type(item)
    box = box_of(cls)
    assert box is not None
    tape, single, every = _best_tape(cls, box)
    elsewhere = [each for each in single if _is_judged_alone(each, cls)]
    single = [each for each in single if each not in elsewhere or tape.is_right(each)]
    wrong = [each for each in single if not tape.is_right(each)]
    several = [found for each in _several(cls, single, wrong) if (found := tape.usable(each)) is not None]
    usable = [*single, *several]
    if not usable:
        raise SampleError(
            f"no expression of {cls.__name__} objects was found that goes forward and back", tape.refusal
        )
    wrong = wrong or [each for each in several if not tape.is_right(each)]
    if not wrong:
        inner = [each for each in every if not _is_judged_alone(each, cls)]
        wrong = [each for each in _with_more_behind(inner, several) if tape.goes(each) and not tape.is_right(each)]
        usable += wrong
    culprit = tape.way_back(wrong[0].inside or wrong[0]) if wrong else None
    whole = entries.value_back(cls)
    if whole is not None and (culprit is None or (wrong[0] in several and _sets_gradients(whole, box.gradient))):
        culprit = whole
    assert culprit is not None
    words = list(dict.fromkeys(each.words for each in usable))
    shown = wrong[:4] or usable  # what is wrong is shown alone
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    understood = f"values that remember how they were made: {', '.join(words[:_SHOWN])}{more}"
    if wrong:
        understood += f"; shown: {', '.join(each.words for each in shown)}"

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        last: list[Array] = []

        def forward(x: Array) -> Array:
            last[:] = [x.copy()]
            return np.array([tape.values(shown, row) for row in x])

        def backward(dout: Array) -> dict[str, Any]:
            return {"dx": np.array([tape.gradient(shown, *each) for each in zip(last[0], dout, strict=True)])}

        return Operation(
            name=cls.__name__,
            forward=forward,
            backward=backward,
            parameters=dict,
            owner=item,
            source={
                "forward": cls,
                "backward": MethodType(inspect.unwrap(culprit), item),
            },  # goes by the class's name
            x=(np.exp(0.3 * rng.standard_normal((samples, tape.width))),),
        )

    return Layerlike(cls.__name__, understood, operation)


def _best_tape(cls: type, box: Box) -> tuple[_Tape, list[Expression], list[Expression]]:
    """The class at work, its gradients started so that most of its expressions come back: these, and all."""
    tried: list[tuple[_Tape, list[Expression]]] = []
    every = list(_single(cls, box))
    for way in ("given whole", "given", "set", "set whole", "ones"):
        tape = _Tape(box, way)
        tried.append((tape, [found for each in every if (found := tape.usable(each)) is not None]))
    tape, usable = max(tried, key=lambda pair: len(pair[1]))
    known = {each.words: each for each in usable}
    return tape, usable, [known.get(each.words, each) for each in every]


# The expressions


def _single(cls: type, box: Box) -> Iterator[Expression]:
    """The operators, the methods, the functions and the function classes beside it, each used once."""
    for words, (name, slots, made) in _OPERATORS.items():
        if box.arrays or set(slots) <= {"a", "b"}:
            yield Expression(words, made, slots, getattr(cls, name, None))
    for name, method in entries.methods(cls).items():
        if not name.startswith("_") and method != entries.value_back(cls):
            taken = [n for n, needed in parameters(method).items() if needed][1:]
            yield from _calls(f"{name}", partial(_method, name), method, taken, box, "({1}).{0}({2})")
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    for name, member in list(known.items()):
        if inspect.isfunction(member) and not isinstance(member, type):
            taken = [n for n, needed in parameters(member).items() if needed]
            if taken:
                yield from _calls(name, member, member, taken[1:], box, "{0}({1}, {2})")
        elif isinstance(member, type) and member is not cls and boxed.is_function_class(member):
            for call in boxed.calls(member):
                words = f"{name}()(a" + (", b)" if call.inputs == 2 else ")")
                yield Expression(words, call.run, ("a", "b")[: call.inputs], call.back)


def _calls(
    name: str, made: Made, source: Callable[..., Any], taken: list[str], box: Box, reads: str
) -> Iterator[Expression]:
    """What takes one value, or one and another, or one and an axis."""

    def words(first: str, second: str = "") -> str:
        return reads.format(name, first, second).replace(", )", ")").replace("(a).", "a.")

    if not taken:
        yield Expression(words("a"), made, ("a",), source)
        yield Expression(words("-a"), made, ("-a",), source)
    elif len(taken) == 1 and re.fullmatch(r"axis|dim|ax", taken[0]):
        for axis in (0, 1):
            yield Expression(words("a", str(axis)), partial(_second, made, axis), ("a",), source)
    elif len(taken) == 1:
        yield Expression(words("a", "b"), made, ("a", "b"), source)
        yield Expression(words("a", "3"), partial(_second, made, 3), ("a",), source)
        if box.arrays:
            yield Expression(words("a", "m"), made, ("a", "m"), source)


def _several(cls: type, single: list[Expression], wrong: list[Expression]) -> Iterator[Expression]:
    """Expressions in which a value is used twice, of what is right when it is used once."""
    right = {each.words: each for each in single if each not in wrong and not each.constant}
    if {"a + b", "a * b"} <= set(right):
        for words, (name, slots, made) in _TWICE.items():
            yield Expression(words, made, slots, getattr(cls, name, None))
        return
    unary = next((each for each in right.values() if each.slots == ("a",)), None)
    if unary is not None:
        yield Expression(f"{unary.words} of itself", partial(_chain, unary.made), ("a",), None)
    for binary in [each for each in right.values() if each.slots == ("a", "b")][:2]:
        yield Expression(f"{binary.words} of b = a", partial(_doubled, binary.made), ("a",), binary.source)
        if unary is not None:
            words = f"{binary.words} of s = {unary.words} twice"
            yield Expression(words, partial(_diamond, unary.made, binary.made), ("a",), None)


def _with_more_behind(every: list[Expression], several: list[Expression]) -> Iterator[Expression]:
    """Each expression times itself, where products of one value with itself were right: it is handed more than 1.

    Not losses: those may be the end of it by design.
    """
    if "a * a" not in {each.words for each in several}:
        return
    for each in every:
        if "r" not in each.slots and not LOSS.search(each.words):
            yield replace(each, words=f"s * s of s = {each.words}", made=partial(_squared, each.made), inside=each)


def _squared(made: Made, *values: Any) -> Any:
    s = made(*values)
    return s * s


def _squares(s: Any) -> Any:
    return s * s + s * s


def _method(name: str, value: Any, *more: Any) -> Any:
    return getattr(value, name)(*more)


def _second(made: Made, second: Any, first: Any) -> Any:
    return made(first, second)


def _chain(unary: Made, a: Any) -> Any:
    return unary(unary(a))


def _doubled(binary: Made, a: Any) -> Any:
    return binary(a, a)


def _diamond(unary: Made, binary: Made, a: Any) -> Any:
    s = unary(a)
    return binary(unary(s), unary(s))


def _is_judged_alone(each: Expression, cls: type) -> bool:
    """Whether its code is that of a function class beside this one, which is judged by itself."""
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    used = {getattr(each.source, "__qualname__", "").partition(".")[0]}
    if inspect.isfunction(each.source):
        used |= functions_used([each.source], known) | set(each.source.__code__.co_names)
        used |= {
            name for f in used & set(known) if inspect.isfunction(known[f]) for name in known[f].__code__.co_names
        }
    classes = [known[name] for name in used if isinstance(known.get(name), type) and known[name] is not cls]
    return any(boxed.is_function_class(other) and boxed.is_understood(other) for other in classes)


def _sets_gradients(back: Callable[..., Any], gradient: str) -> bool:
    """Whether this way back puts gradients on other objects than itself, without adding them up."""
    return re.search(rf"(?<!self)\.{gradient}\b[^=\n+]*=[^=]", text_of(back)) is not None


def _knows(cls: type, source: Callable[..., Any] | None) -> bool:
    """Whether the way back of an operation stands in the class's `backward`, by the operation's name."""
    name = getattr(source, "__name__", "").strip("_")
    return re.search(rf"[\"']{name}", text_of(entries.value_back(cls))) is not None


# Running them


_HAS_SLOPE = re.compile(r"a\.(sigmoid|tanh|exp|log|relu|sqrt|sin|cos)\(\)", re.IGNORECASE)  # at positive a


class _Tape:
    """The class at work: values out of a row of numbers, gradients back into it."""

    def __init__(self, box: Box, way: str) -> None:
        self.box = box
        self.shapes = _ARRAYS if box.arrays else _NUMBERS
        sizes = [int(np.prod(shape)) for shape in self.shapes.values()]
        starts = np.cumsum([0, *sizes])
        self.places = {name: slice(a, b) for name, a, b in zip(self.shapes, starts, starts[1:], strict=False)}
        self.width = int(starts[-1])
        self.fixed = np.exp(0.3 * np.random.default_rng(7).standard_normal(self.width))
        self.refusal: Exception | None = None
        self.seeding = boxed.Seeding(box, way)

    def usable(self, each: Expression) -> Expression | None:
        """The expression, as far as it goes forward and back; None where the class does not have it."""
        row = np.exp(0.3 * np.random.default_rng(3).standard_normal(self.width))
        try:
            value = self.run(each, row)[0]
            again = self.run(each, row)[0]
            if any(value is given for given in self.run(each, row)[1]) or not self.box.holds(value):
                return None
            y = self.box.read(value)
            if y.size > 64 or not np.all(np.isfinite(y)) or not np.array_equal(y, self.box.read(again)):
                return None
        except Exception:  # the class does not have it
            return None
        try:
            dout = np.random.default_rng(4).standard_normal(y.shape)
            slopes = self.slopes(each, row, dout)
            if not self.scales(each, row, slopes, 2 * dout):
                return None
        except NameError:  # a name that is nowhere defined: the proof says so with its place
            return each
        except Exception as error:
            self.refusal = self.refusal or error
            return None
        dead = {i for i, slope in enumerate(slopes) if slope is None or not np.any(slope)}
        operator = each.words in _OPERATORS or each.words in _TWICE
        if len(dead) == len(slopes) and _HAS_SLOPE.fullmatch(each.words):
            return each  # and it is wrong: nothing comes back where something must
        if len(dead) == len(slopes) and (each.slots[0] == "a" or self.usable(replace(each, slots=("a",))) is None):
            return None  # it leaves the gradient behind: a copy, a constant, a comparison
        shapes = [self.shapes[name.strip("-")] for name in each.slots]
        for slope, shape in zip(slopes, shapes, strict=True):
            if slope is not None and (
                not np.all(np.isfinite(slope)) or ("r" in each.slots and slope.shape != shape)
            ):
                return None  # it does not stretch values over one another
        return each if operator or len(slopes) == 1 else replace(each, constant=frozenset(dead))

    def goes(self, each: Expression) -> bool:
        """Whether the class takes this expression forward and leaves some gradient, whatever it is handed."""
        row = np.exp(0.3 * np.random.default_rng(3).standard_normal(self.width))
        try:
            y = self.box.read(self.run(each, row)[0])
            again = self.box.read(self.run(each, row)[0])
            if y.size > 64 or not np.all(np.isfinite(y)) or not np.array_equal(y, again):
                return False
            slopes = self.slopes(each, row, np.ones(y.shape))
        except Exception:  # not with more behind it
            return False
        return any(slope is not None and np.any(slope) for slope in slopes)

    def scales(self, each: Expression, row: Array, once: list[Array | None], dout: Array) -> bool:
        """Whether twice the gradient at the end comes back doubled: it was handed over."""
        pairs = zip(once, self.slopes(each, row, dout), strict=True)
        return all(a is None or (b is not None and np.allclose(2 * a, b)) for a, b in pairs)

    def is_right(self, each: Expression) -> bool:
        """Whether its gradient is that of its value, by central differences at one point."""
        row = np.exp(0.3 * np.random.default_rng(5).standard_normal(self.width))
        single = getattr(self.run(each, row)[0], self.box.value).dtype == np.float32 if self.box.arrays else False
        h, near = (1e-2, 1e-2) if single else (1e-6, 1e-4)
        weights = np.random.default_rng(6).standard_normal(len(self.values([each], row)))
        try:
            claimed = self.gradient([each], row, weights)
        except Exception:  # it raises: the proof says so
            return False
        steps = h * np.eye(self.width)
        numeric = [float(weights @ (self.values([each], row + s) - self.values([each], row - s))) for s in steps]
        return bool(np.allclose(claimed, np.array(numeric) / (2 * h), rtol=near, atol=near))

    def way_back(self, each: Expression) -> Callable[..., Any] | None:
        """The function that takes its gradient back: the one that its value keeps, else what made the value."""
        row = np.exp(0.3 * np.random.default_rng(3).standard_normal(self.width))
        held = getattr(self.run(each, row)[0], "__dict__", {})
        kept = next((kept for kept in held.values() if inspect.isfunction(kept)), None)
        return kept or (None if _knows(self.box.cls, each.source) else each.source)

    def run(self, each: Expression, row: Array) -> tuple[Any, list[Any]]:
        """The value of the expression, and the values that it is made of."""
        given = []
        for i, name in enumerate(each.slots):
            plain = name.strip("-")
            numbers = (self.fixed if i in each.constant else row)[self.places[plain]].reshape(self.shapes[plain])
            given.append(self.box.make(-numbers if name.startswith("-") else numbers))
        return each.made(*given), given

    def slopes(self, each: Expression, row: Array, dout: Array) -> list[Array | None]:
        """The gradient that each value is left with."""
        return self.seeding.slopes(lambda: self.run(each, row), dout)

    def values(self, every: list[Expression], row: Array) -> Array:
        """The values of all expressions, in one row."""
        return np.concatenate([self.box.read(self.run(each, row)[0]).reshape(-1) for each in every])

    def gradient(self, every: list[Expression], row: Array, dout: Array) -> Array:
        """The gradient of all expressions for the row of numbers, under these gradients of their values."""
        total, start = np.zeros(self.width), 0
        for each in every:
            shape = self.box.read(self.run(each, row)[0]).shape
            stop = start + int(np.prod(shape))
            slopes = self.slopes(each, row, np.asarray(dout[start:stop]).reshape(shape))
            start = stop
            for i, (name, slope) in enumerate(zip(each.slots, slopes, strict=True)):
                plain = name.strip("-")
                if slope is not None and i not in each.constant:
                    sign = -1 if name.startswith("-") else 1
                    total[self.places[plain]] += sign * _spread(slope, self.shapes[plain]).reshape(-1)
        return total


def _spread(slope: Array, shape: tuple[int, ...]) -> Array:
    """A gradient over its value: one number for a whole sum serves; what does not fit counts for nothing."""
    if slope.size == int(np.prod(shape)):
        return slope.reshape(shape)
    try:
        return np.broadcast_to(slope, shape)
    except ValueError:
        return np.zeros(shape)
