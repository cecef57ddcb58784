"""Names that are nowhere defined are faults, whatever the input; what a script would define is none."""

import json

import pytest
from typer.testing import CliRunner

from backproof.cli import app

LAYER = """
import numpy as np
class Bend:
    def forward(self, x):
        self.y = {forward}
        return self.y
    def backward(self, dout):
        return dout * {backward}
{rest}
"""


@pytest.fixture
def judged(tmp_path):
    def judged(text):
        path = tmp_path / "bend.py"
        path.write_text(text, encoding="utf-8")
        result = CliRunner().invoke(app, ["check", str(path), "--format", "json"])
        return result.exit_code, json.loads(result.stdout)["findings"]

    return judged


def layer(forward="np.tanh(x)", backward="(1 - self.y**2)", rest=""):
    return LAYER.format(forward=forward, backward=backward, rest=rest)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (layer("tanh(x)"), 5),
        (layer("self.tanh(x)"), 5),
        (layer(backward="tanh_slope(self.y)"), 8),
        (layer(rest="    def tanh(self, x):\n        return np.tanh(x)\n", forward="tanh(x)"), 5),  # a method
    ],
)
def test_what_is_nowhere_defined_is_a_fault_on_its_line(judged, text, line):
    code, findings = judged(text)
    faults = [f for f in findings if f["kind"] in ("forward", "backward")]
    assert code == 1
    assert [(f["cause"], f["line"]) for f in faults] == [("raises", line)]


@pytest.mark.parametrize(
    "text",
    [
        layer("scale * np.tanh(x)", rest="if __name__ == '__main__':\n    scale = float(input())\n"),
        layer("tanh(x)", rest="from helpers_of_mine import *\n"),
        layer("self.f(x)", rest="    def prepare(self, f):\n        self.f = f\n"),
        layer("self.f(x)", rest="def prepare(layer, f):\n    setattr(layer, 'f', f)\n"),
    ],
)
def test_what_the_script_may_define_is_not_judged(judged, text):
    code, findings = judged(text)
    assert code == 2
    assert {f["kind"] for f in findings} <= {"uncheckable", "note"}
