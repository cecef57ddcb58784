"""How many threads BLAS may use, for a while."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from threadpoolctl import ThreadpoolController


def limited(threads: int) -> AbstractContextManager[object]:
    """Let BLAS use that many threads, as long as the block lasts."""
    return _libraries().limit(limits=threads, user_api="blas")  # type: ignore[no-any-return]


@cache
def _libraries() -> ThreadpoolController:
    """Found once: looking through all libraries takes milliseconds, and NumPy's BLAS is loaded by now."""
    return ThreadpoolController()
