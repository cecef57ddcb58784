"""Which classes are a softmax with its loss, fused for the way back alone: `backward(dvalues, y_true)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backproof.subjects.signatures import required
from backproof.subjects.trial import entries
from backproof.subjects.trial.roles import LOSS, role


def is_fused_head(cls: type) -> bool:
    """Whether a class named after a softmax and a loss goes back with scores and labels, and never forward."""
    found = entries.methods(cls)
    back = way_back(cls)
    named = "softmax" in cls.__name__.lower() and LOSS.search(cls.__name__) is not None
    if not named or back is None or entries.forwards(found) or not set(found) <= {"__init__", back.__name__}:
        return False
    names = [name for name in required(back) if name != "self"]
    return len(names) == 2 and role(names[0]) in ("y", "upstream") and role(names[1]) == "t"


def way_back(item: Any) -> Callable[..., Any] | None:
    """What of an object, or of a class, goes back by its name."""
    return next(iter(entries.matching(entries.methods(item), entries.BACKWARD)), None)
