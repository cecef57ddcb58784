"""`make faults`: plant the faults, ask every checker, write docs/faults.md.

Answers go to runs/faults/outcomes.json, and docs/faults.md is rewritten when everything was run.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.progress import Progress

import benchmarks.faults.environment  # noqa: F401 - before NumPy, which reads it once
from benchmarks.faults import corpus, correct, later, tables, work
from benchmarks.faults.mutants import OPERATORS
from benchmarks.faults.tables import Judged, Results

ROOT = Path(__file__).parents[2]
MUTANTS = 400
EQUIVALENTS = 100
NETWORKS = 1000
TORCH_ROUNDS = 5


def tasks(arguments: argparse.Namespace, surveys: list[corpus.Survey]) -> list[tuple[Callable[..., Judged], Any]]:
    chosen: list[tuple[Callable[..., Judged], Any]] = []
    if arguments.only in (None, "hand"):
        chosen += [(work.base, program.name) for program in corpus.programs()]
        chosen += [(work.hand, place) for place in range(len(corpus.hand_faults()))]
    if arguments.only in (None, "later"):
        chosen += [(work.later_base, name) for name in later.programs()]
        chosen += [(work.later, place) for place in range(len(later.FAULTS))]
    if arguments.only in (None, "mutants"):
        live = corpus.choose(surveys, arguments.limit)
        same = [entry for entry in surveys if entry.status == "equivalent"]
        chosen += [(work.mutant, entry) for entry in live + same[:: max(1, len(same) // EQUIVALENTS)]]
    if arguments.only in (None, "correct"):
        chosen += [(work.network, serial) for serial in range(arguments.networks)]
        chosen += [
            (work.torch_layer, (name, round_)) for round_ in range(TORCH_ROUNDS) for name in correct.torch_names()
        ]
    return chosen


def run(arguments: argparse.Namespace) -> Results:
    start = time.perf_counter()
    results = Results()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.workers, mp_context=context) as pool, Progress() as progress:
        if arguments.only in (None, "mutants"):
            names = [program.name for program in corpus.programs()]
            bar = progress.add_task("mutants beside their twins", total=len(names))
            for found in pool.map(corpus.survey, names):
                results.surveys += found
                progress.advance(bar)
            progress.console.print(tables.survey_line(results.surveys))
        chosen = tasks(arguments, results.surveys)
        bar = progress.add_task("variants checked", total=len(chosen))
        peers = not arguments.no_peers
        places = {pool.submit(task, item, peers): place for place, (task, item) in enumerate(chosen)}
        answers: dict[int, Judged] = {}
        for done in as_completed(places):
            answers[places[done]] = done.result()
            progress.advance(bar)
            if not progress.console.is_terminal and len(answers) % 100 == 0:
                progress.console.print(f"{len(answers)} of {len(chosen)} variants checked")
    results.judged = [answers[place] for place in sorted(answers)]
    results.seconds = time.perf_counter() - start
    return results


def show(results: Results) -> None:
    hand_faults = [entry for entry in results.group("hand") if entry.truth.faulty]
    sound = [entry for entry in results.group("hand", "base") if not entry.truth.faulty]
    if hand_faults:
        print(tables.summary(hand_faults, sound), tables.by_category(hand_faults, tables.CATEGORIES), sep="\n")
        print(tables.explained(hand_faults, tables.CATEGORIES))
    written_later = results.group("later", "later base")
    if written_later:
        print(tables.later_tables(written_later))
    live = results.group("mutant")
    if live:
        print(tables.survey_table(results.surveys), tables.summary(live, []), sep="\n")
        print(tables.explained(live, OPERATORS))
    sound_networks = results.group("network", "torch")
    if sound_networks:
        print(tables.correct_table(sound_networks))
    print("\n".join(tables.misses(hand_faults + sound + live + sound_networks)))
    print("\n".join(tables.unexplained(hand_faults + live)))
    print(f"{results.seconds:.0f} s")


def save(results: Results, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    document = [
        {
            "group": entry.group,
            "truth": vars(entry.truth),
            "outcomes": {name: outcome.to_dict() for name, outcome in entry.outcomes.items()},
        }
        for entry in results.judged
    ]
    _replace(folder / "outcomes.json", json.dumps(document, indent=1))


def _replace(path: Path, text: str) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    parser.add_argument(
        "--only", choices=("hand", "later", "mutants", "correct"), help="this part alone, to the terminal"
    )
    parser.add_argument("--no-peers", action="store_true", help="our checker alone, to the terminal")
    parser.add_argument("--limit", type=int, default=MUTANTS, help="live mutants tried; 0: all")
    parser.add_argument("--networks", type=int, default=NETWORKS, help="correct networks tried")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    results = run(arguments)
    save(results, ROOT / "runs" / "faults")
    show(results)
    if arguments.only is None and not arguments.no_peers:
        _replace(ROOT / "docs" / "faults.md", tables.document(results))
        print("written: docs/faults.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
