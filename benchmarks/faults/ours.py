"""Backproof on a variant: through its command line as a user would, or in this process for speed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .outcome import Outcome
from .subjects import Subject

NAME = "Backproof"
FAULTS = ("forward", "backward", "state", "dtype", "training")


def outcome(document: dict[str, Any], seconds: float) -> Outcome:
    """The first fault of a report as an outcome; a report without one but with a refusal is unjudged."""
    findings = document["findings"]
    faults = [finding for finding in findings if finding["kind"] in FAULTS]
    refusals = [finding for finding in findings if finding["kind"] == "uncheckable"]
    first = faults[0] if faults else None
    reports = document.get("reports", [document])
    trying = sum(report["trying"] for report in reports)
    checking = sum(report["seconds"] for report in reports) - trying
    return Outcome(
        NAME,
        bool(faults),
        layer=first["layer"] if first else "",
        kind=first["kind"] if first else "",
        quantity=first["quantity"] if first else "",
        cause=first["cause"] if first else "",
        also=first["evidence"].get("also fits", []) if first else [],
        line=(first["line"] or 0) if first else 0,
        findings=len(faults),
        evaluations=sum(report["evaluations"] for report in reports),
        seconds=seconds,
        tried=sum(report["tried"] for report in reports),
        share_of_time=trying / checking if checking > 0 else 0.0,
        unjudged=refusals[0]["message"] if refusals and not faults else "",
        detail={
            "findings": [
                {key: finding[key] for key in ("code", "kind", "layer", "quantity", "cause", "line", "message")}
                for finding in findings
            ]
        },
    )


def check_file(path: Path, limit: float) -> Outcome:
    """`backproof check FILE --format json` in a process of its own."""
    start = time.perf_counter()
    command = [str(Path(sys.executable).with_name("backproof")), "check", str(path), "--format", "json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return Outcome(NAME, False, seconds=limit, unjudged=f"no answer in {limit:.0f} s")
    seconds = time.perf_counter() - start
    try:
        document = json.loads(done.stdout)
    except json.JSONDecodeError:
        return Outcome(NAME, False, seconds=seconds, unjudged=f"exit {done.returncode}: {done.stderr[-500:]}")
    return outcome(document, seconds)


def check_object(target: Any, x: Any, t: Any) -> Outcome:
    """`backproof.check(target, x, t)` in this process."""
    import backproof

    start = time.perf_counter()
    report = backproof.check(target, x, t)
    return outcome(report.to_dict(), time.perf_counter() - start)


def check_subject(subject: Subject) -> Outcome:
    """The objects of a program one after the other, until a fault is found; costs add up."""
    answers: list[Outcome] = []
    for target, x, t in subject.targets:
        answers.append(check_object(target, x, t))
        if answers[-1].detected:
            break
    answer = next((a for a in reversed(answers) if a.detected or a.unjudged), answers[-1])
    answer.evaluations = sum(a.evaluations for a in answers)
    answer.tried = sum(a.tried for a in answers)
    answer.seconds = sum(a.seconds for a in answers)
    return answer
