"""The clip that people put gradients through, `np.clip(dW, -5, 5, out=dW)`, is left out: no loss has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_EVENLY = re.compile(r"\.clip\(\s*\w+(?:\[[^\]]*\]|\.\w+)*\s*,\s*(?:a_min=)?-\s*([\w.]+)\s*,\s*(?:a_max=)?\+?\1\b")


def clips(text: str) -> bool:
    """Whether code clips something between −c and c."""
    return _EVENLY.search(text) is not None


def without_clip(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with such clips left out while it runs."""

    def run(*arguments: Any) -> Any:
        with _left_out():
            return function(*arguments)

    return run


@contextmanager
def _left_out() -> Iterator[None]:
    clip = np.clip

    def passed_on(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, **more: Any) -> Any:
        even = np.ndim(a_min) == np.ndim(a_max) == 0 and None not in (a_min, a_max) and a_min == -a_max
        if not even:
            return clip(a, a_min, a_max, out=out, **more)
        if out is None:
            return np.array(a)
        out[...] = a
        return out

    vars(np)["clip"] = passed_on
    try:
        yield
    finally:
        vars(np)["clip"] = clip
