"""A fault as the probes see it, before it is placed in a file and put into words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backproof.check.repair import Repair
from backproof.check.syntax import Ran
from backproof.findings import Kind


@dataclass
class Suspicion:
    """kind, layer and quantity as in a Finding; `at` is the user's own function that is to blame.

    Its words are on the page of its cause in `messages/`, with the evidence filled in.
    """

    kind: Kind
    layer: str
    quantity: str
    cause: str
    at: Callable[..., Any] | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    error: BaseException | None = None
    ran: Ran | None = None  # the lines that were executed, where somebody listened
    begins: int | None = None  # the line of `at` at which its values are found to go wrong
    elsewhere: Callable[..., Any] | None = (
        None  # the function in which the line is to be found, where it is not `at`
    )
    repair: Repair | None = None  # the change of a line that made it right when tried

    @property
    def is_fault(self) -> bool:
        return self.kind not in ("note", "uncheckable")
