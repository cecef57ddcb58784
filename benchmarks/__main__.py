"""`make bench`: run each comparison in a process of its own, write docs/benchmarks.md and its picture.

Results go to runs/bench/*.json. `--only NAME ...` runs some; `--report` runs none; both write the document from
all results that are there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import benchmarks.environment  # noqa: F401
from benchmarks import report
from benchmarks.contest import RESULTS, Outcome

PROGRAMS = ("training", "journey", "proof", "loading", "xray", "wild", "growth")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PROGRAMS, default=PROGRAMS)
    parser.add_argument("--report", action="store_true", help="write the document from the results that are there")
    arguments = parser.parse_args()
    if not arguments.report:
        for name in arguments.only:
            subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
    missing = [name for name in PROGRAMS if not (RESULTS / f"{name}.json").exists()]
    if missing:
        sys.exit(f"no results of {', '.join(missing)} yet: docs/benchmarks.md is left as it is")
    remarks = (Path(__file__).parent / "remarks.md").read_text()
    report.write([Outcome.load(name) for name in PROGRAMS], remarks)


if __name__ == "__main__":
    main()
