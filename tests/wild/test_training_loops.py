"""Trainings in a loop, of a script or of a function that does all: one round of them is judged."""

from pathlib import Path

import pytest
from judging import faults, gone_wrong, judged

LOOPS = Path(__file__).parent / "programs" / "loops"

# file: words of the report, (a piece of the source, the same gone wrong, what this spoils) ...
CASES = {
    "eleven_lines": (
        "the script's loop",
        ("d2.dot(second.T) * bend(inner, slope=True)", "d2.dot(second.T) * bend(inner)", "first"),
    ),
    "reads_files": (
        "scores in p",
        ("(p @ W2.T) * (h > 0)", "(p @ W2.T) * h", "W1"),
        ("b1 -= lr * dh.sum(axis=0)", "b1 -= lr * dh.mean(axis=0)", "b1"),
    ),
    "all_in_one": (
        "samples in columns",
        ("(V.T @ E) * (1 - H**2)", "(V.T @ E) * (1 - H)", "U"),
        ("gc = np.sum(G, axis=1, keepdims=True) / m", "gc = np.sum(G, axis=1, keepdims=True)", "c"),
    ),
}


@pytest.mark.parametrize("file", CASES)
def test_one_round_is_understood_and_right(file):
    (report,) = [r for r in judged(LOOPS / f"{file}.py") if "a training in a loop" in r["understood"]]
    assert report["ok"]
    assert CASES[file][0] in report["subject"] + report["understood"]
    assert report["verdicts"]


@pytest.mark.parametrize(("file", "change"), [(f, c) for f, (_, *changes) in CASES.items() for c in changes])
def test_with_one_line_wrong_the_weight_is_named(file, change, tmp_path):
    here, there, weight = change
    path = gone_wrong(LOOPS / f"{file}.py", here, there, tmp_path)
    found = faults(path)
    assert found
    assert weight in str(found)


def test_what_a_round_writes_and_prints_is_left_out(tmp_path):
    source = (LOOPS / "eleven_lines.py").read_text(encoding="utf-8")
    path = tmp_path / "writes.py"
    mark = tmp_path / "mark.txt"
    writes = (
        f"    np.savetxt({str(mark)!r}, guess)\n    open({str(mark)!r}, 'w').write('x')\n    miss = y - guess\n"
    )
    path.write_text(source.replace("    miss = y - guess\n", writes), encoding="utf-8")
    assert all(report["ok"] for report in judged(path))
    assert not mark.exists()


def test_a_loop_whose_steps_go_down_no_loss_is_not_judged(tmp_path):
    path = tmp_path / "hebb.py"
    path.write_text(
        "import numpy as np\n"
        "X = np.random.rand(8, 4)\n"
        "W = np.random.rand(4, 3)\n"
        "for step in range(10):\n"
        "    out = X.dot(W)\n"
        "    W += 0.01 * (X.T.dot(out) - W.dot(np.tril(out.T.dot(out))))\n",
        encoding="utf-8",
    )
    assert [f["kind"] for report in judged(path) for f in report["findings"]] == ["uncheckable"]
