"""Plain data that a check answers with: Verdict (figures), Finding (a fault or a note), Report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Kind = Literal["forward", "backward", "state", "dtype", "training", "note", "uncheckable"]
Outcome = Literal["agree", "disagree", "kink", "cannot tell"]


@dataclass(frozen=True)
class Verdict:
    """Analytic against numeric for one quantity of one layer, with the figures behind the word.

    `worst` holds up to five entries as (index, analytic, numeric); along directions the index is empty.
    `smallest_visible` is the smallest error (2-norm over the tensor) that this test would have seen
    with probability 0.999; `unverified` counts entries that sit on a kink.
    """

    layer: str
    quantity: str
    outcome: Outcome
    method: Literal["entries", "directions"]
    point: Literal["own", "generic"]
    samples: int
    error: float
    tolerance: float
    why: str
    smallest_visible: float
    unverified: int
    evaluations: int
    worst: tuple[tuple[tuple[int, ...], float, float], ...] = ()
    pattern: str = ""


@dataclass(frozen=True)
class Finding:
    """One fault, note or refusal. The names are fixed: outside programs read them."""

    code: str
    kind: Kind
    layer: str
    quantity: str
    cause: str
    message: str
    file: str | None = None
    line: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)

    @property
    def is_fault(self) -> bool:
        return self.kind not in ("note", "uncheckable")


@dataclass
class Report:
    """All that one check of one subject has to say; the most likely culprit comes first.

    evaluations, seconds: what it took; tried, trying: evaluations and seconds that went beside and among them into
    trying changes of the lines at fault, a backward counted like a forward.
    """

    subject: str
    understood: str
    findings: list[Finding] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    evaluations: int = 0
    seconds: float = 0.0
    tried: int = 0
    trying: float = 0.0

    @property
    def ok(self) -> bool:
        """True where no fault was found and the subject could be judged; notes are allowed."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """0 good (notes allowed), 1 a fault found, 2 could not be judged."""
        if any(finding.is_fault for finding in self.findings):
            return 1
        return 2 if any(finding.kind == "uncheckable" for finding in self.findings) else 0

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-ready data: `ok`, `findings`, `verdicts` and what was spent."""
        return {"ok": self.ok, **asdict(self)}

    def __str__(self) -> str:
        from backproof.render.text import plain_text  # the renderer reads this module

        return plain_text(self)
