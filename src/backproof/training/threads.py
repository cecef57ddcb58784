"""How many BLAS threads a run uses."""

from __future__ import annotations

from collections.abc import Mapping

from backproof.protocols import Array

_TWO_FROM = 1 << 35


def blas_threads(params: Mapping[str, Array], batch_size: int) -> int:
    """One or two, a fixed function of the shapes, because another number rounds differently.

    Two pay only for products so large that the threads' waiting for one another does not count: below, on a
    machine whose other core is busy, two were measured at up to 45 times the time of one. The measure is the
    multiply-adds of one forward pass, about batch_size times the number of parameters.
    """
    return 1 if batch_size * sum(array.size for array in params.values()) < _TWO_FROM else 2
