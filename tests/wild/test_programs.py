"""Programs of the shapes that people write: the right ones pass, the wrong ones are found out, with a place."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backproof.cli import app

PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


def judged(path):
    result = CliRunner().invoke(app, ["check", str(path), "--format", "json"])
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize("path", [p for p in PROGRAMS if p.stem.endswith("_right")], ids=lambda p: p.stem)
def test_a_right_program_is_right(path):
    code, data = judged(path)
    assert code == 0, data["findings"]
    assert data["ok"]


@pytest.mark.parametrize("path", [p for p in PROGRAMS if p.stem.endswith("_wrong")], ids=lambda p: p.stem)
def test_a_wrong_program_is_wrong_and_has_a_line(path):
    code, data = judged(path)
    assert code == 1
    first = data["findings"][0]
    assert first["kind"] in ("backward", "forward")
    assert Path(first["file"]).name.endswith(("_wrong.py", "_right.py"))
    assert first["line"] > 0


def test_the_report_says_how_the_code_was_taken():
    path = next(p for p in PROGRAMS if p.stem == "monolith_right")
    _, data = judged(path)
    words = data["reports"][0]["understood"]
    assert "samples in rows" in words
    assert "categorical cross-entropy, implied" in words


@pytest.mark.parametrize(
    ("program", "culprit"),
    [
        ("updating_layers_wrong", "Dense"),
        ("leaving_layers_wrong", "Activation_ReLU"),
        ("framework_wrong", "LeakyReLU"),
    ],
)
def test_the_wrong_layer_is_named(program, culprit):
    path = next(p for p in PROGRAMS if p.stem == program)
    _, data = judged(path)
    assert [f["layer"] for f in data["findings"] if f["kind"] == "backward"] == [culprit]
