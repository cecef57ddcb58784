"""How code calls its own classes: from its script and the files beside it, without running them."""

import sys

import pytest

from backproof.subjects.calls import OPEN, own_calls
from backproof.subjects.load import load

NET = """
import numpy as np
class Net:
    def __init__(self, sizes, act="relu", rate=0.1):
        self.sizes = sizes
"""


@pytest.fixture
def calls(tmp_path):
    def calls(script, **beside):
        for name, text in beside.items():
            (tmp_path / f"{name}.py").write_bytes(text if isinstance(text, bytes) else text.encode())
        (tmp_path / "net.py").write_text(NET + script, encoding="utf-8")
        loaded = load(str(tmp_path / "net.py"))
        with loaded.imports:
            return list(own_calls(loaded.definitions["Net"]))

    yield calls
    for name in [
        n for n, m in sys.modules.items() if (getattr(m, "__file__", None) or "").startswith(str(tmp_path))
    ]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("script", "given"),
    [
        ("net = Net([784, 30, 10])\n", [{"sizes": [784, 30, 10]}]),
        (
            "if __name__ == '__main__':\n    layout = [(2, 'relu')]\n    Net(layout, rate=0.5)\n",
            [{"sizes": [(2, "relu")], "rate": 0.5}],
        ),
        ("def main(data):\n    Net(data.shape, act='tanh')\n", [{"sizes": OPEN, "act": "tanh"}]),
        ("Net([2, 1])\nNet([2, 1])\n", [{"sizes": [2, 1]}]),  # once
        ("Net(open('x').read())\n", []),  # nothing known of it
        ("Net(*[[2, 1]])\n", []),  # a star
        ("Net([2], 'a', 1, 2, 3)\n", []),  # too many
    ],
)
def test_what_a_call_gives_to_its_parameters(calls, script, given):
    assert calls(script) == given


def test_calls_in_the_files_beside_it_those_that_can_be_read(calls):
    beside = {
        "train": "from net import Net\nNet([4, 2])\n",
        "broken": "Net([1, 1]\n",
        "latin": "# caf\xe9 Net([9, 9])\n".encode("latin-1"),
        "other": "print('nothing of it')\n",
    }
    assert calls("", **beside) == [{"sizes": [4, 2]}]


def test_what_has_no_source_is_called_nowhere():
    assert list(own_calls(dict)) == []
    assert list(own_calls(type("Made", (), {"__init__": lambda self, n: None}))) == []
