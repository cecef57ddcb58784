"""Every code has its page, and every page's examples are judged as it says: the wrong one provokes the code."""

import json
import string

import numpy as np
import pytest
from typer.testing import CliRunner

import backproof
from backproof import messages
from backproof.check.catalogue import CODES
from backproof.cli import app

NOTES = ("BP504", "BP505")  # codes of notes whose slug has another code as a fault
HEADINGS = ("What is wrong", "Mend", "Mathematics", "Wrong", "Right", "By eye")
FIELDS_ALWAYS = {"layer", "quantity", "where", "said"}


@pytest.fixture
def judge(tmp_path):
    """The codes and the verdict on an example: its `subject`, or all of it as a file."""

    def judge(text):
        path = tmp_path / "example.py"
        path.write_text(text, encoding="utf-8")
        if "subject" not in text:
            result = CliRunner().invoke(app, ["check", str(path), "--format", "json", "--timeout", "5"])
            data = json.loads(result.stdout)
            return {f["code"] for f in data["findings"]}, data["ok"], [f["message"] for f in data["findings"]]
        names = {"np": np, "__name__": "example"}
        np.random.seed(0)
        exec(compile(text, path, "exec"), names)
        report = backproof.check(names["subject"], names.get("x"), names.get("t"))
        return {f.code for f in report.findings}, report.ok, [f.message for f in report.findings]

    return judge


def test_every_code_has_a_page_and_every_page_a_code():
    assert set(messages.codes()) == {*CODES.values(), *NOTES}


@pytest.mark.parametrize("cause", CODES)
def test_every_cause_has_a_sentence_that_needs_no_evidence_and_a_mend(cause):
    page = messages.page(CODES[cause])
    (*_, last) = page.sentences("What is wrong", cause)
    needed = {name for _, name, _, _ in string.Formatter().parse(last) if name}
    if CODES[cause] not in ("BP403", "BP502"):
        assert needed <= FIELDS_ALWAYS
    assert page.sentences("Mend", cause)


@pytest.mark.parametrize("code", messages.codes())
def test_a_page_has_all_its_parts(code):
    page = messages.page(code)
    assert page.text.startswith(f"# {code}: ")
    assert all(page.sections.get(heading) for heading in HEADINGS)
    assert len(page.examples("wrong")) == len(page.examples("right")) == 1


@pytest.mark.parametrize("code", messages.codes())
def test_the_wrong_example_provokes_the_code(code, judge):
    (wrong,) = messages.page(code).examples("wrong")
    codes, ok, said = judge(wrong)
    assert code in codes, said
    assert ok is code.startswith("BP5")
    assert not any("{" in text for text in said)


@pytest.mark.parametrize("code", messages.codes())
def test_the_right_example_is_right(code, judge):
    (right,) = messages.page(code).examples("right")
    codes, ok, said = judge(right)
    assert ok, said
    assert code not in codes
