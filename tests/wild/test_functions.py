"""Files of functions as people write them: each judged and right, and found out with one line gone wrong."""

from pathlib import Path

import pytest

from backproof.check.job import program

PROGRAMS = Path(__file__).parent / "programs" / "functions"

# file: words of the report, then pairs of a piece of the source and the same gone wrong, with what this spoils
CASES = {
    "averaged_pair": (
        "averaged over the batch",
        ("db = np.mean(dout, axis=0)", "db = np.sum(dout, axis=0)", "dw"),  # then dw is a fault
        ("x.reshape(n, -1).T @ dout / n", "x.reshape(n, -1).T @ dout", "db"),
        ("dout * cache * (1 - cache)", "dout * cache", "dx"),
    ),
}
WRONG = [(file, *change) for file, (_, *changes) in CASES.items() for change in changes]


def judged(target):
    messages = []
    program({"target": str(target), "make": None, "depth": "normal", "seed": 0, "done": {}}, messages.append)
    return [message["report"] for message in messages if "report" in message]


@pytest.mark.parametrize("file", CASES)
def test_it_is_understood_and_right(file):
    reports = judged(PROGRAMS / f"{file}.py")
    assert [report["findings"] for report in reports if not report["ok"]] == []
    assert any(CASES[file][0] in report["understood"] for report in reports)
    assert any(report["verdicts"] for report in reports)


@pytest.mark.parametrize(("file", "right", "wrong", "quantity"), WRONG)
def test_with_one_line_wrong_it_is_found_out(file, right, wrong, quantity, tmp_path):
    source = (PROGRAMS / f"{file}.py").read_text(encoding="utf-8")
    assert source.count(right) == 1
    path = tmp_path / f"{file}.py"
    path.write_text(source.replace(right, wrong), encoding="utf-8")
    faults = [f for report in judged(path) for f in report["findings"] if f["kind"] in ("forward", "backward")]
    assert quantity in {fault["quantity"] for fault in faults}
    assert all(fault["file"] == str(path) and fault["line"] for fault in faults)


def test_every_program_here_is_judged():
    assert {path.stem for path in PROGRAMS.glob("*.py")} == set(CASES)
