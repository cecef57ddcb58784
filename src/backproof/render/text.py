"""A report as text: three lines where all is right, one screen where it is not."""

from __future__ import annotations

import io
import linecache
import math
from collections.abc import Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from backproof.findings import Finding, Report, Verdict
from backproof.messages import codes, phrase, sentence, words

_STYLES = {"note": "dim", "uncheckable": "yellow"}
# Evidence that is shown in another form than as a row of its own, or that is for programs.
_SHOWN_ELSEWHERE = {
    "source", "cell", "label", "lines", "expression", "columns", "see also", "mend", "also wrong",
    "wrong", "also in", "analytic", "numeric", "at", "relative difference", "tolerance", "right", "error",
    "raised in", "raised at line", "raised by", "agrees with itself",
    "wrong entries", "of", "axis", "indices", "ratio", "confidence", "also fits",
}  # fmt: skip
_MOST_EVIDENCE = 6  # rows
_MOST_COMPARED = 3  # entries


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
    passed_over = any(note.cause == "judged-by-parts" for note in notes) and not report.understood
    heading, style = _heading(faults, refusals, passed_over)
    understood = f": {report.understood}" if report.understood else ""
    _line(console, Text.assemble((heading, style), f"  {report.subject}{understood}"), 0)
    if not faults and not refusals and not passed_over:
        for line in _proof(report):
            _line(console, Text(line))
    for finding in faults + refusals:
        _print_finding(finding, console)
    for finding in notes:
        message = phrase("note", message=finding.message)
        _line(console, Text(f"{message}{_bracketed(_place(finding))}", style="dim"))


def _line(console: Console, text: Text, indent: int = 2) -> None:
    """One line; in a terminal it wraps under its own beginning, elsewhere it stays one line for other programs."""
    if console.is_terminal:
        console.print(Padding(text, (0, 0, 0, indent)))
    else:
        console.print(Text(" " * indent) + text, soft_wrap=True)


def _heading(faults: Sequence[Finding], refusals: Sequence[Finding], passed_over: bool) -> tuple[str, str]:
    if faults:
        return phrase("one fault") if len(faults) == 1 else phrase("faults", count=len(faults)), "bold red"
    if refusals:
        return phrase("not judged"), "bold yellow"
    return (phrase("passed over"), "dim") if passed_over else (phrase("right"), "bold green")


def _proof(report: Report) -> list[str]:
    """What was proved, to what precision."""
    seconds = f"{report.seconds:.2f}"
    verdicts = [verdict for verdict in report.verdicts if verdict.outcome != "cannot tell"]
    if not verdicts:
        return [phrase("no gradient", seconds=seconds)]
    every = {(v.layer, v.quantity) for v in verdicts}
    entries = {(v.layer, v.quantity) for v in verdicts if v.method == "entries"}
    both = f" {phrase('and')} "
    worst = max(verdicts, key=_share)
    visible = max((v.smallest_visible for v in verdicts if math.isfinite(v.smallest_visible)), default=math.nan)
    unverified = sum(v.unverified for v in verdicts)
    parts = [
        phrase(
            "precision",
            error=f"{worst.error:.1e}",
            tolerance=f"{worst.tolerance:.1e}",
            quantity=worst.quantity,
            layer=worst.layer,
            visible=f"{visible:.1e}",
        ),
        phrase("kinks", count=unverified) if unverified else "",
        phrase("spent", evaluations=f"{report.evaluations:,}", seconds=seconds),
    ]
    return [
        phrase(
            "agrees" if len(every) == 1 else "agree",
            count=len(every),
            points=both.join(sorted({f"{v.point}" for v in verdicts}, reverse=True)),
            samples=both.join(str(n) for n in sorted({v.samples for v in verdicts})),
            entries=len(entries),
            directions=len(every) - len(entries),
        ),
        " ".join(part for part in parts if part),
    ]


def _share(verdict: Verdict) -> float:
    return verdict.error / verdict.tolerance if verdict.tolerance > 0 and math.isfinite(verdict.error) else 0.0


def _print_finding(finding: Finding, console: Console) -> None:
    """One screen: what is wrong, the line, the figures, the mend, what else it spoils, where to read more."""
    style = _STYLES.get(finding.kind, "red")
    what = f"{finding.layer}, {finding.quantity}" if finding.quantity else finding.layer
    cause = "" if finding.cause in ("", "unknown") else " " + phrase("cause", cause=finding.cause)
    console.print()
    heading = phrase("finding", kind="\0", what=what).partition("\0")
    _line(console, Text.assemble(f"{finding.code} ", heading[0], (finding.kind, style), heading[2], cause))
    _line(console, Text(finding.message))
    place = _place(finding)
    if place:
        _line(console, Text(place, style="cyan"))
    _print_source(finding, console)
    for text in _seen(finding):
        _line(console, Text(text))
    for row in _mend(finding):
        _line(console, row)
    evidence = finding.evidence
    if evidence.get("confidence"):
        _line(console, Text(phrase(evidence["confidence"])))
    if evidence.get("also fits"):
        _line(console, Text(phrase("also fits", names=evidence["also fits"])))
    spoiled = [*evidence.get("also wrong", []), *(n for n in evidence.get("wrong", []) if n != finding.quantity)]
    if spoiled:
        _line(console, Text(phrase("spoils", names=spoiled)))
    if evidence.get("agrees with itself"):
        _line(console, Text(phrase("hidden")))
    if evidence.get("also in"):
        _line(console, Text(phrase("also in", names=evidence["also in"])))
    if finding.code in codes():
        _line(console, Text(phrase("more", code=finding.code), style="dim"))


def _print_source(finding: Finding, console: Console) -> None:
    """The line with its neighbours as the author wrote them, the expression underlined."""
    source = source_line(finding)
    if not source:
        return
    lines = finding.evidence.get("lines") or [(finding.line, source)]
    start, end = finding.evidence.get("columns", (0, 0))
    for number, text in lines:
        row = Text(f"  {number:>6} │ {text.expandtabs()}")
        marked = number == finding.line and 0 <= start < end <= len(text)
        before = 11 + len(text[:start].expandtabs()) if marked else 0
        if marked and console.color_system is not None:
            row.stylize("bold red underline", before, 11 + len(text[:end].expandtabs()))
        console.print(row, soft_wrap=True)
        if marked and console.color_system is None:
            blank = cell_len(text[:start].expandtabs())
            console.print(
                Text(f"         │ {' ' * blank}{'^' * cell_len(text[start:end].expandtabs())}"), soft_wrap=True
            )


def _seen(finding: Finding) -> list[str]:
    """The evidence: in the page's words where it has some, else the entries compared; what is left as rows."""
    evidence = finding.evidence
    fields = {**evidence, "layer": finding.layer, "quantity": finding.quantity}
    found = [sentence("Seen", finding.code, finding.cause, fields)]
    if not found[0]:
        rows = [(key, value) for key, value in evidence.items() if key not in _SHOWN_ELSEWHERE]
        found = [f"{key}: {words(value)}" for key, value in rows[:_MOST_EVIDENCE]]
    analytic, numeric = evidence.get("analytic"), evidence.get("numeric")
    if analytic and numeric:
        at = [tuple(index) for index in evidence.get("at", [])][:_MOST_COMPARED]
        where = " at " + ", ".join(str(list(index)) for index in at) if at else ""
        shown = {"analytic": analytic[:_MOST_COMPARED], "numeric": numeric[:_MOST_COMPARED]}
        found.append(phrase("compared", quantity=finding.quantity, at=where, **shown))
    return [text for text in (*found, _pattern(finding)) if text]


def _pattern(finding: Finding) -> str:
    """Which entries are wrong, and how many times the right value they are."""
    evidence = finding.evidence
    if "wrong entries" not in evidence:
        return ""
    low, high = evidence.get("ratio", (math.nan, math.nan))
    times = (
        ""
        if math.isnan(low)
        else phrase("ratio", low=low)
        if low == high
        else phrase("ratios", low=low, high=high)
    )
    wrong, of = evidence["wrong entries"], evidence["of"]
    key = "every entry" if wrong == of else "at indices" if "axis" in evidence else "some entries"
    fields = {"axis": evidence.get("axis"), "indices": evidence.get("indices", [])}
    return phrase(key, quantity=finding.quantity, wrong=wrong, of=of, ratio=times, **fields)


def _mend(finding: Finding) -> list[Text]:
    """The user's own lines as they should read; where none could be made, what to do in a sentence."""
    lines = finding.evidence.get("mend", [])
    if lines:
        return [Text(f"{phrase('mend of line', line=each['line'])} {each['source'].strip()}") for each in lines]
    fields = {**finding.evidence, "layer": finding.layer, "quantity": finding.quantity}
    said = sentence("Mend", finding.code, finding.cause, fields)
    return [Text(f"{phrase('mend')} {said}")] if said else []


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
    if cell is None:
        return str(shown) if finding.line is None else f"{shown}:{finding.line}"
    key = "cell" if label is None else "labelled cell"
    in_cell = phrase(key, path=shown, cell=cell, label=label)
    return in_cell if finding.line is None else phrase("line in cell", cell=in_cell, line=finding.line)


def _bracketed(place: str) -> str:
    return f" ({place})" if place else ""
