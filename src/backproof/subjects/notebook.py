"""A Jupyter notebook's code as Python source: magics dropped, every line traceable to its cell."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backproof.errors import BackproofError

# Cell magics that run the cell's body as Python; under any other the body is another language or a file's text.
_PYTHON_CELL_MAGICS = {"time", "timeit", "capture", "prun", "python", "python3"}


class NotebookError(BackproofError):
    """A file that is no Jupyter notebook, or one in another language."""


@dataclass(frozen=True)
class Cell:
    """One code cell: its number among the code cells from 1, its `In [n]` label, its Python source."""

    number: int
    label: int | None
    source: str
    first_line: int  # of this cell in the whole text, from 1


@dataclass
class Notebook:
    """The code cells one below the other; `text` is what the interpreter sees under the notebook's path."""

    path: Path
    cells: list[Cell] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All cells' source; line n of it is line n in tracebacks and in `inspect.getsource`."""
        return "".join(cell.source for cell in self.cells)

    def place(self, line: int) -> tuple[Cell, int]:
        """The cell, and the line in it from 1, that a line of `text` stands in."""
        cell = max((c for c in self.cells if c.first_line <= line), key=lambda c: c.first_line)
        return cell, line - cell.first_line + 1


def read_notebook(path: Path) -> Notebook:
    """The code of a notebook file (nbformat 3 or 4); raises NotebookError where it is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise NotebookError(f"{path} is not UTF-8 text (byte {error.start}); a notebook must be") from None
    except (json.JSONDecodeError, RecursionError) as error:
        raise NotebookError(f"{path} is no Jupyter notebook: not JSON ({error})") from None
    notebook = Notebook(path)
    line = 1
    for cell in _code_cells(path, document):
        source = python_of_cell(cell.text)
        source += "" if source.endswith("\n") else "\n"
        notebook.cells.append(Cell(len(notebook.cells) + 1, cell.label, source, line))
        line += source.count("\n")
    return notebook


@dataclass(frozen=True)
class _RawCell:
    text: str
    label: int | None


def _code_cells(path: Path, document: Any) -> list[_RawCell]:
    if not isinstance(document, dict) or not isinstance(document.get("nbformat"), int):
        raise NotebookError(f"{path} is no Jupyter notebook: it has no nbformat number")
    metadata = document.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language", "python") if isinstance(kernel, dict) else "python"
    if str(language).lower() not in ("python", "python3", "python2", "ipython"):
        raise NotebookError(f"{path} is a notebook in {language}; Backproof reads Python")
    if "worksheets" in document:  # nbformat 3
        raw = [cell for sheet in _list(document["worksheets"]) for cell in _list(_dict(sheet).get("cells"))]
    else:
        raw = _list(document.get("cells"))
    cells = []
    for entry in map(_dict, raw):
        if entry.get("cell_type") == "code":
            source = entry.get("source", entry.get("input", ""))
            text = "".join(map(str, source)) if isinstance(source, list) else str(source)
            label = entry.get("execution_count", entry.get("prompt_number"))
            cells.append(_RawCell(text.replace("\r\n", "\n"), label if isinstance(label, int) else None))
    return cells


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def python_of_cell(text: str) -> str:
    """A cell's Python with magics (`%`, `!`, `?`) made harmless, line for line: line numbers stay."""
    lines = text.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is not None and lines[first].startswith("%%"):
        magic = re.match(r"%%(\w*)", lines[first])
        if magic is None or magic[1] not in _PYTHON_CELL_MAGICS:
            return "\n".join("" for _ in lines)
        lines[first] = ""
    if not _parses("\n".join(lines)):  # otherwise a line that begins with % is arithmetic
        for number, line in enumerate(lines):
            if _looks_magic(line) and _at_statement_start(lines[:number]):
                indent = line[: len(line) - len(line.lstrip())]
                lines[number] = f"{indent}pass"
    return "\n".join(lines)


def _looks_magic(line: str) -> bool:
    code = line.strip()
    assigned = re.match(r"[\w.,\s]+=\s*[%!]\s*\w", code) is not None  # files = !ls, here = %pwd
    return code.startswith(("%", "!", "?")) or assigned or re.fullmatch(r"[\w.]+\?{1,2}", code) is not None


def _at_statement_start(lines: list[str]) -> bool:
    """Whether a new statement begins after these lines: no bracket and no string is open."""
    try:
        list(tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline))
    except tokenize.TokenError:
        return False
    except SyntaxError:  # indentation that does not fit is the compiler's to report
        return True
    return not (lines and lines[-1].rstrip().endswith("\\"))


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
