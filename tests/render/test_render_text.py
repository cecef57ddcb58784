"""Reports as text: three lines where all is right, place and evidence where it is not."""

import io

from rich.console import Console

from backproof.findings import Finding, Report, Verdict
from backproof.render.text import plain_text, print_report


def verdict(quantity, **changes):
    figures = {
        "layer": "Affine1", "quantity": quantity, "outcome": "agree", "method": "entries", "point": "generic",
        "samples": 3, "error": 1e-10, "tolerance": 1e-8, "why": "", "smallest_visible": 2e-6, "unverified": 0,
        "evaluations": 40,
    }  # fmt: skip
    return Verdict(**(figures | changes))


def right():
    verdicts = [
        verdict("dW"),
        verdict("dW", samples=5, point="own", error=3e-9),
        verdict("dx", method="directions", unverified=2, smallest_visible=float("inf")),
    ]
    return Report("TwoLayerNet(7, 8, 4)", "a network", [], verdicts, 1234, 0.5)


def wrong(path, **changes):
    fault = Finding(
        "BP101", "forward", "SoftmaxWithLoss", "loss", "softmax-over-batch", "rows do not sum to 1", str(path), 2,
        {"row sums": [0.5444444, 0.25, 1e-9], "also wrong": ["dx"], **changes},
    )  # fmt: skip
    note = Finding("BP504", "note", "Relu1", "dout", "writes", "writes into dout", str(path), 1)
    return Report("Net()", "a network", [note, fault])


def test_a_passing_report_is_three_lines_with_its_figures():
    lines = plain_text(right()).splitlines()
    assert len(lines) == 3
    assert lines[0] == "right  TwoLayerNet(7, 8, 4): a network"
    assert "2 quantities agree" in lines[1]
    assert "own and generic values, with 3 and 5 samples: 1 entry by entry, 1 along directions" in lines[1]
    for figure in ("3.0e-09", "1.0e-08", "dW of Affine1", "2.0e-06", "2 entries on kinks", "1,234 evaluations"):
        assert figure in lines[2]


def test_str_of_a_report_is_its_text():
    assert str(right()) == plain_text(right())


def test_a_failing_report_shows_place_line_message_evidence_and_notes_last(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("first = 1\n    y = softmax([x])\n", encoding="utf-8")
    lines = plain_text(wrong(path)).splitlines()
    assert lines[0] == "1 fault  Net(): a network"
    assert "  BP101 forward in SoftmaxWithLoss, loss (softmax-over-batch)" in lines
    assert f"  {path}:2" in lines
    assert "       2 │     y = softmax([x])" in lines
    assert "  rows do not sum to 1" in lines
    assert "  Each row of the output should sum to 1; they sum to 0.5444, 0.25, 1e-09." in lines
    assert "  Also wrong because of it: dx." in lines
    assert "  More: backproof explain BP101" in lines
    assert lines[-1] == f"  note: writes into dout ({path}:1)"


def test_the_expression_is_underlined_the_mend_is_the_users_own_line(tmp_path):
    path = tmp_path / "net.py"
    path.write_text("文 = 1\n\ty = softmax([x])\nreturn y\n", encoding="utf-8")
    lines = [(1, "文 = 1"), (2, "\ty = softmax([x])"), (3, "return y")]
    evidence = {"columns": [5, 17], "lines": lines, "mend": [{"line": 2, "source": "\ty = softmax([x], 1)"}]}
    shown = plain_text(wrong(path, **evidence, confidence="certain")).splitlines()
    at = next(i for i, line in enumerate(shown) if "softmax([x])" in line)
    assert shown[at - 1] == "       1 │ 文 = 1"
    assert shown[at + 1].index("^") == shown[at].index("softmax")
    assert shown[at + 1].count("^") == len("softmax([x])")
    assert shown[at + 2] == "       3 │ return y"
    assert "  Mend line 2: y = softmax([x], 1)" in shown
    assert "  Certain: with this line it was right when tried." in shown


def test_figures_are_compared_and_what_has_no_words_is_a_row():
    fault = Finding(
        "BP200", "backward", "Affine1", "dW", "unknown", "wrong", None, None,
        {"analytic": [1.0, 2.0], "numeric": [1.5, 4.0], "at": [[0, 1], [2, 2]], "odd": list(range(40))},
    )  # fmt: skip
    text = plain_text(Report("Net()", "a network", [fault]))
    assert "dW at [0, 1], [2, 2]: your code gives 1, 2; the numeric gradient is 1.5, 4." in text
    assert "odd: 0, 1" in text
    assert "11 ..." in text
    assert "Mend: derive this line anew" in text


def test_a_notebooks_place_is_its_cell(tmp_path):
    text = plain_text(wrong(tmp_path / "n.ipynb", cell=6, label=14, source="  y = 1"))
    assert "n.ipynb, cell 6 (In [14]), line 2" in text
    assert "       2 │   y = 1" in text
    assert "label" not in text


def test_paths_below_here_are_shown_short(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "\n  net.py:2" in plain_text(wrong(tmp_path / "net.py"))


def test_what_was_not_judged_says_so():
    refusal = Finding("BP902", "uncheckable", "Net", "", "not-recognised", "nothing fits")
    text = plain_text(Report("Net", "", [refusal]))
    assert text.startswith("not judged  Net")
    assert "BP902 uncheckable in Net (not-recognised)" in text
    assert "right" not in text
    assert "No gradient to compare" in plain_text(Report("f", "a function"))


def test_colours_only_in_a_terminal():
    def shown(**settings):
        console = Console(file=io.StringIO(), width=60, **settings)
        print_report(right(), console)
        return console.file.getvalue()

    assert "\x1b[" in shown(force_terminal=True, color_system="standard", _environ={})
    assert "\x1b[3" not in shown(force_terminal=True, color_system="standard", no_color=True)
    assert "\x1b[" not in shown()
    assert max(map(len, shown(force_terminal=True, color_system=None).splitlines())) <= 60
