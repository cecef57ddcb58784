"""Objects that hold a value and the gradient for it, as people's own automatic differentiation makes them.

How one is made of a number or an array, and where both lie, is found out by making one.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import words_of
from backproof.subjects.own_source import text_of
from backproof.subjects.trial import entries

VALUES = ("data", "value", "val", "v", "array", "x", "item", "values", "output", "w")
_GRADIENT = re.compile(
    r"_*(d?grad(ient)?s?|g|diff|derivative|adj(oint)?|delta|d|dvalue|bar|sensitivity)_*", re.IGNORECASE
)
_TRACKED = {"autograd", "requires", "require", "track", "trainable", "needs", "need"}
_EMPTY = {"children", "child", "parents", "parent", "prev", "creators", "inputs", "deps", "depends", "nodes"}
_OF_ARRAYS = re.compile(r"\.dot\(|matmul|\.shape\b|\.T\b|keepdims|ndarray|_like\(|np\.(array|asarray|sum)\(")

Wrap = Callable[[Array], Any]
_WRAPS: tuple[Wrap, ...] = (
    lambda a: float(a.reshape(-1)[0]) if a.size == 1 else a.copy(),
    lambda a: a.copy(),
    lambda a: np.atleast_2d(a).copy(),
)


@dataclass(frozen=True)
class Box:
    """A class whose objects hold a value and its gradient, and how one is made.

    arrays: whether it is meant for arrays rather than for numbers.
    """

    cls: type
    value: str
    gradient: str
    wrap: Wrap
    arrays: bool

    def make(self, value: Array) -> Any:
        """An object of the class that holds this value."""
        return _made(self.cls, self.wrap(np.asarray(value, dtype=np.float64)))

    def raw(self, value: Array) -> Any:
        """A value in the form that the objects hold."""
        return self.wrap(np.asarray(value, dtype=np.float64))

    def holds(self, item: object) -> bool:
        """Whether this is an object of the class, or of one of its kind."""
        return isinstance(item, self.cls) and hasattr(item, self.value)

    def read(self, item: Any) -> Array:
        """The value that an object holds; of anything else, itself as an array."""
        held = getattr(item, self.value) if self.holds(item) else item
        return np.array(held, dtype=np.float64)

    def slope(self, item: Any) -> Array | None:
        """The gradient that an object holds; None where it holds none."""
        held = getattr(item, self.gradient, None)
        if self.holds(held):
            held = getattr(held, self.value)
        return None if held is None else np.array(held, dtype=np.float64)

    def seed(self, item: Any, gradient: Array) -> None:
        """Put a gradient on an object, in the form in which it would hold one."""
        setattr(item, self.gradient, self.raw(gradient))


def box_of(cls: type) -> Box | None:
    """How objects of this class hold values and gradients; None where they hold none, or cannot be made."""
    for wrap in _WRAPS:
        number = np.array(1.25)
        try:
            made = _made(cls, wrap(number))
        except Exception:  # it takes values of another form
            continue
        held = _held(made)
        value = _place(held, number)
        gradient = next((name for name in sorted(held, key=_plainest) if _GRADIENT.fullmatch(name)), None)
        if value is not None and gradient is not None and gradient != value:
            return Box(cls, value, gradient, wrap, wrap is not _WRAPS[0] or _is_of_arrays(cls, held[value]))
    return None


def boxes_beside(cls: type) -> Iterator[Box]:
    """The boxes among the classes that the module knows; those that go forward themselves are none."""
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    for other in {id(c): c for c in known.values() if isinstance(c, type)}.values():
        if other in cls.__mro__ or other.__module__ in ("builtins", "numpy"):
            continue
        found = entries.methods(other)
        if found and not entries.matching(found, entries.FORWARD) and (box := box_of(other)) is not None:
            yield box


def _made(cls: type, value: Any) -> Any:
    args: list[Any] = []
    keywords: dict[str, Any] = {}
    given = False
    own = list(inspect.signature(cls).parameters.values())
    named = [p.name for p in own if p.name.strip("_").lower() in VALUES]
    for p in own:
        if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD):
            continue
        words = words_of(p.name)
        if not given and (p.name == named[0] if named else True):
            given = True
            if p.kind is p.KEYWORD_ONLY or len(args) < own.index(p):
                keywords[p.name] = value
            else:
                args.append(value)
        elif p.default is p.empty:
            keywords[p.name] = 0.0 if _GRADIENT.fullmatch(p.name) else () if words & _EMPTY else None
        elif words & _TRACKED and not p.default:
            keywords[p.name] = True
    return cls(*args, **keywords)


def _held(item: Any) -> dict[str, Any]:
    """Attributes, slots and properties, by name."""
    found: dict[str, Any] = dict(vars(item)) if hasattr(item, "__dict__") else {}
    for cls in type(item).__mro__:
        slots = vars(cls).get("__slots__", ())
        names = [*((slots,) if isinstance(slots, str) else slots)]
        names += [name for name, member in vars(cls).items() if isinstance(member, property)]
        for name in names:
            if name not in found and not name.startswith("__") and hasattr(item, name):
                found[name] = getattr(item, name)
    return found


def _place(held: dict[str, Any], number: Array) -> str | None:
    """The attribute that holds the number, the usual names first."""

    def same(value: Any) -> bool:
        plain = isinstance(value, (float, np.floating, np.ndarray)) and np.size(value) == 1
        return plain and bool(np.all(np.asarray(value) == number))

    names = [name for name, value in held.items() if same(value)]
    return min(names, key=lambda n: VALUES.index(n) if n in VALUES else len(VALUES), default=None)


def _plainest(name: str) -> tuple[bool, int]:
    return (not name.startswith("grad"), len(name))


def _is_of_arrays(cls: type, held: Any) -> bool:
    """Whether the class makes arrays of numbers, or speaks of their shapes."""
    return isinstance(held, np.ndarray) or _OF_ARRAYS.search(text_of(cls)) is not None
