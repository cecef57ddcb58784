"""Remember everything a subject can change, and put it all back.

A snapshot walks what is reachable from the subject: attributes, slots, dicts, lists, closures, class
attributes, arrays and random generators, NumPy's and Python's global generators included. It does not follow
modules or module-level variables.
"""

from __future__ import annotations

import collections
import functools
import random
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.generators import globals_here

_ATOMS = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    type(None),
    types.ModuleType,
    types.BuiltinFunctionType,
    np.generic,
)
_MISSING = object()
LARGE = 1_000_000  # entries of an array whose copy is dropped as soon as it can be


class Snapshot:
    """The state of `roots` at this moment; `restore()` puts it back, `hold_random()` the generators alone.

    copies: whether the contents of arrays are kept; without them only what is reachable is known.
    """

    def __init__(self, *roots: object, copies: bool = True) -> None:
        self._roots, self._copies = roots, copies
        self._seen: dict[int, object] = {}  # keeps every visited object alive, so that ids stay unique
        self._arrays: list[tuple[Array, Array]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._attributes: list[tuple[Any, str, Any]] = []
        self._random: list[Callable[[], None]] = [globals_here()]
        self.floats: list[Array] = []  # every float array met
        stack: list[object] = list(roots)
        while stack:
            stack.extend(self._visit(stack.pop()))

    def restore(self) -> None:
        """Put back contents of arrays and containers, attributes and generator states."""
        for target, name, value in self._attributes:
            if value is _MISSING:
                if hasattr(target, name):
                    _set(target, name, None)
            elif getattr(target, name, _MISSING) is not value:
                _set(target, name, value)
        for container, saved in self._containers:
            _refill(container, saved)
        for array, saved in self._arrays:
            array[...] = saved
        self.hold_random()

    def let_go(self) -> None:
        """Drop the copies of large arrays that are as they were and that the roots no longer lead to.

        Nothing can write into those any more: gradients that a new backward has replaced.
        """
        reachable = {id(array) for array, _ in Snapshot(*self._roots, copies=False)._arrays}
        self._arrays = [
            (array, saved)
            for array, saved in self._arrays
            if array.size < LARGE or id(array) in reachable or not _same(array, saved)
        ]

    def hold_random(self) -> None:
        """Set every generator back to where it was."""
        for put_back in self._random:
            put_back()

    def rebind_arrays(self, replace: Callable[[Array], Array]) -> None:
        """Put `replace(array)` wherever a container, an attribute or a closure holds `array`."""
        new: dict[int, Array] = {}

        def swapped(value: Any) -> Any:
            if not isinstance(value, np.ndarray):
                return value
            if id(value) not in new:
                new[id(value)] = replace(value)
            return new[id(value)]

        for container, saved in self._containers:
            if isinstance(container, dict):
                for key, value in saved:
                    if swapped(value) is not value:
                        dict.__setitem__(container, key, swapped(value))
            elif isinstance(container, list):
                for i, value in enumerate(saved):
                    if swapped(value) is not value:
                        container[i] = swapped(value)
        for target, name, value in self._attributes:
            if swapped(value) is not value:
                _set(target, name, swapped(value))

    def _visit(self, item: object) -> Iterator[object]:
        if isinstance(item, _ATOMS) or id(item) in self._seen:
            return
        self._seen[id(item)] = item
        if isinstance(item, np.ndarray):
            if item.dtype.kind == "O":
                yield from item.flat
            elif item.flags.writeable:
                self._arrays.append((item, item.copy() if self._copies else item))
            if item.dtype.kind == "f":
                self.floats.append(item)
        elif isinstance(item, dict):
            if "__builtins__" in item:  # the variables of a module
                return
            self._containers.append((item, list(item.items())))
            yield from item.values()
        elif isinstance(item, (list, set, collections.deque)):
            self._containers.append((item, list(item)))
            yield from item
        elif isinstance(item, (tuple, frozenset)):
            yield from item
        elif isinstance(item, types.FunctionType):
            for cell in item.__closure__ or ():
                yield from self._attribute(cell, "cell_contents")
            yield item.__defaults__
            yield item.__kwdefaults__
            yield item.__dict__
        elif isinstance(item, types.MethodType):
            yield item.__self__
            yield item.__func__
        elif isinstance(item, functools.partial):
            yield from (item.func, item.args, item.keywords)
        elif isinstance(item, np.random.Generator):
            bits, state = item.bit_generator, item.bit_generator.state
            self._random.append(lambda: setattr(bits, "state", state))
        elif isinstance(item, np.random.RandomState):
            generator, legacy = item, item.get_state(legacy=False)
            self._random.append(lambda: generator.set_state(legacy))
        elif isinstance(item, random.Random):
            python, python_state = item, item.getstate()
            self._random.append(lambda: python.setstate(python_state))
        elif isinstance(item, type):
            yield from self._class(item)
        else:
            yield from self._instance(item)

    def _instance(self, item: object) -> Iterator[object]:
        yield type(item)
        if hasattr(item, "__dict__"):
            yield vars(item)
        for cls in type(item).__mro__:
            slots = vars(cls).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if name not in ("__dict__", "__weakref__"):
                    yield from self._attribute(item, name)

    def _class(self, cls: type) -> Iterator[object]:
        """Data that lives on the user's class itself, such as a cache shared by all layers."""
        if cls.__module__ == "builtins" or cls.__module__.partition(".")[0] in ("numpy", "collections", "torch"):
            return
        yield from cls.__bases__
        for name, value in list(vars(cls).items()):
            is_data = isinstance(value, (np.ndarray, list, dict, set, float, int, type(None)))
            if is_data and not (name.startswith("__") and name.endswith("__")):
                yield from self._attribute(cls, name)

    def _attribute(self, target: Any, name: str) -> Iterator[object]:
        try:
            value = getattr(target, name)
        except (AttributeError, ValueError):  # an unset slot, an empty cell
            value = _MISSING
        self._attributes.append((target, name, value))
        if value is not _MISSING:
            yield value


def _same(array: Array, saved: Array) -> bool:
    """Whether no entry differs, without a temporary of the size of the array."""
    pieces = zip(np.array_split(array, 64), np.array_split(saved, 64), strict=True)
    return all(np.array_equal(a, b) for a, b in pieces)


def _set(target: Any, name: str, value: Any) -> None:
    if isinstance(target, (type, types.CellType)):
        setattr(target, name, value)
    else:
        object.__setattr__(target, name, value)


def _refill(container: Any, saved: list[Any]) -> None:
    if isinstance(container, dict):
        same_keys = list(container) == [key for key, _ in saved]
        if not same_keys:
            (collections.OrderedDict if isinstance(container, collections.OrderedDict) else dict).clear(container)
        put = (
            collections.OrderedDict.__setitem__
            if isinstance(container, collections.OrderedDict)
            else dict.__setitem__
        )
        for key, value in saved:
            if not same_keys or container[key] is not value:
                put(container, key, value)
    elif isinstance(container, list):
        container[:] = saved
    elif isinstance(container, set):
        container.clear()
        container.update(saved)
    else:
        container.clear()
        container.extend(saved)
