import io

import numpy as np
import pytest
from rich.console import Console

from backproof.training import History
from backproof.training.progress import Progress, text_curve


def run(console, start=0, end=100, wanted=True):
    history = History([], [0], [0.1], [0.125], [0.0])
    with Progress(start, end, wanted, console) as shown:
        for step in range(start, end + 1):
            if step == 50:
                history.steps.append(50)
                history.train_accuracy.append(0.75)
                history.test_accuracy.append(0.625)
            shown.show(step, history)
            history.loss.append(1.5)
    return console.file.getvalue()


def test_plain_lines_a_tenth_apart_where_there_is_no_terminal():
    text = run(Console(file=io.StringIO(), width=40))
    lines = text.splitlines()
    assert [int(line.split()[1].split("/")[0]) for line in lines] == list(range(0, 101, 10))
    assert "train 0.100  test 0.125" in lines[4]
    assert "train 0.750  test 0.625" in lines[5]
    assert "loss 1.500" in lines[5]
    assert "steps/s" in lines[-1]
    assert "\x1b" not in text


def test_a_bar_in_a_terminal():
    text = run(Console(file=io.StringIO(), force_terminal=True, width=100))
    assert "100/100" in text
    assert "train 0.750  test 0.625" in text
    assert "\x1b[" in text


def noted(console, wanted=True):
    with Progress(0, 10, wanted, console) as shown:
        shown.show(0, History())
        shown.note("compiling the step")
    return console.file.getvalue()


def test_what_takes_a_while_is_noted_in_a_line_or_at_the_bar_or_not_at_all():
    assert noted(Console(file=io.StringIO())).splitlines()[1] == "compiling the step"
    assert "compiling the step" in noted(Console(file=io.StringIO(), force_terminal=True, width=100))
    assert noted(Console(file=io.StringIO()), wanted=False) == ""


def test_no_colour_where_that_is_asked_for(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in run(Console(file=io.StringIO(), force_terminal=True, width=100))


@pytest.mark.parametrize("options", [{"wanted": False}, {"start": 5, "end": 5}])
def test_nothing_where_nothing_is_wanted_or_left_to_do(options):
    assert run(Console(file=io.StringIO()), **options) == ""


def heights(text):
    """How high each column of a curve stands, in eighths of a line."""
    rows = [line[9:].ljust(60) for line in text.splitlines()[1:]]
    return np.array([sum(" ▁▂▃▄▅▆▇█".index(row[c]) for row in rows) for c in range(60)])


@pytest.mark.parametrize("count", [2, 5, 60, 61, 5000])
def test_the_curve_rises_where_the_values_rise(count):
    rising = heights(text_curve("t", list(range(count))))
    assert (np.diff(rising) >= 0).all()
    assert (rising[0], rising[-1]) == (1, 48)
    assert (np.diff(heights(text_curve("t", list(range(count))[::-1]))) <= 0).all()


def test_the_curve_is_labelled_with_its_extremes():
    lines = text_curve("loss", [2.5, 1.0]).splitlines()
    assert lines[0] == "loss"
    assert lines[1].strip().startswith("2.500")
    assert lines[-1].strip().startswith("1.000")


def test_constant_values_and_other_characters():
    assert set(heights(text_curve("t", [3.0]))) == {1}
    assert text_curve("t", [1, 2, 3], blocks=" .#").isascii()
