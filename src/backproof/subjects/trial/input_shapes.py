"""Shapes of inputs that a layer may take, by the sizes of its arrays."""

from __future__ import annotations

from collections.abc import Iterator

from backproof.subjects.hints import Hints
from backproof.subjects.shapes import of_sequences
from backproof.subjects.trial.reach import reach


def shapes(item: object, hints: Hints) -> Iterator[tuple[tuple[int, ...], int | None]]:
    """Shapes of inputs with the axis of the samples: several in rows, in columns, images, then one alone."""
    n = 3
    if hints.x is not None:
        told = hints.x.shape
        yield from ((told, axis) for axis in ((0, 1) if len(told) == 2 else (0,)))
        return
    held = [a for a in reach(item).values() if a.dtype.kind == "f"]
    sizes = [s for a in held if a.ndim == 2 for s in a.shape]
    sizes += [hints.features] if hints.features else []
    sizes += [a.size for a in held if a.ndim == 1] + [7]
    sizes = list(dict.fromkeys(s for s in sizes if s > 1))
    images = [hints.image] if hints.image is not None else []
    kernels = [a for a in held if a.ndim == 4]
    images += [(a.shape[1], *sides) for sides in ((7, 9), (8, 8)) for a in kernels]
    images += [(a.shape[axis], 7, 9) for axis in (3, 2) for a in kernels]  # channels last
    sequences = [(shape, 0) for a in held for shape in of_sequences(a, n)]
    if images:
        yield from sequences  # of kernels with one side
        yield from (((n, *image), 0) for image in images)
        yield from (((n, *image[1:], image[0]), 0) for image in images)
        yield from ((image, None) for image in images)
        yield from (((*image[1:], image[0]), None) for image in images)
    yield from (((n, size), 0) for size in sizes)
    yield from sequences
    yield from (((size, n), 1) for size in sizes)
    yield from (((size, 1), None) for size in sizes)
    yield from (((1, size), None) for size in sizes)
    yield from (((size,), None) for size in sizes)
    yield from (((4, size, 1), None) for size in sizes)  # a sequence of columns
    if not images:
        yield from (((n, 2, 6, 8), 0), ((n, 6, 8, 2), 0), ((2, 6, 8), None))
    yield from (((6, 8), None), ((n, 6, 8), 0))
