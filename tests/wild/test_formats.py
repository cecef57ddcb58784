"""The report formats: read by outside programs, valid, and saying the same as the text."""

import json
from pathlib import Path

import pytest
import xmlschema
from axe_playwright_python.sync_playwright import Axe
from junitparser import Error, Failure, JUnitXml
from sarif_kit import validation_errors
from typer.testing import CliRunner

from backproof.cli import app
from backproof.findings import Finding, Report
from backproof.render import html, junit, sarif

FAULT = Finding(
    "BP201", "backward", "Relu1", "dx", "mask-missing", "dx lets <all> & \x01 through", "/a/net.py", 12
)
REFUSAL = Finding("BP904", "uncheckable", "Net", "", "timed-out", "no end within 60 s")
NOTE = Finding("BP501", "note", "Loss", "loss", "scale", "twice the mean", "/a/net.py", 40)
JUDGED = [
    ("net.py", [Report("Net()", "a network", [FAULT, NOTE], seconds=0.5), Report("Relu()", "a layer")]),
    ("slow net.py", [Report("Net", "", [REFUSAL])]),
    ("helpers.py", []),
]


def test_sarif_is_valid_and_has_a_rule_for_every_result():
    log = json.loads(sarif.document(JUDGED))
    assert validation_errors(log) == []
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["BP201", "BP501", "BP904"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == [r["ruleId"] for r in run["results"]]
    assert [r["level"] for r in run["results"]] == ["error", "note", "warning"]
    first = run["results"][0]["locations"][0]["physicalLocation"]
    assert first["region"]["startLine"] == 12
    assert run["results"][2]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "slow%20net.py"


def test_a_sarif_log_of_nothing_is_valid():
    assert validation_errors(json.loads(sarif.document([]))) == []


def test_the_fingerprint_stays_when_lines_move_and_changes_with_the_fault():
    def prints(line, quantity):
        moved = Finding("BP201", "backward", "Relu1", quantity, "mask-missing", "other words", "/b/net.py", line)
        return sarif.fingerprint(moved.file, moved)

    assert prints(12, "dx") == prints(99, "dx")
    assert prints(12, "dx") != prints(12, "dW")


def test_junit_is_read_by_another_program():
    suites = list(JUnitXml.fromstring(junit.document(JUDGED).encode()))
    assert [(s.tests, s.failures, s.errors) for s in suites] == [(2, 1, 0), (1, 0, 1), (0, 0, 0)]
    failed, passed = list(suites[0])
    assert isinstance(failed.result[0], Failure)
    assert failed.result[0].type == "BP201"
    assert "lets <all> &" in failed.result[0].message
    assert passed.result == []
    assert isinstance(next(iter(suites[1])).result[0], Error)


@pytest.mark.parametrize("judged", [JUDGED, []], ids=["some", "none"])
def test_junit_is_valid_by_the_schema_of_the_jenkins_xunit_plugin(judged):
    schema = xmlschema.XMLSchema(str(Path(__file__).parent / "schemas" / "junit-10.xsd"))
    assert [error.reason for error in schema.iter_errors(junit.document(judged))] == []
    assert not schema.is_valid(junit.document(JUDGED).replace('tests="', 'trials="'))


def test_the_page_holds_every_report_and_asks_for_nothing():
    page = html.page(JUDGED)
    assert page.count("<details>") == 3
    assert "lets &lt;all&gt; &amp;" in page
    assert "<script" not in page
    assert "http" not in page
    assert "nothing to judge" in page


@pytest.mark.parametrize("format", ["junit", "sarif", "html"])
def test_the_command_writes_the_format_and_keeps_its_exit_code(format, tmp_path):
    file = tmp_path / "net.py"
    file.write_text(
        "class Double:\n    def forward(self, x):\n        return 2 * x\n"
        "    def backward(self, dout):\n        return 3 * dout\n"
    )
    result = CliRunner().invoke(app, ["check", str(file), "--format", format])
    assert result.exit_code == 1
    assert result.stdout.lstrip().startswith(("<?xml", "{", "<!DOCTYPE html>"))
    assert "Double" in result.stdout


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1024, "light"), (1920, "dark")])
def test_the_page_is_accessible_and_silent(browser, width, scheme):
    page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
    heard = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: heard.append(request.url))
    page.set_content(html.page(JUDGED))
    for summary in page.locator("summary").all():
        summary.click()
    assert page.get_by_text("lets <all>").first.is_visible()
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert [said for said in heard if not said.startswith("data:")] == []
    page.close()
