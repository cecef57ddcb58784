"""Scripts that put layers of the files beside them together: those are judged, a way back of their own is not."""

import pytest
from judging import judged

LAYERS = """
import numpy as np


class Full:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, grad):
        self.dW = self.x.T @ grad
        return grad @ self.W.T


class Unused:
    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, grad):
        return grad * self.x
"""
SCRIPT = """
from layers import Full, Unused

net = [Full(2, 3), Full(3, 1)]
"""
LOOP = """
for layer in net:
    x = layer.forward(x)
for layer in reversed(net):
    x = layer.backward(x)
"""
FUNCTION = """
def learn(x):
    x = net[0].forward(x)
    return net[0].backward(x)
"""


@pytest.fixture
def reports(tmp_path):
    def reports(script, layers=LAYERS):
        (tmp_path / "layers.py").write_text(layers, encoding="utf-8")
        (tmp_path / "script.py").write_text(script, encoding="utf-8")
        return judged(str(tmp_path / "script.py"))

    return reports


def test_the_layers_that_a_script_uses_are_judged(reports):
    assert [(report["subject"], report["ok"]) for report in reports(SCRIPT)] == [("Full(7, 4)", True)]


def test_one_that_is_wrong_is_found_out(reports):
    [report] = reports(SCRIPT, LAYERS.replace("self.x.T @ grad", "self.x.T @ grad**2"))
    assert "dW" in str(report["findings"])


@pytest.mark.parametrize(("further", "name"), [(LOOP, "script.py"), (FUNCTION, "learn")])
def test_what_goes_back_in_the_script_is_said_not_to_be_judged(reports, further, name):
    found = reports(SCRIPT + further)
    assert [report["findings"][0]["cause"] for report in found if not report["ok"]] == ["not-recognised"]
    assert {report["subject"] for report in found} == {name, "Full(7, 4)"}
