"""Reports as JUnit XML: a suite a file, a case a report; a fault is a failure, what was not judged an error."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from backproof.findings import Report

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(judged: Sequence[tuple[str, Sequence[Report]]]) -> str:
    """One XML document for all targets, each with its reports."""
    root = ET.Element("testsuites", name="backproof")
    for target, reports in judged:
        codes = [report.exit_code for report in reports]
        suite = ET.SubElement(
            root,
            "testsuite",
            name=_plain(target),
            tests=str(len(reports)),
            failures=str(codes.count(1)),
            errors=str(codes.count(2)),
            time=f"{sum(report.seconds for report in reports):.3f}",
        )
        for report in reports:
            _case(suite, target, report)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _case(suite: ET.Element, target: str, report: Report) -> None:
    case = ET.SubElement(
        suite, "testcase", classname=_plain(target), name=_plain(report.subject), time=f"{report.seconds:.3f}"
    )
    text = _plain(str(report))
    if report.exit_code:
        wanted = [f for f in report.findings if (f.is_fault if report.exit_code == 1 else f.kind == "uncheckable")]
        kind = "failure" if report.exit_code == 1 else "error"
        ET.SubElement(case, kind, message=_plain(wanted[0].message), type=wanted[0].code).text = text
    else:
        ET.SubElement(case, "system-out").text = text


def _plain(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return _NO_XML.sub("\ufffd", text)
