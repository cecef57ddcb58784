"""Executes a module's definitions without running its script: which top-level statements, and why.

Run: imports, classes, functions, and assignments of simple values: literals, names, arithmetic, array
constructors, instances of classes whose constructor touches nothing outside. Not run: everything that does
something, such as loops, bare calls, training, downloads, plots, files, `if __name__ == "__main__"`.
A statement that raises is skipped with a note; the others go on. A text file that is read, `open(name).read()`, is
not: a short text of ours stands in for it (`texts.py`).
"""

from __future__ import annotations
import __future__

import ast
import builtins
import os
import random
import re
import sys
import warnings
from collections import deque
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import TextIOBase
from pathlib import PurePath
from types import FunctionType, ModuleType
from typing import Any, Protocol

import numpy as np

from backproof.errors import BackproofError
from backproof.subjects import texts
from backproof.subjects.precision import doubled
from backproof.subjects.stubs import Stub

_BUILTINS = {
    "abs", "bool", "bytes", "complex", "dict", "divmod", "enumerate", "float", "frozenset", "getattr",
    "hasattr", "int", "isinstance", "len", "list", "max", "min", "object", "pow", "range", "reversed",
    "round", "set", "slice", "sorted", "str", "sum", "super", "tuple", "type", "zip",
}  # fmt: skip
# Their functions compute values; those that read, write or wait are named in _OUTSIDE.
_PACKAGES = {
    "numpy", "math", "cmath", "operator", "functools", "collections", "itertools", "random", "typing",
    "dataclasses", "enum", "abc", "types", "copy", "string", "re", "fractions", "decimal", "posixpath",
    "ntpath", "genericpath", "pathlib",
}  # fmt: skip
_OUTSIDE = {
    "load", "loads", "loadtxt", "genfromtxt", "fromfile", "memmap", "save", "savez", "savez_compressed",
    "savetxt", "tofile", "dump", "dumps", "open", "open_memmap", "reduce", "load_mnist", "read_text",
    "read_bytes", "write_text", "write_bytes",
}  # fmt: skip
_SINGLE = {"posix.getcwd", "os.getenv", "logging.getLogger", "time.time", "time.perf_counter"}
_VALUES = (
    np.ndarray, np.generic, np.random.RandomState, np.random.Generator, random.Random,
    str, bytes, int, float, complex, list, tuple, dict, set, frozenset, range, deque, re.Pattern, PurePath,
    type(os.environ),
)  # fmt: skip
# What a constructor calls when it reaches outside; found among the names its code uses.
_BUSY = {
    "open", "input", "urlopen", "urlretrieve", "download", "load_mnist", "load_data", "fetch_openml",
    "read_csv", "imread", "show", "train", "fit", "sleep", "system", "Popen", "savefig",
}  # fmt: skip


class Imports(Protocol):
    """What `run_definitions` asks of the importer of a user's modules."""

    def may_stub(self, allowed: bool) -> bool:
        """Set whether missing packages are replaced by stand-ins; returns what was set before."""
        ...

    def add_folder(self, folder: str) -> None:
        """The code put this folder on `sys.path`."""
        ...

    def is_users(self, module_name: str) -> bool:
        """Whether this module is the user's own, loaded by its definitions only."""
        ...


class Silence(TextIOBase):
    """Takes what is printed, keeps nothing."""

    def write(self, text: str, /) -> int:
        return len(text)


class Definitions:
    """One module's definitions, executed; `names` in order, `notes` and the lines of what was not run."""

    def __init__(self, module: ModuleType, filename: str, imports: Imports) -> None:
        self.module = module
        self.filename = filename
        self.imports = imports
        self.names: list[str] = []
        self.failed: list[tuple[int, str]] = []
        self.not_run: list[int] = []
        self.stood_in: list[int] = []  # lines that read a text, in place of which ours stands
        self._handles: set[str] = set()  # names of texts that the file opens
        self._flags = 0

    def run(self, tree: ast.Module) -> None:
        """Execute the definitions in `tree` in the module's namespace."""
        silence = Silence()
        with warnings.catch_warnings(), redirect_stdout(silence), redirect_stderr(silence):
            warnings.simplefilter("ignore")
            self._block(doubled(tree).body)

    def _block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                if self._execute(node):
                    self._defined(node.name)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self._assign(node)
            case ast.If() if not _mentions_name(node.test, "__name__") and self.only_computes(node.test):
                self._branch(node)
            case ast.Try():
                self._try(node)
            case ast.With() if (bodies := texts.read_inside(node)) is not None:
                self.stood_in.append(node.lineno)
                self._block(bodies)
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                pass
            case ast.Expr(value=ast.Call(ast.Attribute(path, "append" | "insert" | "extend"), [*_, folder])) if (
                ast.unparse(path) == "sys.path"
            ):
                self._search_also(folder)
            case _:
                self._leave(node)

    def _defined(self, name: str) -> None:
        if name in self.names:
            self.names.remove(name)  # the last definition wins, and stands where it was made
        self.names.append(name)

    def _leave(self, node: ast.stmt) -> None:
        self.not_run.extend(range(node.lineno, (node.end_lineno or node.lineno) + 1))

    def _execute(self, node: ast.stmt) -> bool:
        try:
            self._exec(node)
        except (Exception, SystemExit) as error:
            assigns = isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
            if assigns and not isinstance(error, AttributeError | BackproofError):
                self._leave(node)  # it builds on something that was not run
            else:
                self.failed.append((node.lineno, f"{_title(node)}: {describe(error)}"))
            return False
        return True

    def _exec(self, node: ast.stmt) -> None:
        code = compile(ast.Module([node], []), self.filename, "exec", flags=self._flags, dont_inherit=True)
        exec(code, self.module.__dict__)

    # imports

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            for alias in node.names:
                feature = getattr(__future__, alias.name, None)
                self._flags |= feature.compiler_flag if feature is not None else 0
        for alias in node.names:  # one by one: a name that is missing takes no other with it
            single = (
                ast.Import([alias])
                if isinstance(node, ast.Import)
                else ast.ImportFrom(node.module, [alias], node.level)
            )
            if not self._execute(ast.copy_location(single, node)) and isinstance(node, ast.ImportFrom):
                self._stand_in(node, alias)

    def _stand_in(self, node: ast.ImportFrom, alias: ast.alias) -> None:
        """A name that a newer Python's own module has (`typing.override`): inert, as a missing package is."""
        if not node.level and (node.module or "").partition(".")[0] in sys.stdlib_module_names:
            self.module.__dict__.setdefault(alias.asname or alias.name, Stub(f"{node.module}.{alias.name}"))

    def _try(self, node: ast.Try) -> None:
        """As written first (a handler may know a substitute), then with stand-ins for what is missing."""
        kept = _with_bodies(node, self._kept)
        before = self.imports.may_stub(False)
        try:
            self._exec(kept)
        except (Exception, SystemExit):
            self.imports.may_stub(before)
            if not self._execute(kept):
                return
        finally:
            self.imports.may_stub(before)
        for statement in ast.walk(kept):
            if isinstance(statement, ast.ClassDef | ast.FunctionDef) and statement.name in self.module.__dict__:
                self._defined(statement.name)

    def _kept(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """The statements of a `try` that may run; where a handler gives up (`sys.exit()`), it raises instead."""
        kept: list[ast.stmt] = []
        for statement in statements:
            match statement:
                case (
                    ast.Import() | ast.ImportFrom() | ast.ClassDef() | ast.FunctionDef() | ast.Raise() | ast.Pass()
                ):
                    kept.append(statement)
                case ast.Expr(value=ast.Call(func=function)) if _called_name(function) in (
                    "exit",
                    "quit",
                    "_exit",
                ):
                    kept.append(ast.copy_location(ast.Raise(), statement))
                case ast.Assign() | ast.AnnAssign() | ast.AugAssign() if self._simple_assignment(statement):
                    kept.append(statement)
                case ast.Expr(value=ast.Name()):  # `try: xrange` asks whether the name exists
                    kept.append(statement)
                case ast.Try():
                    kept.append(_with_bodies(statement, self._kept))
                case _:
                    self._leave(statement)
        return kept

    # assignments and branches

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        if (handle := texts.handle_of(node)) is not None:
            self._handles.add(handle)
        before, node = node, texts.stood_in(node, self._handles)
        self.stood_in += [node.lineno] if node is not before else []
        if isinstance(node, ast.AugAssign) and ast.unparse(node.target) == "sys.path":
            self._search_also(node.value)
        elif not self._simple_assignment(node):
            self._leave(node)
        elif node.value is not None and self._execute(node):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                value = self.module.__dict__.get(target.id) if isinstance(target, ast.Name) else None
                if isinstance(target, ast.Name) and self._made_here(value):
                    self._defined(target.id)

    def _made_here(self, value: Any) -> bool:
        """A function assigned to a name (`relu = lambda x: ...`), not a second name for a definition."""
        known = (self.module.__dict__.get(name) for name in self.names)
        return (
            isinstance(value, FunctionType)
            and value.__module__ == self.module.__name__
            and all(value is not other for other in known)
        )

    def _simple_assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> bool:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return (node.value is None or self.only_computes(node.value)) and all(map(self.only_computes, targets))

    def _branch(self, node: ast.If) -> None:
        try:
            chosen = bool(self.value(node.test))
        except (Exception, SystemExit):
            self._leave(node)
            return
        self._block(node.body if chosen else node.orelse)

    def _search_also(self, expression: ast.expr) -> None:
        if self.only_computes(expression):
            with suppress(Exception, SystemExit):
                value = self.value(expression)
                for folder in value if isinstance(value, list | tuple) else [value]:
                    self.imports.add_folder(str(folder))

    # what is simple

    def value(self, node: ast.expr) -> Any:
        """What the expression evaluates to in the module's namespace; raises whatever it raises."""
        code = compile(ast.Expression(node), self.filename, "eval", flags=self._flags, dont_inherit=True)
        return eval(code, self.module.__dict__)

    def only_computes(self, node: ast.AST) -> bool:
        """Whether evaluating this only computes a value."""
        match node:
            case ast.Lambda():
                return all(map(self.only_computes, [*node.args.defaults, *filter(None, node.args.kw_defaults)]))
            case ast.Call():
                parts = [*node.args, *(keyword.value for keyword in node.keywords)]
                return (
                    all(map(self.only_computes, parts))
                    and self.only_computes(node.func)
                    and self._harmless(node.func)
                )
            case ast.Await() | ast.Yield() | ast.YieldFrom() | ast.NamedExpr():
                return False
            case _:
                return all(map(self.only_computes, ast.iter_child_nodes(node)))

    def _harmless(self, function: ast.expr) -> bool:
        """Whether calling what this expression names, as things stand now, only computes a value."""
        try:
            target = self.value(function)
        except (Exception, SystemExit):
            return False
        if isinstance(target, Stub):
            return True
        name = str(getattr(target, "__name__", ""))
        if name in _OUTSIDE:
            return False
        owner = getattr(target, "__self__", None)  # of a method its object, of a built-in function its module
        if owner is not None and not isinstance(owner, ModuleType | type):
            return isinstance(owner, _VALUES)
        if isinstance(target, np.ufunc) or (name in _BUILTINS and target is getattr(builtins, name)):
            return True
        home = str(getattr(target, "__module__", None) or "")
        if (home, name) == ("backproof.subjects.told", "subject"):
            return True
        if home.partition(".")[0] in _PACKAGES or f"{home}.{name}" in _SINGLE:
            return True
        known = home == self.module.__name__ or home.startswith("backproof.") or self.imports.is_users(home)
        return isinstance(target, type) and known and not _uses(target, _BUSY)


def _uses(cls: type, names: set[str]) -> bool:
    code = getattr(cls.__init__, "__code__", None)  # type: ignore[misc]
    return code is not None and not names.isdisjoint(code.co_names)


def _mentions_name(node: ast.AST, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def _called_name(function: ast.expr) -> str:
    return getattr(function, "attr", getattr(function, "id", ""))


def _with_bodies(node: ast.Try, kept: Callable[[list[ast.stmt]], list[ast.stmt]]) -> ast.Try:
    nothing: list[ast.stmt] = [ast.copy_location(ast.Pass(), node)]
    handlers = [
        ast.copy_location(ast.ExceptHandler(h.type, h.name, kept(h.body) or nothing), h) for h in node.handlers
    ]
    final = kept(node.finalbody)
    if not handlers and not final:
        final = nothing
    return ast.copy_location(ast.Try(kept(node.body) or nothing, handlers, kept(node.orelse), final), node)


def _title(node: ast.stmt) -> str:
    match node:
        case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
            return f"{node.name} is not defined"
        case ast.Import() | ast.ImportFrom():
            return ast.unparse(node)
        case _:
            return "skipped"


def describe(error: BaseException) -> str:
    """An exception in one line."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
