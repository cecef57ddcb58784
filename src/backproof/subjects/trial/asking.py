"""Nodes that ask one another for values and gradients: which of their methods do."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

from backproof.subjects.signatures import parameters
from backproof.subjects.trial import entries

_FORWARD = re.compile(r"^(evaluate?|eval|compute|calc(ulate)?|(get_?)?(value|output)|forward)$", re.IGNORECASE)
_BACK = re.compile(r"^(get_?|compute_?|calc_?)?grad(ient)?$", re.IGNORECASE)


def asking(cls: type) -> tuple[str, str] | None:
    """The methods that ask the nodes before for values, the node behind for a gradient; None without both."""
    found = entries.methods(cls)
    names = [_asks(found, pattern) for pattern in (_FORWARD, _BACK)]
    return (names[0], names[1]) if names[0] is not None and names[1] is not None else None


def _asks(found: dict[str, Callable[..., object]], pattern: re.Pattern[str]) -> str | None:
    for name, method in found.items():
        function = inspect.unwrap(getattr(method, "__func__", method))
        bare = {n for n, needed in parameters(function).items() if needed} <= {"self"}
        if pattern.match(name) and bare and inspect.isfunction(function) and name in function.__code__.co_names:
            return name
    return None
