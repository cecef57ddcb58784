"""A shape of one's own: two functions in one file and an entry in SHAPES, as docs/architecture.md says."""

import inspect
import types

import numpy as np
import pytest

from backproof import check
from backproof.check import job
from backproof.subjects import adapters
from backproof.subjects.trial.way import Way


class Net:
    def __init__(self, slope):
        rng = np.random.default_rng(0)
        self.kernel, self.slope = rng.normal(size=(5, 3)), slope

    def propagate(self, x):
        return np.tanh(x @ self.kernel)

    def correct(self, x, target):
        y = self.propagate(x)
        self.change = x.T @ ((y - target) * self.slope(y))


@pytest.fixture
def shape(monkeypatch):
    def ways(item):
        yield Way(
            name=type(item).__name__,
            described="a network with propagate and correct",
            owner=item,
            roots=(item,),
            forward=item.propagate,
            backward=item.correct,
            source={"gradient": item.correct, "predict": item.propagate},
        )

    twelfth = types.SimpleNamespace(matches=lambda item: hasattr(item, "correct"), ways=ways)
    monkeypatch.setattr(adapters, "SHAPES", (*adapters.SHAPES, twelfth))


@pytest.mark.usefixtures("shape")
def test_a_shape_of_ones_own_is_judged():
    right = check(Net(lambda y: 1 - y**2))
    assert right.ok
    assert "gradients in change" in right.understood
    wrong = check(Net(lambda y: 1 + y))
    assert [f.kind for f in wrong.findings if f.is_fault] == ["backward"]


@pytest.mark.usefixtures("shape")
def test_the_command_finds_it_in_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(job, "SHAPES", adapters.SHAPES)
    file = tmp_path / "net.py"
    file.write_text("import numpy as np\n\n\n" + inspect.getsource(Net).replace("slope):", "slope=np.cosh):"))
    messages = []
    job.program({"target": str(file), "make": None, "depth": "normal", "seed": 0, "done": {}}, messages.append)
    (report,) = [message["report"] for message in messages if "report" in message]
    assert "a network with propagate and correct" in report["understood"]
    assert not report["ok"]
