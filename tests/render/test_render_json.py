"""Reports as JSON: strict, complete, and read back as they were."""

import json

import numpy as np
import pytest

from backproof.findings import Finding, Report, Verdict
from backproof.render.json import document, read_report, strict


def report(kind="backward"):
    evidence = {
        "at": [np.int64(3)],
        "factor": np.float64(0.5),
        "worst": float("nan"),
        "all": np.array([1.0, np.inf]),
    }
    finding = Finding("BP200", kind, "Affine1", "dW", "unknown", "wrong", "net.py", 3, evidence)
    verdict = Verdict(
        "Affine1", "dW", "disagree", "entries", "own", 3, 0.1, 1e-9, "", 1e-8, 0, 9, (((0, 1), 2.0, float("inf")),)
    )
    return Report("Net()", "a network", [finding], [verdict], 9, 0.1)


def refuse(constant):
    pytest.fail(f"{constant} is no JSON")


def test_one_document_with_all_findings_flat():
    data = json.loads(document([("a.py", report()), ("b.py", report("note"))], ["a note"]), parse_constant=refuse)
    assert data["ok"] is False
    assert [finding["kind"] for finding in data["findings"]] == ["backward", "note"]
    assert set(data["findings"][0]) == {
        "code", "kind", "layer", "quantity", "cause", "message", "file", "line", "evidence"
    }  # fmt: skip
    assert [each["target"] for each in data["reports"]] == ["a.py", "b.py"]
    assert data["reports"][1]["ok"] is True
    assert data["notes"] == ["a note"]
    assert data["findings"][0]["evidence"] == {"at": [3], "factor": 0.5, "worst": "NaN", "all": [1.0, "Infinity"]}


def test_ok_needs_something_judged():
    assert json.loads(document([("b.py", report("note"))], []))["ok"] is True
    assert json.loads(document([], []))["ok"] is False


def test_what_json_cannot_say_is_put_plainly():
    assert strict({(1, 2): {-np.inf}, "s": {1}, "b": np.bool_(True), "o": range(2)}) == {
        "(1, 2)": ["-Infinity"], "s": [1], "b": True, "o": "range(0, 2)"
    }  # fmt: skip


def test_a_report_survives_the_pipe():
    sent = report()
    sent.findings[0].evidence.clear()
    back = read_report(json.loads(json.dumps(sent.to_dict())))
    assert back == sent
