"""Names that are nowhere defined are faults, whatever the input; what a script would define is none."""

import importlib
import json
import linecache
import sys
import types

import pytest
from typer.testing import CliRunner

from backproof.check.undefined import undefined
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
        layer("bend(x)", rest="for i in range(3):\n    from bending import bend\n"),
        layer("bend(x)", rest="while True:\n    def bend(x):\n        return np.tanh(x)\n    print()\n"),
        layer("bend(x)", rest="def prepare():\n    global bend\n    bend = np.tanh\n"),
        layer("self.f(x)", rest="def prepare(layer, f):\n    setattr(layer, 'f', f)\n"),
    ],
)
def test_what_the_script_may_define_is_not_judged(judged, text):
    code, findings = judged(text)
    assert code == 2
    assert {f["kind"] for f in findings} <= {"uncheckable", "note"}


def raised(path, text):
    """What a file raises when it is run as a module."""
    path.write_text(text, encoding="utf-8")
    module = types.ModuleType(path.stem)
    module.__file__ = str(path)
    sys.modules[path.stem] = module
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)
    except Exception as error:
        return error
    finally:
        sys.modules.pop(path.stem)
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("bend(1)\n", "bend"),
        (
            "class A:\n    pass\ntry:\n    A().f\nexcept AttributeError as e:\n    held = e\nraise held\n",
            "",
        ),  # module gone
        ("import math\nmath.bend\n", ""),  # of a module
        ("[].bend\n", ""),  # of what is not theirs
        ("1 / 0\n", ""),
    ],
)
def test_only_names_of_their_own_files_are_looked_for(tmp_path, text, name):
    assert undefined(raised(tmp_path / "one.py", text)) == name


def test_what_cannot_be_read_defines_anything(tmp_path):
    error = raised(tmp_path / "two.py", "bend(1)\n")
    (tmp_path / "two.py").write_text("no python at all (\n", encoding="utf-8")
    linecache.clearcache()
    assert undefined(error) == ""
    assert undefined(raised(tmp_path / "three.ipynb", "bend(1)\n")) == ""


@pytest.mark.parametrize("known", ["def f(self): ...", "f = None"])
def test_attributes_that_a_class_beside_it_has(tmp_path, monkeypatch, known):
    path = tmp_path / "four.py"
    path.write_text(
        f"class A:\n    def g(self):\n        return self.f\nclass B:\n    {known}\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "four", raising=False)
    four = importlib.import_module("four")
    with pytest.raises(AttributeError) as caught:
        four.A().g()
    assert undefined(caught.value) == ""
    sys.modules.pop("four")


def test_what_other_classes_set_on_themselves_is_not_set_here(judged):
    other = "class Else:\n    def forward(self, x):\n        self.z = x\n        return x\n"
    text = layer(backward="np.sign(self.z)", rest=other)
    code, findings = judged(text)
    assert code == 1
    assert [f["line"] for f in findings if f["cause"] == "raises"] == [8]
