"""A forward that behaves otherwise in training, by dropout or the like, and a loss that goes forward by itself.

Gradients are those of the loss in training: `loss(X, y)` that calls `self.forward(X)` without saying so is not it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from backproof.subjects.trial.roles import role


@contextmanager
def as_in_training(item: Any, forward: Callable[..., Any]) -> Iterator[None]:
    """Whoever calls the object's forward inside, calls it as in training, whatever is said of that."""
    name = forward.__name__
    flag = _flag(forward)
    if flag is None or not hasattr(item, "__dict__") or name in vars(item) or not hasattr(item, name):
        yield
        return

    @functools.wraps(forward)
    def trained(*given: Any, **words: Any) -> Any:
        told = inspect.signature(forward).bind(*given, **words)
        told.arguments[flag] = True
        return forward(*told.args, **told.kwargs)

    vars(item)[name] = trained
    try:
        yield
    finally:
        vars(item).pop(name, None)


def _flag(forward: Callable[..., Any]) -> str | None:
    """The name of the parameter that says whether this is training."""
    try:
        given = inspect.signature(forward).parameters.values()
    except (TypeError, ValueError):
        return None
    return next((p.name for p in given if isinstance(p.default, bool) and role(p.name) == "training"), None)
