"""The fault corpus is what it says it is: HIPS autograd's derivatives are the judge."""

import ast

import numpy as np
import pytest

from backproof.check.catalogue import CODES
from benchmarks.faults import corpus, later, tables
from benchmarks.faults.causes import HAND, SYMPTOMS, mutant_causes
from benchmarks.faults.corpus import hand_truth, mutant_truth, mutants_of, written
from benchmarks.faults.hand import FAULTS, Fault
from benchmarks.faults.lines import right_lines
from benchmarks.faults.outcome import Outcome, Truth, cause_answer, layer_fits, line_fits, quantity_fits
from benchmarks.faults.subjects import PROGRAM, PROGRAM_LIST, Program, load
from benchmarks.faults.truth import Difference, differences, quiet, sample

# what two layers share is wrong for neither by itself
ONLY_IN_COMPANY = {"blocks-share-a-cache", "gradient-list-rebound", "mask-shared-by-all"}


def leaves(program: Program, text: str) -> list[Difference]:
    with written(text, program.name) as path:
        with quiet():
            subject = program.build(load(path))
        return differences(program, subject)


@pytest.mark.parametrize("program", PROGRAM_LIST, ids=lambda program: program.name)
def test_base_programs_agree_with_their_twins(program: Program) -> None:
    assert leaves(program, program.text) == []


@pytest.mark.parametrize("fault", [f for f in FAULTS if not f.benign], ids=lambda fault: fault.name)
def test_a_fault_shows_in_the_layer_that_it_is_said_to_be_in(fault: Fault) -> None:
    program = PROGRAM[fault.program]
    found = leaves(program, fault.text)
    truth = hand_truth(fault)
    assert found
    if "gradient()" not in fault.layers and fault.name not in ONLY_IN_COMPANY:
        assert any(layer_fits(difference.unit, truth) for difference in found)
    assert fault.text.splitlines()[fault.line - 1].strip()


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.benign], ids=lambda fault: fault.name)
def test_a_benign_habit_changes_no_value(fault: Fault) -> None:
    assert fault.text != PROGRAM[fault.program].text
    assert leaves(PROGRAM[fault.program], fault.text) == []


def test_the_corpus_is_as_large_and_as_varied_as_asked() -> None:
    categories = [fault.category for fault in FAULTS]
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert sum(category != "benign" for category in categories) >= 60
    assert categories.count("benign") >= 6
    assert set(categories) == {*tables.CATEGORIES, "benign"}
    assert {PROGRAM[fault.program].style for fault in FAULTS} == {"book", "cs231n", "framework"}
    assert {PROGRAM[fault.program].kind for fault in FAULTS} == {
        "MLP", "sigmoid", "batch norm", "convolution", "residual",
    }  # fmt: skip


@pytest.mark.parametrize("program", PROGRAM_LIST, ids=lambda program: program.name)
def test_mutants_are_programs_that_differ_in_their_own_line(program: Program) -> None:
    base = program.text.splitlines()
    for mutant in mutants_of(program.name):
        ast.parse(mutant.text)
        lines = mutant.text.splitlines()
        assert lines[: mutant.line - 1] == base[: mutant.line - 1]
        assert lines != base


def test_a_mutant_is_blamed_on_the_layer_whose_own_values_are_wrong() -> None:
    mutant = next(m for m in mutants_of("book_two_layer") if m.operator == "transpose" and "self.x.T" in m.before)
    program = PROGRAM["book_two_layer"]
    subject = program.build(load(program.path))
    truth = mutant_truth(
        mutant, subject, [Difference("gradient()", "W1", 0, 0), Difference("Affine1", "dW", 0, 0)]
    )
    assert (truth.layers, truth.kinds, truth.quantities) == (("Affine1",), ("backward",), ("dW",))
    wiring = mutant_truth(mutant, subject, [Difference("gradient()", "W1", 0, 0)])
    assert "gradient()" in wiring.layers


def test_the_choice_of_mutants_is_even_and_repeatable() -> None:
    surveys = [
        corpus.Survey(program, place, operator, "live", Truth(str(place), program, operator, layers=("a",)))
        for program in ("p", "q")
        for operator, count in (("axis", 2), ("sign", 50))
        for place in range(count)
    ]
    chosen = corpus.choose(surveys, 12)
    assert chosen == corpus.choose(surveys, 12)
    assert sum(entry.operator == "axis" for entry in chosen) == 4
    assert len(corpus.choose(surveys, 0)) == len(surveys)


@pytest.mark.parametrize(
    ("said", "true", "fits"),
    [("dW", "W2", True), ("weight", "dW", True), ("loss", "output", True), ("dx", "dW", False)],
)
def test_quantities_are_compared_by_what_they_are(said: str, true: str, fits: bool) -> None:
    assert quantity_fits(said, Truth("v", "p", "backward", quantities=(true,))) is fits


def test_either_half_of_a_pair_names_it_and_another_layer_does_not() -> None:
    truth = Truth("v", "p", "backward", layers=("conv_backward",))
    assert layer_fits("conv", truth)
    assert layer_fits("conv_forward", truth)
    assert not layer_fits("max_pool_backward", truth)


def test_misses_name_what_was_wanted_and_what_was_said() -> None:
    truth = Truth("planted", "book_two_layer", "backward", ("backward",), ("Relu1",), ("dx",))
    right = Outcome("Backproof", True, layer="Relu1", kind="backward", quantity="dx")
    wrong = Outcome("Backproof", True, layer="Affine2", kind="backward", quantity="dx")
    silent = Outcome("Backproof", False)
    entries = [tables.Judged("hand", truth, {"Backproof": outcome}) for outcome in (right, wrong, silent)]
    lines = tables.misses(entries)
    assert [line.split(":")[0] for line in lines] == ["- wrong layer", "- missed"]
    assert "2/3 (66.7 %) | 1/3 (33.3 %)" in tables.summary(entries, [])


def test_the_subjects_differ_from_call_to_call() -> None:
    """Stale caches can show: two calls of one size with other values, and another size before them."""
    subject = PROGRAM["book_two_layer"].build(load(PROGRAM["book_two_layer"].path))
    first, second, third = (sample(subject.units[0], 0, call)["x"] for call in range(3))
    assert first.shape != second.shape == third.shape
    assert not np.array_equal(second, third)


def test_every_fault_says_which_causes_are_right_in_the_checkers_own_words() -> None:
    assert set(HAND) == {fault.name for fault in FAULTS if not fault.benign}
    assert {cause for causes in HAND.values() for cause in causes} | SYMPTOMS <= set(CODES)


@pytest.mark.parametrize("program", PROGRAM_LIST, ids=lambda program: program.name)
def test_a_mutants_right_causes_are_causes_and_its_own_line_is_right(program: Program) -> None:
    for mutant in mutants_of(program.name)[::7]:
        if mutant.operator != "keepdims":  # none of them lives
            assert set(mutant_causes(mutant)) <= set(CODES)
        assert mutant.line in right_lines(program.text, mutant.text)


@pytest.mark.parametrize(
    ("before", "after", "right"),
    [
        ("np.sum(exp_a, axis=1, keepdims=True)", "np.sum(exp_a, keepdims=True)", "softmax-over-batch"),
        ("np.sum(dout, axis=0)", "np.mean(dout, axis=0)", "averaged-instead-of-summed"),
        ("(self.y - self.t) / batch_size", "(self.y - self.t)", "missing-batch-mean"),
        ("self.y - self.t", "(self.t - self.y)", "wrong-sign"),
        ("self.layers['Affine1']", "self.layers['Affine2']", "wrong-layers-gradient"),
    ],
)
def test_a_mutants_causes_follow_from_its_edit(before: str, after: str, right: str) -> None:
    mutant = next(m for m in mutants_of("book_two_layer") if (m.before, m.after) == (before, after))
    assert right in mutant_causes(mutant)


def test_right_lines_are_the_changed_statement_or_where_a_lost_one_is_missed() -> None:
    base = "def f(x):\n    y = (x +\n         1)\n    z = 2\n    y *= 3\n    return y\n"
    assert right_lines(base, base.replace("1)", "2)")) == (2, 3)
    assert right_lines(base, base.replace("    y *= 3\n", "")) == (1, 2, 3, 5)
    assert right_lines(base, base.replace("y *= 3", "pass")) == (1, 2, 3, 5, 6)


@pytest.mark.parametrize(
    ("cause", "layer", "kinds", "answer"),
    [
        ("log10", "Loss", ("forward",), "right"),
        ("log10", "Affine1", ("forward",), "wrong"),
        ("log2", "Loss", ("forward",), "wrong"),
        ("unknown", "Affine1", ("forward",), "unknown"),
        ("not-softmax-loss", "Loss", ("forward",), "unknown"),
        ("not-softmax-loss", "Loss", ("backward",), "wrong"),
    ],
)
def test_a_named_cause_is_right_or_wrong_and_a_symptom_is_neither(
    cause: str, layer: str, kinds: tuple[str, ...], answer: str
) -> None:
    truth = Truth("v", "p", "c", kinds, ("Loss",), causes=("log10",), lines=(3,))
    outcome = Outcome("Backproof", True, layer=layer, cause=cause, line=3)
    assert cause_answer(outcome, truth) == answer
    assert line_fits(outcome, truth)
    assert not line_fits(Outcome("Backproof", True, line=4), truth)


@pytest.mark.parametrize(("fault", "causes"), later.FAULTS, ids=lambda value: getattr(value, "name", ""))
def test_a_fault_written_later_is_one_edit_with_a_place_and_known_causes(fault: Fault, causes: str) -> None:
    base = later.text_of(fault.program)
    ast.parse(fault.text)
    assert fault.text != base
    truth = later.truth(fault, causes)
    assert set(causes.split()) <= CODES.keys()
    assert fault.benign or any(fault.text.splitlines()[n - 1].strip() for n in truth.lines)


def test_the_faults_written_later_are_as_many_as_their_first_run_says() -> None:
    names = [fault.name for fault, _ in later.FAULTS]
    assert len(set(names)) == len(names)
    assert sum(not fault.benign for fault, _ in later.FAULTS) == 120
    assert {fault.program for fault, _ in later.FAULTS} == set(later.programs())
