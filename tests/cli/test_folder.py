"""`backproof check FOLDER`: every file in it is judged, with a table at the end; how far it is; what stops it."""

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backproof.cli import app, folder
from backproof.cli.folder import in_parallel

RELU = """
class Relu:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask
    def backward(self, dout):
        return dout * self.mask
"""
FORGETFUL = RELU.replace("return dout * self.mask", "return dout")
PLAIN = "def f(x):\n    return x\n"
CRASH = RELU.replace("self.mask = x > 0", "import os; os.abort()")


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Write {name: text} into the folder `course` and run `backproof check course`."""
    monkeypatch.chdir(tmp_path)

    def check(files, *arguments):
        for name, text in files.items():
            path = Path("course", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return CliRunner().invoke(app, ["check", "course", *arguments])

    return check


def notebook(*cells):
    return json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": text} for text in cells]})


def test_every_file_has_its_row_and_only_faults_are_told_at_length(check):
    result = check(
        {
            "anna.py": RELU,
            "ben[1].py": FORGETFUL,
            "clara/net.ipynb": notebook("import numpy as np", FORGETFUL),
            "clara/plain.py": PLAIN,
            "dora.py": CRASH,
            ".hidden/net.py": FORGETFUL,
            "venv/net.py": FORGETFUL,
            "readme.txt": "no code",
        }
    )
    assert result.exit_code == 1
    told, _, table = result.stdout.partition("how it was understood")
    assert told.count("1 fault  Relu()") == 2
    assert "anna.py" not in told
    *rows, summed = table.strip().splitlines()[1:]
    found = {row.split("  ")[0]: row for row in rows}
    assert list(found) == [
        f"course/{name}" for name in ("anna.py", "ben[1].py", "dora.py", "clara/net.ipynb", "clara/plain.py")
    ]
    assert " right " in found["course/anna.py"]
    for name in ("course/ben[1].py", "course/clara/net.ipynb"):
        assert "1 fault" in found[name]
        assert "Relu, dx, line 7" in found[name]
        assert "mask-missing" in found[name]
    assert "nothing to judge" in found["course/clara/plain.py"]
    assert "not judged" in found["course/dora.py"]
    assert "crashed" in found["course/dora.py"]
    assert summed == "5 files: 2 wrong, 1 right, 1 not judged, 1 nothing to judge"


def test_nothing_to_judge_is_no_failure_beside_what_is_right(check):
    result = check({"net.py": RELU, "plain.py": PLAIN}, "--format", "json")
    data = json.loads(result.stdout)
    assert (result.exit_code, data["ok"]) == (0, True)
    assert [report["target"] for report in data["reports"]] == ["course/net.py"]


def test_a_folder_in_which_nothing_could_be_judged_is_not_right(check):
    result = check({"plain.py": PLAIN})
    assert result.exit_code == 2
    assert "1 file: 1 nothing to judge" in result.stdout


def test_a_folder_beside_a_file(check, tmp_path):
    (tmp_path / "own.py").write_text(FORGETFUL, encoding="utf-8")
    result = check({"net.py": RELU}, "own.py", "--format", "json")
    assert result.exit_code == 1
    targets = [report["target"] for report in json.loads(result.stdout)["reports"]]
    assert targets == ["course/net.py", "own.py"]


def test_a_folder_without_code_is_refused_by_name(check):
    result = check({"readme.txt": "no code"})
    assert result.exit_code != 0
    assert "course holds no .py and no .ipynb file" in str(result.exception)


def test_a_terminal_sees_a_bar_and_a_file_sees_plain_lines(check, monkeypatch):
    monkeypatch.setattr(folder, "_NEWS_EVERY", 0.0)
    heard = check({"net.py": RELU}).stderr
    assert heard.strip() == "judged 1 of 1, last course/net.py"
    monkeypatch.setenv("FORCE_COLOR", "1")
    heard = check({"net.py": RELU}).stderr
    assert "1/1" in heard
    assert "judged" not in heard


def test_answers_come_in_the_order_of_the_targets(capsys):
    waits = {"slow": 0.2, "quick": 0.0}

    def judge(target, stop):
        time.sleep(waits[target])
        return target.upper()

    assert list(in_parallel(judge, list(waits))) == ["SLOW", "QUICK"]


def test_what_has_not_begun_when_it_is_stopped_does_not_begin(capsys):
    begun = []

    def judge(target, stop):
        begun.append(target)
        if target == 0:
            raise KeyboardInterrupt
        time.sleep(0.05)

    with pytest.raises(KeyboardInterrupt):
        list(in_parallel(judge, range(400)))
    assert len(begun) < 400
