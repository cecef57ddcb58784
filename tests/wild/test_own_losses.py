"""Networks with a loss of their own that says what is meant: understood, right, found out when wrong."""

from pathlib import Path

import pytest
from judging import assert_right, faults, gone_wrong, judged, named

PROGRAMS = Path(__file__).parent / "programs" / "own_losses"

# (file, what is judged): words of the report, a piece of the source, the same gone wrong, what this spoils
CASES = {
    ("drops_units", None): ("its own loss", "* self.mask * (1", "* (1", "W1"),
    ("decides", "Decides"): (
        "its own cost",
        "return X.T @ d, d.sum(axis=0)",
        "return X.T @ d, 2 * d.sum(axis=0)",
        "c",
    ),
    ("decides", "DecidesAlone"): ("its own cost", "np.sum(off, axis=0)", "np.sum(off)", "b"),
    ("shuffles", None): ("train alone", "* (1 - hidden**2)", "* (1 - hidden)", "W1"),
    ("lists_of_weights", None): ("its own network_cost", "+ 2 * lamda", "+ lamda", "weights"),
    ("there_and_back", None): ("squares, implied", "* (1 - value**2)", "* (1 - value)", "weights"),
    ("forward_costs", None): ("its own forward_prop", "2 * decay * params", "decay * params", "W"),
    ("rebuilds", "Draws"): ("its own loss", "* self.noise * self.spread", "* self.spread", "S"),
}


@pytest.mark.parametrize(("file", "name"), CASES)
def test_it_is_understood_and_right(file, name):
    words, *_ = CASES[file, name]
    assert_right(named(PROGRAMS / f"{file}.py", name), words)


@pytest.mark.parametrize(("file", "name"), CASES)
def test_gone_wrong_it_is_found_out(file, name, tmp_path):
    _, right, wrong, quantity = CASES[file, name]
    path = gone_wrong(PROGRAMS / f"{file}.py", right, wrong, tmp_path)
    found = faults(named(path, name))
    assert found
    assert quantity in str(found)


def test_without_a_loss_what_comes_out_is_held_against_what_went_in(tmp_path):
    source = (PROGRAMS / "rebuilds.py").read_text(encoding="utf-8")
    (report,) = judged(f"{PROGRAMS / 'rebuilds.py'}::Rebuilds")
    assert report["ok"]
    assert "half the sum of squares against its input, implied" in report["understood"]
    path = tmp_path / "rebuilds.py"
    path.write_text(source.replace("off = self.seen - self.x", "off = np.sign(self.seen) - self.x"))
    (report,) = judged(f"{path}::Rebuilds")
    assert [finding["kind"] for finding in report["findings"]] == ["uncheckable"]  # another loss, or a mistake


def test_a_tanh_that_is_called_sigmoid_is_no_fault_of_a_network_that_goes_back_by_its_slope(tmp_path):
    source = (PROGRAMS / "called_sigmoid.py").read_text(encoding="utf-8")
    (report,) = judged(f"{PROGRAMS / 'called_sigmoid.py'}")
    assert report["ok"]
    assert [(finding["kind"], finding["cause"]) for finding in report["findings"]] == [("note", "sigmoid-is-tanh")]
    path = tmp_path / "called_sigmoid.py"
    path.write_text(source.replace("self.W2.T) * dsigmoid(self.hidden)", "self.W2.T)"))
    (report,) = judged(f"{path}")
    assert [finding["kind"] for finding in report["findings"]] == ["backward", "note"]
