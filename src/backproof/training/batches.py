"""Mini-batches: which samples, and how they get into one array without a new one being made each step."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from backproof.protocols import Array

Sampling: TypeAlias = Literal["replacement", "shuffled"]

_BLOCK = 1 << 16


class Batches:
    """Batch i of a data set, a function of (seed, i) alone: a resumed run sees the same batches.

    x: (N, ...), t: (N, ...). sampling "replacement": every sample is drawn anew from all N, as the book does
    (section 4.5.2); "shuffled": every N draws are a permutation, and the permutations follow one another without
    a gap, so that all batches are of one size and one may end one epoch and begin the next.
    dtype: what floating x and t are turned into on the way, None to leave them.
    divide_by: what x is divided by on the way, in that dtype: 255 for pixels of one byte each, which are a quarter
    of what has to be fetched for float32.

    Indices are drawn in blocks, each from a generator of its own, SeedSequence(seed, spawn_key=(block,)).
    """

    def __init__(
        self,
        x: Array,
        t: Array,
        batch_size: int,
        seed: int,
        sampling: Sampling,
        dtype: npt.DTypeLike | None = None,
        divide_by: float | None = None,
    ) -> None:
        self.batch_size = batch_size
        self._samples = len(x)
        self._seed = seed
        self._sampling = sampling
        self._block_size = _BLOCK if sampling == "replacement" else self._samples
        self._block: tuple[int, Array] = (-1, np.empty(0, np.intp))
        self._x = _Gather(x, batch_size, dtype, divide_by)
        self._t = _Gather(t, batch_size, dtype, None)

    def __getitem__(self, i: int) -> tuple[Array, Array]:
        """Batch i. The arrays are the same two each time: they are valid until the next batch is taken."""
        indices = self.indices(i)
        return self._x(indices), self._t(indices)

    def indices(self, i: int) -> Array:
        """Which samples batch i holds, (batch_size,)."""
        at, end = i * self.batch_size, (i + 1) * self.batch_size
        parts = []
        while at < end:
            number, offset = divmod(at, self._block_size)
            part = self._numbered(number)[offset : offset + end - at]
            parts.append(part)
            at += len(part)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _numbered(self, number: int) -> Array:
        """The block of that number; the last one is kept."""
        if self._block[0] != number:
            generator = np.random.Generator(
                np.random.PCG64(np.random.SeedSequence(self._seed, spawn_key=(number,)))
            )
            if self._sampling == "shuffled":
                block = generator.permutation(self._samples)
            else:
                block = generator.integers(self._samples, size=self._block_size)
            self._block = (number, block.astype(np.intp, copy=False))
        return self._block[1]


def as_inputs(x: Array, dtype: npt.DTypeLike | None, divide_by: float | None) -> Array:
    """Samples as the network gets them: x / divide_by in `dtype`; without divisor, only floats take that type."""
    if divide_by is not None:
        kind: np.dtype[Any] = np.dtype(np.float64 if dtype is None else dtype)
        divided: Array = np.divide(x, np.asarray(divide_by, kind), dtype=kind)
        return divided
    return x if dtype is None or x.dtype.kind != "f" else x.astype(dtype, copy=False)


class _Gather:
    """Rows of one array, as `as_inputs` gives them, in buffers that are used again."""

    def __init__(self, source: Array, rows: int, dtype: npt.DTypeLike | None, divide_by: float | None) -> None:
        self._source = source
        self._rows = np.empty((rows, *source.shape[1:]), source.dtype)
        inputs = as_inputs(source[:0], dtype, divide_by)
        self._inputs = self._rows if inputs.dtype == source.dtype else np.empty_like(self._rows, inputs.dtype)
        self._divisor = None if divide_by is None else np.asarray(divide_by, inputs.dtype)

    def __call__(self, indices: Array) -> Array:
        # mode="clip" writes straight into `out`; the default checks again and goes through a copy
        np.take(self._source, indices, axis=0, out=self._rows, mode="clip")
        if self._inputs is not self._rows:
            np.copyto(self._inputs, self._rows, casting="same_kind")
        if self._divisor is not None:
            np.divide(self._inputs, self._divisor, out=self._inputs)
        return self._inputs
