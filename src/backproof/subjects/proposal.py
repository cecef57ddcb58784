"""One call that may construct a class."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backproof.subjects.hints import Hints


@dataclass(frozen=True)
class Proposal:
    """One call that may construct the class; `text` is how a person would write it."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    text: str
    hints: Hints

    def build(self, cls: Callable[..., Any]) -> Any:
        """The object; whatever the constructor raises comes through."""
        return cls(*self.args, **self.kwargs)
