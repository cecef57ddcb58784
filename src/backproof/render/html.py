"""Reports as one self-contained page: a row a file, its reports folded under it. It asks for nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from backproof.findings import Report

_STYLE = """
:root { color-scheme: light dark; --page: #ffffff; --text: #1b1b1b; --line: #767676;
  --right: #0a6b2d; --wrong: #a3121f; --open: #7a4b00; }
@media (prefers-color-scheme: dark) {
  :root { --page: #161616; --text: #ececec; --line: #8a8a8a;
    --right: #6fd58c; --wrong: #ff9a9a; --open: #f0c36d; }
}
html { background: var(--page); color: var(--text); }
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; }
details { border-top: 1px solid var(--line); padding: 0.4rem 0; }
summary { cursor: pointer; display: grid; grid-template-columns: 1rem 2fr 8rem 2fr; gap: 0.2rem 1rem; }
summary::before { content: "\\25b8" / ""; }
details[open] > summary::before { content: "\\25be" / ""; }
summary > * { overflow-wrap: anywhere; }
summary:focus-visible { outline: 2px solid; outline-offset: 2px; }
.understood { grid-column: 2 / -1; font-size: 0.9rem; }
.right { color: var(--right); } .wrong { color: var(--wrong); } .open { color: var(--open); }
@media (max-width: 45rem) {
  summary { grid-template-columns: 1rem 1fr 6rem; }
  .culprit, .understood { grid-column: 2 / -1; }
}
pre { overflow-x: auto; font: 14px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
"""
_KINDS = {0: "right", 1: "wrong", 2: "open"}
_WORDS = {0: "right", 1: "wrong", 2: "not judged"}


def page(judged: Sequence[tuple[str, Sequence[Report]]]) -> str:
    """The page for all targets, each with its reports."""
    codes = [_code(reports) for _, reports in judged]
    count = ", ".join(f"{codes.count(code)} {word}" for code, word in _WORDS.items() if code in codes)
    rows = "\n".join(_row(target, reports) for target, reports in judged)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Backproof: {escape(count) or "nothing judged"}</title>
<link rel="icon" href="data:,">
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Hand-written gradients, judged</h1>
<p>{len(judged)} {"file" if len(judged) == 1 else "files"}: {escape(count) or "nothing to judge"}.</p>
{rows}
</main>
</body>
</html>"""


def _code(reports: Sequence[Report]) -> int | None:
    codes = {report.exit_code for report in reports}
    return None if not codes else 1 if 1 in codes else 2 if 2 in codes else 0


def _row(target: str, reports: Sequence[Report]) -> str:
    code = _code(reports)
    word = "nothing to judge" if code is None else _WORDS[code]
    kind = "" if code is None else _KINDS[code]
    findings = [finding for report in reports for finding in report.findings]
    first = next((f for f in findings if f.is_fault), next((f for f in findings if f.kind == "uncheckable"), None))
    culprit = "" if first is None else f"{first.layer}, {first.quantity}: {first.cause}".replace(", :", ":")
    understood = "; ".join(report.understood for report in reports if report.understood)
    inside = "\n".join(f"<pre>{escape(str(report))}</pre>" for report in reports)
    return (
        f'<details>\n<summary><span>{escape(target)}</span> <strong class="{kind}">{word}</strong> '
        f'<span class="culprit">{escape(culprit)}</span>'
        + (f' <span class="understood">{escape(understood)}</span>' if understood else "")
        + f"</summary>\n{inside}\n</details>"
    )
