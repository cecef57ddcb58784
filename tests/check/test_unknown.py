"""A gradient that no known mistake explains: the report says which entries are wrong and by what ratio."""

import numpy as np
import pytest

import backproof


class Affine:
    """Right, but for what `bend` does to dW."""

    def __init__(self, bend):
        rng = np.random.default_rng(0)
        self.W, self.b, self.bend = rng.standard_normal((7, 4)), rng.standard_normal(4), bend

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.bend(self.dW)
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


def one_column(dW):
    dW[:, 2] = np.sin(3 * dW[:, 2]) + 1


def two_rows(dW):
    dW[[1, 4]] = np.sin(3 * dW[[1, 4]]) + 1


def everywhere(dW):
    dW[...] = np.sin(3 * dW) + 1


@pytest.mark.parametrize(
    ("bend", "wrong", "where", "said"),
    [
        (one_column, 7, {"axis": 1, "indices": [2]}, "Only at 2 along axis 1: 7 of 28 entries of dW are wrong"),
        (
            two_rows,
            8,
            {"axis": 0, "indices": [1, 4]},
            "Only at 1, 4 along axis 0: 8 of 28 entries of dW are wrong",
        ),
        (everywhere, 28, {}, "Every entry of dW is wrong"),
    ],
)
def test_which_entries_are_wrong(bend, wrong, where, said):
    report = backproof.check(Affine(bend), np.random.default_rng(1).standard_normal((3, 7)))
    (fault,) = report.findings
    assert (fault.quantity, fault.cause) == ("dW", "unknown")
    assert (fault.evidence["wrong entries"], fault.evidence["of"]) == (wrong, 28)
    assert {key: fault.evidence[key] for key in ("axis", "indices") if key in fault.evidence} == where
    low, high = fault.evidence["ratio"]
    assert low < high
    assert said in str(report)
