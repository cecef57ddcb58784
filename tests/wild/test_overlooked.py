"""Files that show a mistake, or that there is none, only where the check looks at them in more than one way."""

from pathlib import Path

import pytest
from judging import assert_right, faults, gone_wrong, named

OVERLOOKED = Path(__file__).parent / "programs" / "overlooked"

# (file, what is judged): a piece of the source, the same gone wrong, words of the findings that this makes
CASES = {
    ("mode_of_the_way_back", "Thinned"): ('["B"].T * self.kept', '["B"].T', "gives a wrong A"),
    ("mode_of_the_way_back", "Calm"): ('["B"].T * (1 - self.h**2))', '["B"].T)', "gives a wrong A"),
    ("one_score_each", "YesOrNo"): ("(self.p - self.t) / len(self.t)", "(self.p - self.t)", "missing-batch-mean"),
    ("one_score_each", "Asked"): ("* (1 - self.h**2)", "* (1 - self.h)", "gives a wrong W"),
    ("both_forms_of_labels", None): (
        "d[np.arange(len(t)), t] -= 1",
        "d[np.arange(len(t)), np.sort(t)] -= 1",
        "BP",
    ),
    ("handed_more_than_one", None): ("+= out.grad * math.cos(", "+= math.cos(", "gives a wrong dx"),
    ("goes_back_alone", "SoftmaxLoss"): ("at = y_true.argmax(axis=1)", "at = y_true.argmin(axis=1)", "dx"),
    ("steps_first", "Recurrent"): ("dh = da @ self.U.T", "dh = da", "gives a wrong"),
    ("numbers_by_their_steps", "Grid"): ("cell.lift -= rate * cell.error", "cell.lift -= rate * cell.out", "lift"),
    ("loss_over_steps", "steps_loss"): ("d *= mask[:, :, None]", "d *= 1", "dx"),
    ("labels_are_sequences", None): ("* (1 - h**2)", "* (1 - h)", "gives a wrong A"),
    ("returned_in_a_row", "Plain"): ("return d1.sum(axis=0)", "return d1.sum()", "sum-without-axis"),
    ("returned_in_a_row", "Named"): ("b1=found[0]", "b1=found[0].sum()", "b1"),
    ("returned_in_a_row", "Frozen"): ("X.T @ d1, d1.sum(axis=0)", "2 * X.T @ d1, d1.sum(axis=0)", "W1"),
}


@pytest.mark.parametrize(("file", "name"), CASES)
def test_it_is_right(file, name):
    assert_right(named(OVERLOOKED / f"{file}.py", name))


@pytest.mark.parametrize(("file", "name"), CASES)
def test_gone_wrong_it_is_found_out(file, name, tmp_path):
    right, wrong, words = CASES[file, name]
    path = gone_wrong(OVERLOOKED / f"{file}.py", right, wrong, tmp_path)
    assert words in str(faults(named(path, name)))
