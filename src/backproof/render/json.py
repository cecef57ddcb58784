"""Reports as JSON: one document for a run of `backproof check`; and read back from the data of a child process."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from backproof.findings import Finding, Report, Verdict


def document(reports: Sequence[tuple[str, Report]], notes: Sequence[str]) -> str:
    """One JSON document: `ok`, `findings` (all, flat, in order), `reports` (each with its target), `notes`."""
    body = {
        "ok": bool(reports) and all(report.ok for _, report in reports),
        "findings": [finding for _, report in reports for finding in report.to_dict()["findings"]],
        "reports": [{"target": target, **report.to_dict()} for target, report in reports],
        "notes": list(notes),
    }
    return json.dumps(strict(body), ensure_ascii=False, allow_nan=False, indent=2)


def strict(value: Any) -> Any:
    """The value with what JSON cannot say made plain: NumPy values as Python's, NaN and inf as their names."""
    if isinstance(value, Mapping):
        return {str(key): strict(member) for key, member in value.items()}
    if isinstance(value, list | tuple | set):
        return [strict(member) for member in value]
    if hasattr(value, "tolist"):
        return strict(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def read_report(data: Mapping[str, Any]) -> Report:
    """The report whose `to_dict` gave this data."""
    findings = [Finding(**_known(Finding, entry)) for entry in data["findings"]]
    verdicts = [
        Verdict(**(_known(Verdict, entry) | {"worst": tuple((tuple(i), a, n) for i, a, n in entry["worst"])}))
        for entry in data["verdicts"]
    ]
    rest = {name: data[name] for name in ("subject", "understood", "evaluations", "seconds", "tried", "trying")}
    return Report(findings=findings, verdicts=verdicts, **rest)


def _known(cls: type, entry: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(cls)}
    return {name: value for name, value in entry.items() if name in names}
