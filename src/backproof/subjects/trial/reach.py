"""Every float array within reach of an object, by the path that leads to it.

Parameters and gradients of people's code are found by what they do, not by what they are called: this gives
the arrays to try, `moving` says which of them move an output.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from backproof.protocols import Array

_DEPTH = 6


def reach(*roots: object, scalars: bool = False) -> dict[str, Array]:
    """The arrays of numbers in attributes, dicts, lists, tuples and the objects in them: `layers[1].W`.

    scalars: single numbers too, as arrays without axes: a gradient that was summed over everything; and lists of
    floats, as copies.
    """
    found: dict[str, Array] = {}
    seen: set[int] = set()

    def inside(path: str, value: object, left: int) -> None:
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiu":
            if id(value) not in seen:
                seen.add(id(value))
                found[path] = value
            return
        if scalars and isinstance(value, (float, np.floating)):
            found[path] = np.asarray(value)
            return
        if scalars and (listed := numbers(value)) is not None:
            found[path] = listed
        if left < 0 or id(value) in seen:
            return
        for step, member in members(value):
            seen.add(id(value))
            inside(f"{path}{step}".lstrip("."), member, left - 1)

    for root in roots:
        inside("", root, _DEPTH)
    return found


def numbers(value: object) -> Array | None:
    """A list of floats, or of equally long lists of floats, as an array; None for anything else."""
    if not isinstance(value, list) or not value:
        return None
    rows = value if all(isinstance(row, list) for row in value) else [value]
    if len({len(row) for row in rows}) != 1 or not all(
        isinstance(v, (float, np.floating)) for r in rows for v in r
    ):
        return None
    return np.array(value, dtype=np.float64)


def members(value: object) -> Iterator[tuple[str, object]]:
    """What a container or an object holds, each with its step: `.W`, `[0]`, `['W1']`."""
    if isinstance(value, Mapping):
        yield from ((f"[{key!r}]", member) for key, member in list(value.items()))
    elif isinstance(value, (list, tuple)):
        yield from ((f"[{i}]", member) for i, member in enumerate(value))
    elif isinstance(value, np.ndarray) and value.dtype.kind == "O":
        yield from ((f"[{i}]", member) for i, member in enumerate(value.ravel()))
    elif isinstance(value, (type, types.ModuleType, np.random.Generator)) or inspect.isroutine(value):
        return
    elif hasattr(value, "__dict__"):
        for name, member in list(vars(value).items()):
            yield f".{plain(name)}", member
    else:
        for cls in type(value).__mro__:
            slots = vars(cls).get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if hasattr(value, name):
                    yield f".{name}", getattr(value, name)


def plain(name: str) -> str:
    """An attribute's name as its author wrote it: `_Layer__w` → `__w`."""
    head, separator, rest = name.lstrip("_").partition("__")
    return f"__{rest}" if name.startswith("_") and separator and head[:1].isupper() else name


def moving(
    roots: tuple[object, ...], output: Callable[[], Array | None], rng: np.random.Generator
) -> dict[str, Array]:
    """The arrays within reach that move the output when they are perturbed in place; the caches do not.

    What `output` rebinds at each call is no parameter: its paths lead to other arrays after it.
    """
    before = reach(*roots)
    first = output()
    if first is None:
        return {}
    after = {id(array) for array in reach(*roots).values()}
    found: dict[str, Array] = {}
    for path, array in before.items():
        if array.dtype.kind != "f" or array.size == 0 or not array.flags.writeable or id(array) not in after:
            continue
        kept = array.copy()
        array[...] = kept + 0.1 * rng.standard_normal(array.shape)
        nudged = output()
        array[...] = kept
        if nudged is None or nudged.shape != first.shape or not np.array_equal(nudged, first, equal_nan=True):
            found[path] = array
    return found
