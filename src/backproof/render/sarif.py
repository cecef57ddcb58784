"""Reports as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format): a rule a code, a result a finding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from backproof.findings import Finding, Report
from backproof.render.json import strict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"note": "note", "uncheckable": "warning"}  # every other kind is a fault


def document(judged: Sequence[tuple[str, Sequence[Report]]]) -> str:
    """One run with the findings of all targets; the rule ids are the codes that `backproof explain` knows."""
    results: list[dict[str, Any]] = []
    rules: dict[str, dict[str, Any]] = {}
    for target, reports in judged:
        for report in reports:
            for finding in report.findings:
                rules.setdefault(finding.code, _rule(finding))
                results.append(_result(target, report, finding, list(rules).index(finding.code)))
    driver = {"name": "Backproof", "version": version("backproof"), "rules": list(rules.values())}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    body = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(strict(body), ensure_ascii=False, allow_nan=False, indent=2)


def _rule(finding: Finding) -> dict[str, Any]:
    """The code as a rule; its page is what `backproof explain` prints."""
    return {
        "id": finding.code,
        "shortDescription": {"text": finding.cause.replace("-", " ")},
        "help": {"text": f"backproof explain {finding.code}"},
        "defaultConfiguration": {"level": _LEVELS.get(finding.kind, "error")},
    }


def _result(target: str, report: Report, finding: Finding, rule: int) -> dict[str, Any]:
    file = target.partition("::")[0] if finding.file is None else finding.file
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if finding.line is not None and finding.file is not None:
        place["region"] = {"startLine": max(finding.line, 1)}
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _LEVELS.get(finding.kind, "error"),
        "message": {"text": finding.message},
        "locations": [
            {"physicalLocation": place, "logicalLocations": [{"name": finding.layer or report.subject}]}
        ],
        "partialFingerprints": {"backproof/v1": fingerprint(file, finding)},
        "properties": {"kind": finding.kind, "quantity": finding.quantity, "cause": finding.cause},
    }


def fingerprint(file: str, finding: Finding) -> str:
    """What stays the same when lines move: file name, layer, quantity and code."""
    same = "\n".join((Path(file).name, finding.layer, finding.quantity, finding.code))
    return hashlib.sha256(same.encode()).hexdigest()[:32]


def _uri(file: str) -> str:
    """Relative to the folder that the command runs in where the file lies there."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_uri() if path.is_absolute() else path.as_posix().replace(" ", "%20")
