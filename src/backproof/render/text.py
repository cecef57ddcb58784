"""A report as text: three lines where all is right, one screen where it is not."""

from __future__ import annotations

import io
import linecache
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from backproof.findings import Finding, Report, Verdict

_STYLES = {"note": "dim", "uncheckable": "yellow"}
_SHOWN_ELSEWHERE = {"source", "cell", "label"}  # evidence that the place already tells
_MOST_FIGURES = 12  # of one list
_MOST_EVIDENCE = 10  # lines


def plain_text(report: Report) -> str:
    """The report as it is printed where there is no terminal: no colours, no wrapped lines."""
    buffer = io.StringIO()
    print_report(report, Console(file=buffer, width=100, color_system=None, highlight=False))
    return buffer.getvalue().rstrip("\n")


def print_report(report: Report, console: Console) -> None:
    """Print the report: verdict first, then each fault with place and evidence, notes last."""
    faults = [finding for finding in report.findings if finding.is_fault]
    refusals = [finding for finding in report.findings if finding.kind == "uncheckable"]
    notes = [finding for finding in report.findings if finding.kind == "note"]
    heading, style = _heading(faults, refusals)
    understood = f": {report.understood}" if report.understood else ""
    _line(console, Text.assemble((heading, style), f"  {report.subject}{understood}"), 0)
    if not faults and not refusals:
        for line in _proof(report):
            _line(console, Text(line))
    for finding in faults + refusals:
        _print_finding(finding, console)
    for finding in notes:
        _line(console, Text(f"note: {finding.message}{_bracketed(_place(finding))}", style="dim"))


def _line(console: Console, text: Text, indent: int = 2) -> None:
    """One line; in a terminal it wraps under its own beginning, elsewhere it stays one line for other programs."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True)


def _heading(faults: Sequence[Finding], refusals: Sequence[Finding]) -> tuple[str, str]:
    if faults:
        return ("1 fault" if len(faults) == 1 else f"{len(faults)} faults"), "bold red"
    return ("not judged", "bold yellow") if refusals else ("right", "bold green")


def _proof(report: Report) -> list[str]:
    """What was proved, to what precision."""
    verdicts = [verdict for verdict in report.verdicts if verdict.outcome != "cannot tell"]
    if not verdicts:
        return [f"No gradient to compare; its forward was judged. {report.seconds:.2f} s."]
    entries = {(v.layer, v.quantity) for v in verdicts if v.method == "entries"}
    every = {(v.layer, v.quantity) for v in verdicts}
    points = " and ".join(sorted({f"{v.point}" for v in verdicts}, reverse=True))
    samples = " and ".join(str(n) for n in sorted({v.samples for v in verdicts}))
    worst = max(verdicts, key=_share)
    visible = max((v.smallest_visible for v in verdicts if math.isfinite(v.smallest_visible)), default=math.nan)
    unverified = sum(v.unverified for v in verdicts)
    kinks = f"{unverified} entries on kinks stay unverified; " if unverified else ""
    agree = "quantity agrees" if len(every) == 1 else "quantities agree"
    return [
        f"{len(every)} {agree} with the numeric gradient at {points} values, with {samples} samples: "
        f"{len(entries)} entry by entry, {len(every) - len(entries)} along directions.",
        f"Largest difference {worst.error:.1e} where {worst.tolerance:.1e} is rounding ({worst.quantity} of "
        f"{worst.layer}); an error of {visible:.1e} or more would have been seen. {kinks}"
        f"{report.evaluations:,} evaluations, {report.seconds:.2f} s.",
    ]


def _share(verdict: Verdict) -> float:
    return verdict.error / verdict.tolerance if verdict.tolerance > 0 and math.isfinite(verdict.error) else 0.0


def _print_finding(finding: Finding, console: Console) -> None:
    style = _STYLES.get(finding.kind, "red")
    what = f"{finding.layer}, {finding.quantity}" if finding.quantity else finding.layer
    cause = "" if finding.cause in ("", "unknown") else f" ({finding.cause})"
    console.print()
    _line(console, Text.assemble(f"{finding.code} ", (finding.kind, style), f" in {what}{cause}"))
    place = _place(finding)
    if place:
        _line(console, Text(place, style="cyan"))
    source = source_line(finding)
    if source:
        console.print(Text(f"  {finding.line:>6} │ {source}"), soft_wrap=True)
    _line(console, Text(finding.message))
    rows = [(key, value) for key, value in finding.evidence.items() if key not in _SHOWN_ELSEWHERE]
    for key, value in rows[:_MOST_EVIDENCE]:
        _line(console, Text(f"{key}: {_figures(value)}"), 4)


def source_line(finding: Finding) -> str:
    """The line that the finding points to, as its author wrote it; "" where it cannot be read."""
    if "source" in finding.evidence:
        return str(finding.evidence["source"]).rstrip()
    if finding.file is None or finding.line is None:
        return ""
    return linecache.getline(finding.file, finding.line).rstrip()


def _place(finding: Finding) -> str:
    if finding.file is None:
        return ""
    path = Path(finding.file)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    cell, label = finding.evidence.get("cell"), finding.evidence.get("label")
    in_cell = "" if cell is None else f", cell {cell}" + ("" if label is None else f" (In [{label}])")
    if finding.line is None:
        return f"{shown}{in_cell}"
    return f"{shown}:{finding.line}" if cell is None else f"{shown}{in_cell}, line {finding.line}"


def _bracketed(place: str) -> str:
    return f" ({place})" if place else ""


def _figures(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        shown = ", ".join(map(_figures, value[:_MOST_FIGURES]))
        return shown + (" ..." if len(value) > _MOST_FIGURES else "")
    return str(value)
