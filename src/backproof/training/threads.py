"""How many BLAS threads a run uses."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Mapping
from time import perf_counter

from backproof.blas import limited
from backproof.protocols import Array

_TWO_FROM = 1 << 35
_ROUNDS = 5
_WORTH_IT = 0.9  # of the time of one thread: a gain that a glance can be sure of


def blas_threads(params: Mapping[str, Array], batch_size: int) -> int:
    """One or two, a fixed function of the shapes, because another number rounds differently.

    Two pay only for products so large that the threads' waiting for one another does not count: below, on a
    machine whose other core is busy, two were measured at up to 45 times the time of one. The measure is the
    multiply-adds of one forward pass, about batch_size times the number of parameters.
    """
    return 1 if batch_size * sum(array.size for array in params.values()) < _TWO_FROM else 2


def measured_threads(step: Callable[[], object]) -> int:
    """One, or as many as this process has cores, whichever makes `step` faster at this moment.

    The two take turns a few times. What comes out depends on what else the machine is doing: a run that asks for
    it gives up that the same seed gives the same bits.
    """
    most = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if most == 1:
        return 1
    times: dict[int, list[float]] = {1: [], most: []}
    for _ in range(_ROUNDS):
        for threads, seconds in times.items():
            with limited(threads):
                step()  # the threads wake up
                start = perf_counter()
                step()
                seconds.append(perf_counter() - start)
    return most if statistics.median(times[most]) < _WORTH_IT * statistics.median(times[1]) else 1
