"""Shapes that the input of somebody's code may have, the likeliest first."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import CHANNELS, INPUT, unpacked, words_of
from backproof.subjects.hints import Hints
from backproof.subjects.signatures import wanted
from backproof.subjects.tried import Refusal, called

IMAGE_SIZES = (8, 28, 10, 12, 14, 16, 32, 6)  # of square images, where a fully connected layer fixes the size
STEPS = 4  # of a sequence, (n, STEPS, features)
LENGTH = 9  # of a sequence that a kernel goes along


def shapes_for(
    hints: Hints, holder: object, n: int, function: Callable[..., Any] | None = None
) -> Iterator[tuple[int, ...]]:
    """Shapes that x may have, the likeliest first, each once."""
    candidates: list[tuple[int, ...]] = []
    if hints.image is not None:
        candidates += [(n, *hints.image), (n, int(np.prod(hints.image)))]
    if function is not None and is_spatial(function):
        candidates.append((n, CHANNELS, 6, 8) if "pool" in words_of(called(function)) else (n, CHANNELS, 7, 9))
    if hints.features is not None:
        candidates.append((n, hints.features))
    held = [array for array in arrays_within(holder) if array.size] if holder is not None else []
    matrices = [array for array in held if array.ndim == 2]
    candidates += [(n, array.shape[0]) for array in matrices[:1] if array.shape[0] > 1]  # (1, D) is a bias
    kernels = [array for array in held if array.ndim == 4]
    candidates += [(n, k.shape[1], 2 * k.shape[2] + 1, 2 * k.shape[3] + 2) for k in kernels]
    candidates += [(n, 7, 9, kernel.shape[2]) for kernel in kernels]  # (H, W, C_in, C_out)
    candidates += [(n, kernel.shape[1], size, size) for kernel in kernels[:1] for size in IMAGE_SIZES]
    candidates += [(n, array.shape[1]) for array in matrices[:1]]
    candidates += [shape for array in held for shape in of_sequences(array, n)]
    flat = [array.size for array in held[:2] if array.ndim == 1]
    candidates += [(n, size) for size in flat] + [(n, size, 4, 6) for size in flat]
    if function is not None and 3 in (axes := unpacked(function)).values():
        first = next(iter(wanted(function)), "x")
        candidates = [(n, STEPS, INPUT), *candidates] if axes.get(first) == 3 else candidates
    candidates += [(n, INPUT), (n, CHANNELS, 6, 8), (n, CHANNELS, 8, 8), (n, 784)]
    candidates += [*pixel_by_pixel(holder, n), (n, 1, 28, 28)]
    if function is not None and is_spatial(function):
        candidates.append((n, 7, 9, CHANNELS))  # channels last
    candidates.append((n, 1))
    candidates += [(n, STEPS, width) for width in ([matrices[0].shape[0]] if matrices else []) + [INPUT]]
    candidates.append((INPUT,))
    seen: set[tuple[int, ...]] = set()
    for shape in candidates:
        if shape not in seen:
            seen.add(shape)
            yield shape


def pixel_by_pixel(holder: object, n: int) -> list[tuple[int, ...]]:
    """Shapes of images and sequences, channels first or last, of which a matrix takes each pixel by itself."""
    matrices = [array for array in arrays_within(holder) if array.ndim == 2] if holder is not None else []
    wide = [channels for matrix in matrices[:1] for channels in matrix.shape[::-1] if channels > 1]
    first = [(n, channels, *sides) for sides in ((6, 8), (LENGTH,)) for channels in wide]
    return first + [(n, *sides, channels) for sides in ((6, 8), (LENGTH,)) for channels in wide]


def of_sequences(kernel: Array, n: int) -> list[tuple[int, ...]]:
    """Shapes of sequences that a kernel (width, channels, filters) or (filters, channels, width) goes along."""
    channels = kernel.shape[1:2] if kernel.ndim == 3 else ()
    return [shape for c in channels for shape in ((n, LENGTH, c), (n, c, LENGTH))]


def inputs_of(
    shapes: list[tuple[int, ...]], refusals: list[Refusal], holder: object, n: int, rng: np.random.Generator
) -> Iterator[Array]:
    """Noise of these shapes; then, where the first was refused as an index, whole numbers up to a table's rows."""
    yield from (rng.normal(size=shape) for shape in shapes)
    if refusals and isinstance(refusals[0].error, IndexError):
        tables = [a for a in arrays_within(holder) if a.ndim == 2]
        rows = tables[0].shape[0] if tables else INPUT
        yield from (rng.integers(0, rows, shape) for shape in ((n, STEPS), (n,)))


def arrays_within(item: object, depth: int = 8) -> Iterator[Array]:
    """The float arrays that an object holds, in attributes, dicts, lists and the objects in them."""
    seen: set[int] = set()

    def inside(value: object, left: int) -> Iterator[Array]:
        if id(value) in seen or left < 0:
            return
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            if value.dtype.kind == "f":
                yield value
        elif isinstance(value, dict):
            for member in value.values():
                yield from inside(member, left - 1)
        elif isinstance(value, list | tuple):
            for member in value:
                yield from inside(member, left - 1)
        elif hasattr(value, "__dict__") and not isinstance(value, type) and not inspect.isroutine(value):
            yield from inside(vars(value), left)

    yield from inside(vars(item) if hasattr(item, "__dict__") else {}, depth)


def is_spatial(function: Callable[..., Any]) -> bool:
    words = words_of(called(function))
    return (
        bool(words & {"conv", "convolution", "pool", "pooling", "spatial", "im"})
        or unpacked(function).get("x") == 4
    )
