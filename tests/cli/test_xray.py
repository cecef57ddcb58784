"""`backproof xray`: the page is written, and what cannot be drawn ends in one message and exit code 2."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backproof.cli.xray_job import program
from backproof.subjects.load import load
from backproof.subjects.select import targets

BACKPROOF = Path(sys.executable).with_name("backproof")
SEEDS = Path(__file__).parents[1] / "seeds"


def xray(*arguments, cwd):
    return subprocess.run([BACKPROOF, "xray", *map(str, arguments)], capture_output=True, text=True, cwd=cwd)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (SEEDS / "000.ipynb", ["SoftmaxWithLoss", "Affine1", "The rule gives L"]),
        (SEEDS / "004_matrix.py", ["no layer objects"]),
        (f"{SEEDS / '003.py'}::Affine", ["from above is random"]),
        ("backproof.networks:TwoLayerNet", ["Relu1"]),
    ],
)
def test_a_page_of_everything_that_can_be_checked(target, words, tmp_path):
    result = xray(target, cwd=tmp_path)
    assert result.returncode == 0
    assert result.stdout.startswith("xray.html: X-ray of ")
    page = (tmp_path / "xray.html").read_text(encoding="utf-8")
    for word in words:
        assert word in page
    assert [path.name for path in tmp_path.iterdir()] == ["xray.html"]


def test_a_network_of_784_inputs_gets_digits_and_how_to_make_it_is_told(tmp_path):
    result = xray(SEEDS / "000.py", "--make", "TwoLayerNet(784, 50, 10)", "--out", "net.html", cwd=tmp_path)
    assert result.returncode == 0
    page = (tmp_path / "net.html").read_text(encoding="utf-8")
    assert "shipped digits" in page
    assert "batch of 100" in page


PARTS = """
import numpy as np
class Broken:
    def __init__(self, mystery):
        raise ValueError(mystery)
    def forward(self, x):
        return x
    def backward(self, dout):
        return dout
class Scale:
    def __init__(self, factor=2.0):
        self.factor = factor
    def forward(self, x):
        return x * self.factor
    def backward(self, dout):
        return dout * self.factor
def relu(x):
    return np.maximum(x, 0)
def relu_grad(x):
    return (x > 0) * 1.0
thing = Scale(3.0)
"""


@pytest.mark.parametrize(
    ("wanted", "name", "words"),
    [
        ("", "Scale()", "Scale"),  # the first class cannot be made
        ("::relu", "relu", "relu_grad"),
        ("::thing", "thing", "Scale"),
    ],
)
def test_of_a_file_the_first_part_that_works_or_the_one_named(wanted, name, words, tmp_path):
    (tmp_path / "net.py").write_text(PARTS, encoding="utf-8")
    messages = []
    program({"target": f"{tmp_path}/net.py{wanted}", "make": None, "report": None, "seed": 0}, messages.append)
    assert messages[-1].get("name") == name
    assert words in messages[-1]["page"]


WILD = SEEDS.parent / "wild" / "programs"


# one program for each kind of subject: what tells the others apart is found out before anything is drawn
DRAWN = sorted(
    [*WILD.glob("*_right.py"), *WILD.glob("tapes/*.py"), *WILD.glob("sequences/*.py"), *WILD.glob("shapes/*.py")]
)


@pytest.mark.parametrize("path", DRAWN, ids=lambda path: path.stem)
def test_every_shape_that_is_checked_is_drawn(path):
    messages = []
    program({"target": str(path), "make": None, "report": None, "seed": 0}, messages.append)
    if targets(load(str(path))):
        assert messages[-1].get("refused") is None
        assert "xr-edge" in messages[-1]["page"]
    else:
        assert messages[-1]["refused"].startswith("nothing to x-ray in")


def test_other_parts_of_the_file_are_told(tmp_path):
    result = xray(SEEDS / "002.py", cwd=tmp_path)
    assert "Also in it: SoftmaxWithLoss" in result.stdout
    assert f"backproof xray {SEEDS / '002.py'}::SoftmaxWithLoss" in result.stdout


def test_what_could_not_be_drawn_before_is_told(tmp_path):
    (tmp_path / "net.py").write_text(PARTS, encoding="utf-8")
    result = xray("net.py", cwd=tmp_path)
    assert result.returncode == 0
    assert "X-ray of Scale()" in result.stdout
    assert "Broken was not drawn: " in result.stdout


def test_what_raises_while_it_is_looked_at_is_said(tmp_path):
    (tmp_path / "net.py").write_text(
        "class L:\n    @property\n    def params(self): raise ZeroDivisionError('mine')\n"
        "    def forward(self, x): return x\n    def backward(self, dout): return dout\n",
        encoding="utf-8",
    )
    result = xray("net.py", cwd=tmp_path)
    assert result.returncode == 2
    assert "net.py raised ZeroDivisionError: mine" in result.stderr
    assert "Traceback" not in result.stderr


def test_what_a_check_found_wrong_is_marked(tmp_path):
    finding = {"code": "BP101", "kind": "forward", "layer": "SoftmaxWithLoss", "quantity": "loss"}
    finding |= {"cause": "softmax-over-batch", "message": "one sum over the whole batch"}
    (tmp_path / "report.json").write_text(json.dumps({"ok": False, "findings": [finding]}), encoding="utf-8")
    result = xray(SEEDS / "000.py", "--report", "report.json", cwd=tmp_path)
    assert "wrong: one sum over the whole batch" in result.stdout
    assert "✗ 2." in (tmp_path / "xray.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "arguments", "message"),
    [
        ("x = 1\n", [], "nothing to x-ray"),
        ("def softmax(x):\n    return x\n", [], "softmax has no way back to look at"),
        ("class Net:\n    def __init__(self, mystery): raise ValueError(mystery)\n"
         "    def loss(self, x, t): return 1.0\n    def gradient(self, x, t): pass\n", [], "--make"),
        ("class Net:\n    def loss(self, x, t): return 1.0\n    def gradient(self, x, t): exit(3)\n", [],
         "called exit(3)"),
        ("class L:\n    def forward(self, x):\n        while True: pass\n    def backward(self, d): return d\n",
         ["--timeout", "1.5"], "came to no end within 1.5 s"),
        ("import os\nclass L:\n    def forward(self, x): os._exit(7)\n    def backward(self, d): return d\n",
         [], "exit code 7"),
        ("class L:\n    def forward(self, x): return x\n    def backward(self, d): return d\n",
         ["--make", "M(3)"], "--make 'M(3)' makes none of the classes to draw in"),
        ("class L:\n    def forward(self, x): return x\n    def backward(self, d): return d\n",
         ["--make", "L(3"], "--make"),
        ("x = 1\n", ["--out", "page.png"], "ends in .html"),
        ("x = 1\n", ["--out", "nowhere/page.html"], "does not exist"),
        ("x = 1\n", ["--report", "net.py"], "is no JSON"),
        ("x = 1\n", ["--report", "absent.json"], "absent.json"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_one_message(source, arguments, message, tmp_path):
    (tmp_path / "net.py").write_text(source, encoding="utf-8")
    result = xray("net.py", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net.py"]


def test_a_network_that_raises_midway_still_gives_a_page(tmp_path):
    source = (SEEDS / "001.py").read_text(encoding="utf-8")
    broken = source.replace("dx = np.dot(dout, self.W.T)", "dx = np.dot(dout, self.W)")
    assert broken != source
    (tmp_path / "net.py").write_text(broken, encoding="utf-8")
    result = xray("net.py", cwd=tmp_path)
    assert result.returncode == 0
    assert "Affine2 raised ValueError" in result.stdout
