"""Losses that take one-hot rows and class indices are judged with both."""

import numpy as np
import pytest

import backproof


class Kept:
    """The book's habit: the softmax inside, labels kept."""

    def forward(self, x, t):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y, self.t = e / e.sum(axis=1, keepdims=True), t
        at = t.argmax(axis=1) if t.size == self.y.size else t
        return -np.mean(np.log(self.y[np.arange(len(x)), at]))

    def backward(self, dout=1):
        n = len(self.y)
        if self.t.size == self.y.size:
            return (self.y - self.t) / n
        dx = self.y.copy()
        dx[np.arange(n), self.t] -= 1
        return dx / n


class KeptWholeRows(Kept):
    def backward(self, dout=1):
        if self.t.size == self.y.size:
            return (self.y - self.t) / len(self.y)
        dx = self.y.copy()
        dx[:, self.t] -= 1
        return dx / len(self.y)


class Handed:
    """Labels given to the way back once more."""

    def forward(self, y_pred, y_true):
        if y_true.ndim == 1:
            y_true = np.eye(y_pred.shape[1])[y_true]
        return -np.sum(y_true * np.log(y_pred), axis=1)

    def backward(self, y_pred, y_true):
        if y_true.ndim == 1:
            y_true = np.eye(y_pred.shape[1])[y_true]
        return -y_true / y_pred


class HandedWrongRows(Handed):
    def backward(self, y_pred, y_true):
        if y_true.ndim == 1:
            y_true = np.eye(y_pred.shape[1])[np.sort(y_true)]
        return -y_true / y_pred


class OneForm:
    """Asks for axes for another reason: indices are no labels of this one."""

    def forward(self, y, t):
        if y.ndim == 1:
            y, t = y[None], t[None]
        self.y, self.t = y, t
        return 0.5 * np.sum((y - t) ** 2) / len(y)

    def backward(self, dout=1):
        return (self.y - self.t) / len(self.y)


class AsPrinted(Kept):
    """The book's first listing: the loss takes indices, its backward one-hot rows alone."""

    def backward(self, dout=1):
        return (self.y - self.t) / self.t.shape[0]


@pytest.mark.parametrize("loss", [Kept(), Handed()], ids=["kept", "handed"])
def test_both_forms_are_right_and_the_report_says_so(loss):
    report = backproof.check(loss)
    assert report.ok, str(report)
    assert report.understood.endswith("with one-hot labels and class indices")


@pytest.mark.parametrize("loss", [KeptWholeRows(), HandedWrongRows()], ids=["kept", "handed"])
def test_a_mistake_in_the_indices_alone_is_found(loss):
    report = backproof.check(loss)
    assert not report.ok
    assert "indices" in report.understood
    assert {finding.quantity for finding in report.findings if finding.is_fault} == {"dx"}


@pytest.mark.parametrize("loss", [OneForm(), AsPrinted()], ids=["squares", "as printed"])
def test_a_loss_of_one_form_is_judged_with_that(loss):
    report = backproof.check(loss)
    assert report.ok
    assert "indices" not in report.understood
