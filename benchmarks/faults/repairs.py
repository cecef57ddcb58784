"""The repair trial: can a fault be mended from its file and its report alone, at the first try?

    python -m benchmarks.faults.repairs pick FOLDER     twenty faults, a folder each: the file and report.txt
    python -m benchmarks.faults.repairs judge FOLDER    after the files were changed: right, beside their twins?

Half of the faults are written by hand, half are live mutants, drawn by SEED. Whoever mends sees one folder, has
seen neither program nor report before, and runs nothing. `judge` writes repairs.json beside this file, from
which docs/faults.md takes its table.
"""

from __future__ import annotations

import argparse
import difflib
import json
import os
import random
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import benchmarks.faults.environment  # noqa: F401 - before NumPy, which reads it once
from benchmarks.faults import corpus
from benchmarks.faults.subjects import PROGRAM, PROGRAM_LIST, load
from benchmarks.faults.tables import REPAIRS
from benchmarks.faults.truth import differences, quiet

SEED = 6
HALF = 10


@dataclass(frozen=True)
class Repair:
    """One fault, what was changed, and whether the program is right now."""

    variant: str
    program: str
    said: str  # the report's first cause, "" where it named no fault
    right: bool
    change: list[str]


def chosen() -> list[tuple[str, str, str]]:
    """(variant, program, text) of the faults that SEED draws."""
    draw = random.Random(SEED)
    hand = [(f.name, f.program, f.text) for f in corpus.hand_faults() if not f.benign]
    surveys = [
        entry for program in PROGRAM_LIST for entry in corpus.survey(program.name) if entry.status == "live"
    ]
    mutants = [corpus.mutants_of(entry.program)[entry.place] for entry in surveys]
    drawn = draw.sample(hand, HALF) + [(m.name, m.program, m.text) for m in draw.sample(mutants, HALF)]
    draw.shuffle(drawn)
    return drawn


def pick(folder: Path) -> None:
    """Write the faulty files with their reports."""
    for number, (_, program, text) in enumerate(chosen(), 1):
        place = folder / f"{number:02}"
        place.mkdir(parents=True)
        path = place / f"{program}.py"
        path.write_text(text, encoding="utf-8")
        command = [str(Path(sys.executable).with_name("backproof")), "check", path.name]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, env=_plain())
        (place / "report.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
        print(place)


def judge(folder: Path) -> None:
    """Compare every mended file with the twins of the right program."""
    repairs = []
    for number, (variant, program, text) in enumerate(chosen(), 1):
        path = folder / f"{number:02}" / f"{program}.py"
        mended = path.read_text(encoding="utf-8")
        changed = difflib.unified_diff(text.splitlines(), mended.splitlines(), lineterm="", n=0)
        change = [line for line in changed if not line.startswith(("---", "+++", "@@"))]
        report = (path.parent / "report.txt").read_text(encoding="utf-8")
        fault = re.search(r"^  BP[1-4]\d\d .*?(?: \(([\w-]+)\))?$", report, re.MULTILINE)
        said = (fault[1] or "unknown") if fault else ""
        repairs.append(Repair(variant, program, said, _is_right(program, path), change))
        print(f"{number:02} {'right' if repairs[-1].right else 'WRONG'} {variant}")
    document = {"seed": SEED, "repairs": [asdict(repair) for repair in repairs]}
    temporary = REPAIRS.with_suffix(".part")
    temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    temporary.replace(REPAIRS)
    print(f"{sum(repair.right for repair in repairs)} of {len(repairs)} right; written: {REPAIRS}")


def _is_right(program: str, path: Path) -> bool:
    try:
        with quiet():
            subject = PROGRAM[program].build(load(path))
        return not differences(PROGRAM[program], subject)
    except Exception:  # what does not run is not mended
        return False


def _plain() -> dict[str, str]:
    return dict(os.environ, NO_COLOR="1", COLUMNS="110")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults.repairs", description=__doc__)
    parser.add_argument("what", choices=("pick", "judge"))
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    {"pick": pick, "judge": judge}[arguments.what](arguments.folder)


if __name__ == "__main__":
    main()
