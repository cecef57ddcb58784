"""Takes the definitions out of a .py file, a notebook or a module, without running its script."""

from __future__ import annotations

import difflib
import importlib
import linecache
import sys
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from backproof.subjects.definitions import Definitions, describe
from backproof.subjects.imports import DefinitionsLoader, UserImports, forget_user_modules, free_module_name
from backproof.subjects.notebook import Notebook, read_notebook
from backproof.subjects.source import EmptyError, LoadError, parse, read_text

__all__ = ["LoadError", "Loaded", "Place", "load"]

FORMS = "file.py, file.ipynb, file.py::Name or package.module:Name"


class Place(NamedTuple):
    """Where a line of source stands; `cell` counts a notebook's code cells from 1, `label` is its `In [n]`."""

    file: str
    line: int
    cell: int | None = None
    label: int | None = None


@dataclass
class Loaded:
    """A file's definitions: `definitions` holds the classes and functions made in the file itself, in order.

    `module` is their namespace, registered in `sys.modules`; `requested` the name after `::`; `notes` say in one
    line each what was not run, not found or stood in for. `imports` is a context: inside it, imports that the
    code makes when called are found as they were at loading.
    """

    path: Path
    requested: str | None
    module: ModuleType
    definitions: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    imports: UserImports = field(default_factory=lambda: UserImports(Path()))
    notebook: Notebook | None = None

    def place(self, line: int) -> Place:
        """Where a line of this file's text stands: for a notebook the cell and the line in it."""
        if self.notebook is None:
            return Place(str(self.path), line)
        cell, within = self.notebook.place(line)
        return Place(str(self.path), within, cell.number, cell.label)


def load(target: str) -> Loaded:
    """The definitions of `file.py`, `file.ipynb`, `file.py::Name` or `package.module:Name`.

    Nothing of the file's script is run (see `definitions`). Raises LoadError where there is no such file or name,
    or where it is not Python 3.
    """
    place, separator, name = target.partition("::")
    if not separator and not Path(target).exists() and ":" in target:
        place, _, name = target.rpartition(":")
    if not place:
        raise LoadError(f"{target!r} names no file; a target is {FORMS}")
    path = Path(place)
    if path.suffix not in (".py", ".ipynb") and not path.exists() and _dotted(place):
        beside = Path(*place.split("."))
        candidates = (beside.with_suffix(".py"), beside / "__init__.py")
        found = next((file for file in candidates if file.is_file()), None)
        if found is None:
            return _checked(_load_installed(place, name or None))
        path = found
    return _checked(_load_file(path, name or None))


def _dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def _load_file(path: Path, requested: str | None) -> Loaded:
    if path.is_dir():
        raise LoadError(f"{path} is a folder; name a file in it, as {path}/network.py")
    if not path.exists():
        if path.is_symlink():
            raise LoadError(f"{path} is a link to {path.readlink()}, which leads to no file")
        raise LoadError(f"{path} does not exist{_similar_files(path)}")
    if not path.is_file():
        raise LoadError(f"{path} is no regular file")
    if path.suffix not in (".py", ".ipynb"):
        raise LoadError(f"{path} is neither a .py nor an .ipynb file; a target is {FORMS}")
    path = path.resolve()
    forget_user_modules()
    imports = UserImports(path.parent)
    notebook = read_notebook(path) if path.suffix == ".ipynb" else None
    sections = _sections(path, notebook, imports.notes)

    with imports:
        package = imports.package_of(path, sections[0])
        stem = free_module_name(path.stem)
        if not package and stem in imports.packages:  # model/model.py that imports model.layers
            stem += "_"
        name = f"{package}.{stem}" if package else stem
        module = ModuleType(name)
        module.__file__ = str(path)
        module.__package__ = package
        module.__spec__ = ModuleSpec(name, DefinitionsLoader(path, imports), origin=str(path))
        sys.modules[name] = module
        if notebook is not None:  # tracebacks and inspect read the cells' Python, not the file's JSON
            text = notebook.text
            linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
        definitions = Definitions(module, str(path), imports)
        for tree in sections:
            definitions.run(tree)

    loaded = Loaded(path, requested, module, imports=imports, notes=imports.notes, notebook=notebook)
    for name in definitions.names:
        value = module.__dict__.get(name)
        if callable(value):
            loaded.definitions[name] = value
    for line, reason in definitions.failed:
        loaded.notes.append(f"{_words(loaded.place(line))}: {reason}")
    for line in definitions.stood_in:
        loaded.notes.append(f"{_words(loaded.place(line))}: the file is not read, a short text stands in for it")
    if definitions.not_run:
        loaded.notes.append(f"not run, being the script's work: {_ranges(loaded, definitions.not_run)}")
    return loaded


def _sections(path: Path, notebook: Notebook | None, notes: list[str]) -> list[Any]:
    """The syntax trees to run in order: one for a file, one a cell for a notebook."""
    if notebook is None:
        text = read_text(path)
        if not text.strip():
            raise EmptyError(f"{path} is empty: there is nothing to judge")
        return [parse(text, str(path))]
    if not any(cell.source.strip() for cell in notebook.cells):
        raise EmptyError(f"{path} has no code cells: there is nothing to judge")
    trees, refusals = [], []
    for cell in notebook.cells:
        try:
            tree = parse("\n" * (cell.first_line - 1) + cell.source, str(path))
        except LoadError as error:
            place = Place(str(path), 1, cell.number, cell.label)
            refusals.append(f"{_words(place)} left out: {error}")
        else:
            trees.append(tree)
    if not any(tree.body for tree in trees):
        raise LoadError(refusals[0])
    notes.extend(refusals)
    return trees


def _load_installed(module_name: str, requested: str | None) -> Loaded:
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise LoadError(f"no module {error.name!r} is installed or in this folder; a target is {FORMS}") from None
    except Exception as error:
        raise LoadError(f"importing {module_name} raised {describe(error)}") from error
    path = Path(getattr(module, "__file__", None) or module_name)
    loaded = Loaded(path, requested, module, imports=UserImports(path.parent))
    for name, value in vars(module).items():
        if isinstance(value, type | FunctionType) and value.__module__ == module.__name__:
            loaded.definitions[name] = value
    return loaded


def _checked(loaded: Loaded) -> Loaded:
    name = loaded.requested
    if name is not None and name not in loaded.definitions and not hasattr(loaded.module, name):
        close = difflib.get_close_matches(name, loaded.definitions, n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        failed = next((note for note in loaded.notes if f"{name} is not defined" in note), None)
        raise LoadError(
            f"{loaded.path} defines no {name!r}.{hint} "
            + (failed or f"It defines: {', '.join(loaded.definitions) or 'no class and no function'}")
        )
    return loaded


def _similar_files(path: Path) -> str:
    if not path.parent.is_dir():
        return f", and neither does the folder {path.parent}"
    names = [entry.name for entry in path.parent.iterdir() if entry.suffix in (".py", ".ipynb")]
    close = difflib.get_close_matches(path.name, names, n=1)
    return f". Did you mean {path.parent / close[0]}?" if close else ""


def _words(place: Place) -> str:
    if place.cell is None:
        return f"line {place.line}"
    label = f" (In [{place.label}])" if place.label is not None else ""
    return f"cell {place.cell}{label}, line {place.line}"


def _ranges(loaded: Loaded, lines: list[int]) -> str:
    """Line numbers as ranges; for a notebook, the cells."""
    if loaded.notebook is not None:
        numbers, unit = sorted({loaded.place(line).cell or 0 for line in lines}), "cell"
    else:
        numbers, unit = sorted(set(lines)), "line"
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    words = [str(a) if a == b else f"{a}–{b}" for a, b in parts]
    shown = ", ".join(words[:8]) + (" …" if len(words) > 8 else "")
    return f"{unit if len(numbers) == 1 else unit + 's'} {shown}"
