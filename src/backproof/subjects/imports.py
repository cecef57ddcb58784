"""What a user's file imports: beside it, installed, up its folders, in `backproof.book`, else a stand-in."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, TracebackType

from backproof.subjects.definitions import Definitions
from backproof.subjects.source import LoadError, read_python
from backproof.subjects.stubs import StubModule

_LEVELS_UP = 3  # the book's scripts look one folder up, deeper repositories two or three
_BOOK = {
    "common": "backproof.book",
    "dataset": "backproof.book",
}  # the book's packages, and what stands in for them
_PLOTTING = {
    "matplotlib",
    "mpl_toolkits",
    "pylab",
    "seaborn",
}  # nothing is drawn; loading them costs half a second


class UserImports(MetaPathFinder):
    """A context in which the user's imports are found; its own modules are taken by their definitions only.

    `notes` collects, one line each, what was not where the code expects it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.added: list[Path] = []
        self.notes: list[str] = []
        self.packages: set[str] = set()  # names of which the code imports submodules: no plain file will do
        self._stubbing = True

    def __enter__(self) -> UserImports:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        sys.meta_path.remove(self)

    # what Definitions asks

    def may_stub(self, allowed: bool) -> bool:
        """Set whether missing packages are replaced by stand-ins; returns what was set before."""
        before, self._stubbing = self._stubbing, allowed
        return before

    def add_folder(self, folder: str) -> None:
        """The code put this folder on `sys.path`; a relative one counts from the file's folder, or one above."""
        from_here = [(base / folder).resolve() for base in (self.folder, *self.folder.parents[:_LEVELS_UP])]
        path = next((each for each in from_here if each.is_dir()), None)
        if path is not None and path not in self.added:
            self.added.append(path)

    def is_users(self, module_name: str) -> bool:
        """Whether this module is the user's own, loaded by its definitions only."""
        return is_users(module_name)

    # the search

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of one of the user's modules or of a stand-in; None leaves the search to Python."""
        root, _, _ = fullname.partition(".")
        if root in sys.stdlib_module_names or root in ("numpy", "backproof") or not _asked_by_user_code():
            return None
        if root in _PLOTTING:
            return ModuleSpec(fullname, StubLoader(), is_package=True)
        if path is not None:
            return self._submodule(fullname, [Path(entry) for entry in path])
        here = _module_in(self.folder, fullname)
        spec = None
        if fullname not in self.packages or here is None or here.is_dir():
            spec = self._on_disk(fullname, [self.folder])
        if spec is not None:
            return spec
        installed = PathFinder.find_spec(fullname)
        if installed is not None and installed.loader is not None and installed.origin is not None:
            return None
        further = [*self.added, *self.folder.parents[:_LEVELS_UP]]
        return self._on_disk(fullname, further) or self._stand_in(fullname)

    def _submodule(self, fullname: str, folders: list[Path]) -> ModuleSpec | None:
        parent = sys.modules.get(fullname.rpartition(".")[0])
        loader = getattr(getattr(parent, "__spec__", None), "loader", None)
        if not isinstance(loader, DefinitionsLoader | BookLoader | StubLoader):
            return None  # a submodule of an installed package is Python's business
        return self._on_disk(fullname, folders) or self._stand_in(fullname)

    def _on_disk(self, fullname: str, folders: list[Path]) -> ModuleSpec | None:
        name = fullname.rpartition(".")[2]
        for folder in folders:
            found = _module_in(folder, name)
            if found is None:
                continue
            if found.stem != name:
                self._note(f"import {fullname}: taken from {found.name}, whose name is written differently")
            if folder not in (self.folder, *self.added) and "." not in fullname:
                self._note(f"import {fullname}: not beside the file, taken from {found}")
            if found.is_dir():
                initial = found / "__init__.py"
                loader = DefinitionsLoader(initial if initial.is_file() else None, self)
                return _spec(fullname, loader, found, package=True)
            return _spec(fullname, DefinitionsLoader(found, self), found)
        return None

    def _stand_in(self, fullname: str) -> ModuleSpec | None:
        root, _, rest = fullname.partition(".")
        if root in _BOOK:
            real = f"{_BOOK[root]}.{rest}" if rest else _BOOK[root]
            if find_spec(real) is not None:
                if rest:
                    self._note(f"import {fullname}: not found, {real} stands in for the book's module")
                return ModuleSpec(fullname, BookLoader(real), is_package=not rest)
        if not self._stubbing:
            return None
        self._note(
            f"import {root if root not in _BOOK else fullname}: not installed, replaced by an inert stand-in"
        )
        return ModuleSpec(fullname, StubLoader(), is_package=True)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def package_of(self, path: Path, tree: ast.Module) -> str:
        """The package name that the relative imports in this file count from; "" where it has none."""
        self.packages |= _packages_in(tree)
        levels = [node.level for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        depth = max(levels, default=0)
        if depth == 0:
            return ""
        above = [path.parent, *path.parent.parents]
        packages = next((i for i, folder in enumerate(above) if not (folder / "__init__.py").is_file()), 0)
        folders = above[: max(depth, packages)][::-1]  # what it imports may reach further up than it does itself
        name = ""
        for folder in folders:
            part = folder.name.replace(".", "_") or "root"
            name = f"{name}.{part}" if name else _free_name(part)
            if name not in sys.modules:
                initial = folder / "__init__.py"
                loader = DefinitionsLoader(initial if initial.is_file() else None, self)
                spec = _spec(name, loader, folder, package=True)
                module = importlib.util.module_from_spec(spec)
                sys.modules[name] = module
                try:
                    loader.exec_module(module)
                except LoadError as error:
                    self._note(str(error))
        return name


def taken_from(module: ModuleType) -> list[ModuleType]:
    """The user's own modules that this one has imported, or whose classes and functions it has."""
    values = vars(module).values()
    homes = {v.__name__ if isinstance(v, ModuleType) else str(getattr(v, "__module__", None)) for v in values}
    homes -= {module.__name__}
    return [sys.modules[home] for home in sorted(homes) if is_users(home)]


def is_users(module_name: str) -> bool:
    """Whether a module was loaded as the user's own, for its definitions."""
    spec = getattr(sys.modules.get(module_name), "__spec__", None)
    return isinstance(getattr(spec, "loader", None), DefinitionsLoader)


def _packages_in(tree: ast.Module) -> set[str]:
    """The first names of all dotted imports: `model` in `from model.layers import Affine`."""
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return {name.partition(".")[0] for name in names if "." in name}


def _asked_by_user_code() -> bool:
    """Whether the import statement stands in a module of the user's, not inside an installed package."""
    frame = sys._getframe(2)
    machinery = ("<frozen importlib._bootstrap>", "<frozen importlib._bootstrap_external>", importlib.__file__)
    while frame is not None and frame.f_code.co_filename in machinery:
        frame = frame.f_back  # type: ignore[assignment]
    spec = frame.f_globals.get("__spec__") if frame is not None else None
    return isinstance(getattr(spec, "loader", None), DefinitionsLoader)


def _module_in(folder: Path, name: str) -> Path | None:
    """`name.py` or a folder `name` with code in it; where only another case of the letters exists, that."""
    for candidate in (folder / name, folder / f"{name}.py"):
        if candidate.is_file() and candidate.suffix == ".py":
            return candidate
        if candidate.is_dir() and _holds_code(candidate):
            return candidate
    try:
        for entry in sorted(folder.iterdir()):
            if entry.suffix == ".py" and entry.stem.lower() == name.lower() and entry.is_file():
                return entry
    except OSError:
        pass
    return None


def _holds_code(folder: Path) -> bool:
    return any(folder.glob("*.py")) or any(folder.glob("*/*.py"))


def _spec(name: str, loader: Loader, origin: Path, *, package: bool = False) -> ModuleSpec:
    spec = ModuleSpec(name, loader, origin=str(origin), is_package=package)
    spec.has_location = not package or (origin / "__init__.py").is_file()
    if package:
        spec.submodule_search_locations = [str(origin)]
        spec.origin = str(origin / "__init__.py")
    return spec


def _free_name(name: str) -> str:
    """A module name that shadows nothing: underscores are added while it is taken."""
    while name in sys.stdlib_module_names or (
        name in sys.modules
        and not isinstance(getattr(sys.modules[name].__spec__, "loader", None), DefinitionsLoader)
    ):
        name += "_"
    return name


def free_module_name(stem: str) -> str:
    """A name for the user's file among the modules; any stem will do, identifier or not."""
    return _free_name(stem.replace(".", "_"))


def forget_user_modules() -> None:
    """Remove from `sys.modules` what an earlier loading put there."""
    for name, module in list(sys.modules.items()):
        loader = getattr(getattr(module, "__spec__", None), "loader", None)
        if isinstance(loader, DefinitionsLoader | BookLoader | StubLoader):
            del sys.modules[name]


class DefinitionsLoader(Loader):
    """Loads a user's module by its definitions only: a sibling may train when imported."""

    def __init__(self, path: Path | None, imports: UserImports) -> None:
        self.path = path  # None: a folder without __init__.py
        self.imports = imports

    def exec_module(self, module: ModuleType) -> None:
        """Execute the definitions; raises LoadError where the file is not Python 3."""
        if self.path is None:
            return
        tree = read_python(self.path)
        if not module.__package__ and (package := self.imports.package_of(self.path, tree)):
            module.__package__ = package
            module.__spec__ = _spec(f"{package}.{module.__name__}", self, self.path)
        definitions = Definitions(module, str(self.path), self.imports)
        definitions.run(tree)
        for line, reason in definitions.failed:
            self.imports._note(f"{self.path.name}, line {line}: {reason}")


class BookLoader(Loader):
    """The names of a `backproof.book` module under the name that the book's scripts import."""

    def __init__(self, real: str) -> None:
        self.real = real

    def exec_module(self, module: ModuleType) -> None:
        """Copy the public names, and `np`, which the book's modules hand on through `import *`."""
        source = importlib.import_module(self.real)
        names = {name: value for name, value in vars(source).items() if not name.startswith("__")}
        module.__dict__.update({"np": importlib.import_module("numpy"), **names})


class StubLoader(Loader):
    """Makes the stand-in module of a package that is not installed."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An inert module; of those that carry Python 2 over, with the names that it had."""
        module = StubModule(spec.name)
        if spec.name in ("past.builtins", "future.builtins", "six.moves"):
            vars(module).update({"xrange": range, "range": range, "zip": zip, "map": map, "filter": filter})
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to execute."""
