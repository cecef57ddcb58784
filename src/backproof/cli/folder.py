"""Many targets at once: what is in a folder, judged by as many child processes as there are cores; the table."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from backproof.errors import BackproofError
from backproof.findings import Report

_NOT_CODE = {"__pycache__", "node_modules", "site-packages", "venv", "env", "build", "dist"}
_NEWS_EVERY = 10.0  # seconds, where there is no terminal

Answer = TypeVar("Answer")


def files_in(folder: Path) -> list[str]:
    """The .py and .ipynb files in a folder and the folders in it, in order; hidden and installed ones left out."""
    found = []
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _NOT_CODE)
        found += [str(Path(path) / name) for name in sorted(names) if name.endswith((".py", ".ipynb"))]
    if not found:
        raise BackproofError(f"{folder} holds no .py and no .ipynb file: there is nothing to judge")
    return found


def in_parallel(judge: Callable[[str, threading.Event], Answer], targets: Sequence[str]) -> Iterator[Answer]:
    """judge(target, stop) for all of them, on all cores, answered in their order; how far it is goes to stderr.

    stop is set where this is interrupted: what runs then has to end.
    """
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as pool, _Count(len(targets)) as count:

        def counted(target: str) -> Answer:
            try:
                return judge(target, stop)
            finally:
                count.one_more(target)

        try:
            yield from pool.map(counted, targets)
        except BaseException:  # interrupted: what has not begun does not begin
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class _Count:
    """How many targets are done: a bar in a terminal; elsewhere a plain line now and then."""

    def __init__(self, total: int) -> None:
        self._console = Console(stderr=True, highlight=False)
        columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        self._task = self._bar.add_task("judging", total=total)
        self._done, self._total = 0, total
        self._said = time.monotonic()
        self._lock = threading.Lock()

    def __enter__(self) -> _Count:
        self._bar.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._bar.stop()

    def one_more(self, target: str) -> None:
        with self._lock:
            self._done += 1
            self._bar.advance(self._task)
            if not self._console.is_terminal and time.monotonic() - self._said > _NEWS_EVERY:
                self._said = time.monotonic()
                self._console.print(f"judged {self._done} of {self._total}, last {target}", markup=False)


@dataclass(frozen=True)
class Row:
    """One line of the table: a file, what was found out about it in a few words, and its reports."""

    target: str
    understood: str
    verdict: str
    culprit: str
    cause: str
    reports: tuple[Report, ...]


def row(target: str, reports: Sequence[Report]) -> Row:
    """The file in one line: its first fault, else why it was not judged, else that it is right."""
    findings = [finding for report in reports for finding in report.findings]
    faults = [finding for finding in findings if finding.is_fault]
    refusals = [finding for finding in findings if finding.kind == "uncheckable"]
    understood = "; ".join(report.understood for report in reports if report.understood)
    if not reports:
        return Row(target, "", "nothing to judge", "", "", ())
    first = next(iter(faults + refusals), None)
    verdict = f"{len(faults)} fault" + "s" * (len(faults) > 1) if faults else "not judged" if refusals else "right"
    if first is None:
        return Row(target, understood, verdict, "", "", tuple(reports))
    place = f", line {first.line}" if first.line is not None else ""
    culprit = f"{first.layer}{f', {first.quantity}' if first.quantity else ''}{place}"
    return Row(target, understood, verdict, culprit, first.cause, tuple(reports))


def print_table(rows: Sequence[Row], console: Console) -> None:
    """File, how it was understood, verdict, culprit, cause; then the sums."""
    styles = {"right": "green", "not judged": "yellow", "nothing to judge": "dim"}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("file", "how it was understood", "verdict", "culprit", "cause"):
        table.add_column(name, overflow="fold")
    for each in rows:
        understood = each.understood if len(each.understood) <= 120 else f"{each.understood[:117]} …"
        verdict = f"[{styles.get(each.verdict, 'red')}]{each.verdict}[/]"
        cells = [text.replace("[", r"\[") for text in (each.target, understood, each.culprit, each.cause)]
        table.add_row(cells[0], cells[1], verdict, cells[2], cells[3])
    plain = Console(file=console.file, width=200, highlight=False, color_system=None)
    (console if console.is_terminal else plain).print(table)
    count = {
        word: sum(each.verdict == word for each in rows) for word in ("right", "not judged", "nothing to judge")
    }
    wrong = len(rows) - sum(count.values())
    summed = ", ".join(f"{n} {word}" for word, n in [("wrong", wrong), *count.items()] if n)
    console.print(f"{len(rows)} file{'s' * (len(rows) > 1)}: {summed}", markup=False)
