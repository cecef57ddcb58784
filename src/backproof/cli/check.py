"""`backproof check`: judge the gradients in files, notebooks and modules, each in a child process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from backproof.check.judging import uncheckable
from backproof.cli.folder import files_in, in_parallel, print_table, row
from backproof.cli.progress import Progress
from backproof.errors import BackproofError
from backproof.findings import Report
from backproof.render import html, junit, sarif
from backproof.render.json import document, read_report
from backproof.render.text import print_report
from backproof.subjects.child import Ending, Message, run_child
from backproof.subjects.notebook import read_notebook

_JOB = "backproof.check.job"
_CAUSES = {"timed out": "timed-out", "out of memory": "out-of-memory"}  # every other end is "crashed"


@dataclass
class Judged:
    """All that was found out about one target."""

    target: str
    reports: list[Report] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check(
    targets: Annotated[
        list[str],
        typer.Argument(help="file.py, file.ipynb, file.py::Name, package.module:Name, a folder; several at will."),
    ],
    format: Annotated[
        Literal["text", "json", "junit", "sarif", "html"],
        typer.Option(help="Text for people, one JSON document, JUnit XML, SARIF 2.1.0 or one HTML page."),
    ] = "text",
    make: Annotated[
        str | None, typer.Option(help='How to construct a class, where guessing fails: "TwoLayerNet(6, 5, 4)".')
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            help='Inputs and labels: file.npz with x and t, or "rng.normal(size=(6, 7)), np.arange(6) % 4".'
        ),
    ] = None,
    loss: Annotated[
        Literal["mse", "cross-entropy", "binary", "mae"] | None,
        typer.Option(help="The loss of networks that have none of their own, up to a constant factor."),
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Along directions only.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Every entry of every tensor.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds that one target may take.", min=0.1)] = 60.0,
    seed: Annotated[int, typer.Option(help="Of all that is drawn.", min=0)] = 0,
) -> None:
    """Judge hand-written gradients: right, or where they are wrong.

    A file's definitions are taken without running its script: imports, classes, functions, constants. FILE judges
    its networks, the layers that no judged network contains, then function pairs such as relu and relu_grad;
    FILE::Name only that. FOLDER judges every .py and .ipynb in it, on all cores, and ends with one table;
    files with nothing to judge are no failure there. The code runs in a child process with limits on time, memory
    and output. This guards against accidents and is no sandbox: judge only files that you would run yourself.

    Exit code: 0 right (notes allowed), 1 a fault found, 2 something could not be judged; 130 after Ctrl-C.
    """
    if fast and full:
        raise BackproofError("--fast and --full exclude each other: directions only, or every entry")
    depth = "fast" if fast else "full" if full else "normal"
    job = {"make": make, "data": data, "loss": loss, "depth": depth, "seed": seed}
    judge_all = _judge_many if any(Path(target).is_dir() for target in targets) else _judge_few
    judged = judge_all(targets, job, timeout, format)
    if format == "json":
        notes = [note for each in judged for note in each.notes]
        print(document([(each.target, report) for each in judged for report in each.reports], notes))
    elif format != "text":
        render = {"junit": junit.document, "sarif": sarif.document, "html": html.page}[format]
        print(render([(each.target, each.reports) for each in judged]))
    raise typer.Exit(exit_code([report for each in judged for report in each.reports]))


def _judge_few(targets: list[str], job: Message, timeout: float, format: str) -> list[Judged]:
    """One after the other, each report as soon as it is there."""
    judged: list[Judged] = []
    console = Console(highlight=False)
    for target in targets:
        with Progress("judging", target, len(judged) + 1, len(targets)) as progress:
            judged.append(judge_target({**job, "target": target}, timeout, progress.heard))
        if format == "text":
            _print(judged[-1], console, first=len(judged) == 1)
    return judged


def _judge_many(targets: list[str], job: Message, timeout: float, format: str) -> list[Judged]:
    """All files of the folders, in parallel: the reports that are not plainly right, then one table."""
    files = [
        file for target in targets for file in (files_in(Path(target)) if Path(target).is_dir() else [target])
    ]
    console = Console(highlight=False)
    judged: list[Judged] = []
    for each in in_parallel(lambda file, stop: judge_target({**job, "target": file}, timeout, stop=stop), files):
        if len(each.reports) == 1 and any(f.cause == "nothing-to-judge" for f in each.reports[0].findings):
            each.reports = []
        judged.append(each)
        if format == "text" and any(report.exit_code == 1 for report in each.reports):
            _print(each, console, first=len(judged) == 1)
    if format == "text":
        console.print()
        print_table([row(each.target, each.reports) for each in judged], console)
    return judged


def exit_code(reports: list[Report]) -> int:
    """1 if any fault was found, else 2 if anything was not judged, else 0."""
    codes = {report.exit_code for report in reports}
    return 1 if 1 in codes else 2 if 2 in codes or not codes else 0


def judge_target(
    job: Message,
    timeout: float,
    heard: Callable[[Message], None] = lambda message: None,
    stop: threading.Event | None = None,
) -> Judged:
    """Judge one target in child processes: where one ends before its time, the next goes on behind that place."""
    judged = Judged(job["target"])
    done: dict[str, list[str]] = {}
    deadline = time.monotonic() + timeout
    while True:
        left = max(deadline - time.monotonic(), 0.1)
        ending = run_child(_JOB, {**job, "done": done}, timeout=left, heard=heard, stop=stop)
        begun: str | None = None
        for message in ending.messages:
            begun = message.get("begin", begun)
            if "notes" in message:
                judged.notes = message["notes"]
            if "report" in message:
                judged.reports.append(read_report(message["report"]))
                done[message["name"]] = message["covers"]
                begun = None
        if ending.how == "answered":
            return judged
        judged.reports.append(_ended_early(begun or judged.target, ending, timeout))
        if begun is None or ending.how == "timed out":  # it fell while loading, or the time is used up
            return judged
        done[begun] = []


def _ended_early(name: str, ending: Ending, timeout: float) -> Report:
    """The report on what was being judged when the child ended."""
    file, line, cell, function = _stood(ending)
    at = f"; it stood in {function}" if function else ""
    said = {
        "timed out": f"{name} came to no end within {timeout:g} s{at}. Give it longer: --timeout {10 * timeout:g}",
        "out of memory": f"{name} needs more memory than a check may have{at}",
    }.get(ending.how, f"{name} {ending.how}: {ending.detail}{at}")
    report = uncheckable(name, _CAUSES.get(ending.how, "crashed"), said, file, line)
    evidence = report.findings[0].evidence
    if cell is not None:
        evidence["cell"] = cell
    if ending.output.strip() and ending.how != "timed out":
        evidence["it printed last"] = ending.output.strip().splitlines()[-1][:200]
    return report


def _stood(ending: Ending) -> tuple[str | None, int | None, int | None, str]:
    """(file, line, cell, function) of the innermost frame that is the user's own."""
    ours = str(Path(__file__).parent.parent)
    for file, line, function in ending.trace:
        if "site-packages" in file or file.startswith((ours, "<")) or "/lib/python" in file:
            continue
        if file.endswith(".ipynb"):
            cell, within = read_notebook(Path(file)).place(line)
            return file, within, cell.number, function
        return file, line, None, function
    return None, None, None, ""


def _print(judged: Judged, console: Console, *, first: bool) -> None:
    if not first:
        console.print()
    console.print(judged.target, style="bold", markup=False, soft_wrap=True)
    for report in judged.reports:
        print_report(report, console)
        if report.exit_code:
            console.print()
    for note in judged.notes:
        console.print(f"note: {note}", style="dim", markup=False, soft_wrap=not console.is_terminal)
