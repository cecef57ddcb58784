"""Where findings lie in the user's file: its lines, the cells of a notebook."""

from __future__ import annotations

import linecache
import traceback
from dataclasses import replace
from pathlib import Path

from backproof.findings import Finding, Report
from backproof.subjects.load import Loaded
from backproof.subjects.select import Target
from backproof.subjects.trial.functions import Functions, entry_functions
from backproof.subjects.trial.loops import TrainingLoop
from backproof.subjects.trial.loss_functions import LossFunctions
from backproof.subjects.trial.sequences import Steps

_OURS = str(Path(__file__).parents[1])


def start(target: Target) -> tuple[str | None, int | None]:
    """The file and the first line of what is judged."""
    item = target.item if target.kind != "object" else type(target.item)
    if isinstance(item, (Functions, LossFunctions, Steps, TrainingLoop)):
        item = entry_functions(item)[0]
    code = getattr(getattr(item, "__init__", None), "__code__", getattr(item, "__code__", None))
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)


def last_line(error: BaseException, loaded: Loaded) -> tuple[str | None, int | None]:
    """The last line of the user's own that the exception came through."""
    folder = str(loaded.path.parent)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(folder)
        and not frame.filename.startswith(_OURS)
        and "site-packages" not in frame.filename
    ]
    return (frames[-1].filename, frames[-1].lineno) if frames else (None, None)


def placed(report: Report, loaded: Loaded) -> None:
    """Give each finding its source line; in a notebook, its cell and the line in it."""
    report.findings = [_placed(each, loaded) for each in report.findings]


def _placed(each: Finding, loaded: Loaded) -> Finding:
    if each.file is None or each.line is None:
        return each
    evidence = dict(each.evidence)
    evidence.setdefault("source", linecache.getline(each.file, each.line).rstrip())
    if loaded.notebook is None or Path(each.file) != loaded.path:
        return replace(each, evidence=evidence)
    place = loaded.place(each.line)
    evidence |= {"cell": place.cell, "label": place.label}
    for key in ("mend", "see also"):
        if key in evidence:
            evidence[key] = [entry | {"line": loaded.place(entry["line"]).line} for entry in evidence[key]]
    if "lines" in evidence:
        places = [(loaded.place(n), text) for n, text in evidence["lines"]]
        evidence["lines"] = [(at.line, text) for at, text in places if at.cell == place.cell]
    if isinstance(evidence.get("raised at line"), int) and evidence.get("raised in") == each.file:
        evidence["raised at line"] = loaded.place(evidence["raised at line"]).line
    return replace(each, line=place.line, evidence=evidence)
