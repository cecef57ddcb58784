"""Mends: the user's own line with a small change, and those that were tried."""

import linecache

import numpy as np
import pytest

import backproof
from backproof.check.locate import Spot
from backproof.check.mends import ALL, edits, mended


@pytest.mark.parametrize(
    ("cause", "before", "after"),
    [
        ("softmax-over-batch", "np.sum(exp_a)", "np.sum(exp_a, axis=-1, keepdims=True)"),
        ("softmax-over-batch", "a.max()", "a.max(axis=-1, keepdims=True)"),
        ("softmax-wrong-axis", "np.sum(e, axis=0)", "np.sum(e, axis=-1, keepdims=True)"),
        ("removed-numpy-name", "np.int", "int"),
        ("raises", "np.zeros(x)", "np.zeros_like(x)"),
        ("sum-without-axis", "np.sum(dout)", "np.sum(dout, axis=0)"),
        ("wrong-axis", "np.sum(dout, axis=1)", "np.sum(dout, axis=0)"),
        ("averaged-instead-of-summed", "dout.mean(axis=0)", "dout.sum(axis=0)"),
        ("averaged-twice", "np.dot(x.T, dout) / n", "np.dot(x.T, dout)"),
        ("wrong-factor", "2 * (y - t)", "(y - t)"),
        ("wrong-factor", "2 * (x.T @ dout)", "x.T @ dout"),
        ("one-row-only", "dout[0]", "dout.sum(axis=0)"),
        ("log10", "np.log10(y + 1e-7)", "np.log(y + 1e-7)"),
        ("sigmoid-missing-parentheses", "1 / 1 + np.exp(-x)", "1 / (1 + np.exp(-x))"),
        ("sigmoid-sign-flipped", "np.exp(x)", "np.exp(-x)"),
        ("mask-inverted", "dout[~self.mask] = 0", "dout[self.mask] = 0"),
        ("transposed", "np.dot(dout.T, self.x)", "np.dot(self.x.T, dout)"),
        ("operands-swapped", "W @ dout", "dout @ W"),
        ("parameter-disconnected", "W.copy()", "W"),
        ("parameter-disconnected", "np.array(W)", "W"),
        ("writes-into-input", "out = x", "out = x.copy()"),
        ("accumulates", "self.dW += np.dot(x.T, dout)", "self.dW = np.dot(x.T, dout)"),
        ("overlaps-overwritten", "dx[:, i:i + 3] = g", "dx[:, i:i + 3] += g"),
        ("float16-inside", "x.astype(np.float16)", "x"),
        ("rounds-inside", "np.zeros(x.shape, dtype=int)", "np.zeros(x.shape)"),
        ("order-not-restored", "dx.reshape(shape, order='F')", "dx.reshape(shape)"),
        ("labels-not-subtracted", "dx[:, t] -= 1", "dx[np.arange(len(t)), t] -= 1"),
    ],
)
def test_the_mend_of_a_cause_is_the_line_itself_but_for_the_change(tmp_path, cause, before, after):
    path = tmp_path / "code.py"
    path.write_text(f"    値 = f({before})  # as it was\n", encoding="utf-8")
    linecache.checkcache()
    spot = Spot(str(path), 1, before, (10, 10 + len(before)))
    assert mended(cause, spot) == f"    値 = f({after})  # as it was"


def test_where_a_cause_names_no_change_there_is_none(tmp_path):
    assert mended("unknown", Spot("nowhere.py", 1, "a + b", (0, 5))) is None
    assert mended("log10", Spot("nowhere.py", 1, "a + (", (0, 5))) is None


@pytest.mark.parametrize("text", ["dx = np.dot(dout, W) * 2 - (a > 0) ** 2 / y.size", "x = f(\n    -a, axis=1)"])
def test_every_proposal_can_be_read_as_python(text):
    proposals = [edit.apply(text) for edit in edits(text, ALL)]
    assert len(proposals) >= 3
    for proposal in proposals:
        compile(proposal, "proposal", "exec")
        assert proposal != text


LAYER = """
import numpy as np


def softmax(a):
    exp_a = np.exp(a - np.max(a, axis=1, keepdims=True))
    return exp_a / np.sum(exp_a, axis=1, keepdims=True)


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.y, self.t = softmax(x), t
        return -np.sum(t * np.log(self.y)) / len(x)

    def backward(self, dout=1):
        if self.t is None:
            return self.y
        return (self.y - self.t) / len(self.t)


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return np.dot(dout, self.W.T)


class Sigmoid:
    def forward(self, x):
        self.out = 1 / (1 + np.exp(-x))
        return self.out

    def backward(self, dout):
        return dout * self.out * (1 - self.out)
"""
SUBJECTS = {
    "SoftmaxWithLoss": lambda names: names["SoftmaxWithLoss"](),
    "Affine": lambda names: names["Affine"](np.ones((4, 3)), np.ones(3)),
    "Sigmoid": lambda names: names["Sigmoid"](),
}
FAULTS = [
    ("Affine", "np.dot(self.x.T, dout)", "np.dot(dout.T, self.x).T * 3"),
    ("Affine", "np.sum(dout, axis=0)", "np.mean(dout, axis=0)"),
    ("Affine", "np.dot(dout, self.W.T)", "-np.dot(dout, self.W.T)"),
    ("Affine", "+ self.b", "- self.b"),
    ("SoftmaxWithLoss", "(self.y - self.t) / len(self.t)", "(self.t - self.y) / len(self.t)"),
    ("SoftmaxWithLoss", "np.sum(exp_a, axis=1, keepdims=True)", "np.sum(exp_a)"),
    ("SoftmaxWithLoss", "-np.sum(t * np.log", "-np.sum(t * np.log10"),
    ("Sigmoid", "1 / (1 + np.exp(-x))", "1 / 1 + np.exp(-x)"),
    ("Sigmoid", "dout * self.out * (1 - self.out)", "self.out * (1 - self.out)"),
    ("Sigmoid", "(1 - self.out)", "(1 - self.out ** 2)"),
]


@pytest.mark.parametrize(("name", "right", "wrong"), FAULTS)
def test_the_mend_is_on_the_changed_line_and_makes_it_right(tmp_path, name, right, wrong):
    def judge(text):
        path = tmp_path / "layer.py"
        path.write_text(text, encoding="utf-8")
        linecache.checkcache()
        names = {}
        exec(compile(text, path, "exec"), names)
        return backproof.check(SUBJECTS[name](names))

    faulty = LAYER.replace(right, wrong)
    changed = next(
        i for i, (a, b) in enumerate(zip(LAYER.split("\n"), faulty.split("\n"), strict=True), 1) if a != b
    )
    report = judge(faulty)
    fault = report.findings[0]
    assert fault.line == changed
    lines = faulty.split("\n")
    for mend in fault.evidence["mend"]:
        lines[mend["line"] - 1] = mend["source"]
    assert judge("\n".join(lines)).ok


def test_the_users_functions_are_their_own_again(tmp_path):
    path = tmp_path / "layer.py"
    text = LAYER.replace("np.sum(dout, axis=0)", "np.cumsum(dout, axis=0)[-1] ** 3")
    path.write_text(text, encoding="utf-8")
    names = {}
    exec(compile(text, path, "exec"), names)
    affine = SUBJECTS["Affine"](names)
    own = affine.backward.__func__.__code__, affine.forward.__func__.__code__
    assert not backproof.check(affine).ok
    assert (affine.backward.__func__.__code__, affine.forward.__func__.__code__) == own
