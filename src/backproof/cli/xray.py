"""`backproof xray`: the computational graph of a file's network on one page, values forward and gradients back."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import Annotated, Any

import typer
from rich.console import Console

from backproof.cli.progress import Progress
from backproof.errors import BackproofError
from backproof.files import write_whole
from backproof.subjects.child import Ending, run_child

_JOB = "backproof.cli.xray_job"
NAMED = 6  # other parts of the file that are told by name


def xray(
    target: Annotated[
        str, typer.Argument(help="file.py, file.ipynb, file.py::Name or package.module:Name.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("xray.html"),
    make: Annotated[
        str | None,
        typer.Option(help='How to construct a class, where guessing fails: "TwoLayerNet(784, 50, 10)".'),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Of `backproof check --format json`: what it found wrong is marked.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds that the run may take.", min=0.1)] = 60.0,
    seed: Annotated[int, typer.Option(help="Of all that is drawn.", min=0)] = 0,
) -> None:
    """Draw a network's graph: the value going forward and the gradient coming back on every edge.

    Of a file, the first network is drawn, else the first layer or function pair; FILE::Name draws that one. The
    page is one file that needs no network. The code runs in a child process with limits on time and memory; this
    guards against accidents and is no sandbox. Inputs are small and random; a network of 784 inputs gets digits.

    Exit code: 0 the page was written, 2 it could not be; 130 after Ctrl-C.
    """
    if out.suffix.lower() not in (".html", ".htm"):
        raise BackproofError(f"--out {out}: the page is HTML; give it a name that ends in .html")
    if not out.parent.is_dir():
        raise BackproofError(f"--out {out}: the folder {out.parent} does not exist")
    job = {"target": target, "make": make, "seed": seed, "report": _read_report(report)}
    with Progress("x-raying", target, 1, 1) as progress:
        ending = run_child(_JOB, job, timeout=timeout, heard=progress.heard)
    answer: dict[str, Any] = {}
    for message in ending.messages:
        answer |= message
    if "page" not in answer:
        raise BackproofError(answer.get("refused") or _ended(target, ending, timeout))
    write_whole(out, answer["page"].encode())
    console = Console(highlight=False)
    console.print(f"{out}: X-ray of {answer['name']}", markup=False, soft_wrap=not console.is_terminal)
    for remark in answer["remarks"]:
        console.print(f"  {remark}", markup=False, soft_wrap=not console.is_terminal)
    for problem in answer["problems"]:
        console.print(f"  {problem}", markup=False, soft_wrap=not console.is_terminal)
    if answer["others"]:
        named = ", ".join(answer["others"][:NAMED]) + (" …" if len(answer["others"]) > NAMED else "")
        one = quote(f"{target}::{answer['others'][0]}")
        also = f"  Also in it: {named}. For one of them: backproof xray {one}"
        console.print(also, markup=False, soft_wrap=not console.is_terminal)


def _read_report(path: Path | None) -> Any:
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BackproofError(
            f"--report {path} is no JSON ({error}); make it with: backproof check FILE --format json > {path}"
        ) from None


def _ended(target: str, ending: Ending, timeout: float) -> str:
    if ending.how == "timed out":
        return f"{target} came to no end within {timeout:g} s. Give it longer: --timeout {10 * timeout:g}"
    last = ending.output.strip().splitlines()[-1:]
    return f"{target} {ending.how}: {ending.detail}" + (f"; it printed last: {last[0][:200]}" if last else "")
