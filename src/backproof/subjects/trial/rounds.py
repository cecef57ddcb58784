"""One round of a training that would go on for as many as its object says: `self.epochs = 10000`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from backproof.subjects.trial.roles import role


@contextmanager
def one_round(item: Any) -> Iterator[None]:
    """The object's numbers of rounds are 1 inside."""
    held = vars(item) if hasattr(item, "__dict__") else {}
    before = {n: v for n, v in held.items() if type(v) is int and role(n) == "once"}
    held.update(dict.fromkeys(before, 1))
    try:
        yield
    finally:
        held.update(before)
