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
        "BP100", "forward", "SoftmaxWithLoss", "loss", "softmax-over-batch", "rows do not sum to 1", str(path), 2,
        {"row sums": [0.5444444, 0.25, 1e-9], "many": list(range(40)), **changes},
    )  # fmt: skip
    note = Finding("BP500", "note", "Relu1", "dout", "writes", "writes into dout", str(path), 1)
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
    assert "  BP100 forward in SoftmaxWithLoss, loss (softmax-over-batch)" in lines
    assert f"  {path}:2" in lines
    assert "       2 │     y = softmax([x])" in lines
    assert "  rows do not sum to 1" in lines
    assert "    row sums: 0.5444, 0.25, 1e-09" in lines
    assert any(line.endswith("11 ...") for line in lines)
    assert lines[-1] == f"  note: writes into dout ({path}:1)"


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
