"""Whether code around a layer sets its gradients to zero before each round: then its backward may add to them."""

from __future__ import annotations

import ast
import contextlib
import functools
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CLEARS = re.compile(
    r"_*(zero|reset|clear|clean|empty|flush|init)_*\w*(grad|delta)\w*|_*grad\w*_(zero|reset|clear)\w*",
    re.IGNORECASE,
)
_GRADIENT = re.compile(r"_*(\w*grad\w*|d_?[wb]\d*|d_?weights?|d_?bias(es)?|diff|delta_?[wb])", re.IGNORECASE)
_ZEROS = re.compile(r"(np\.|numpy\.)?zeros(_like)?\(|0(\.0*)?$|None$")
_MAKES = re.compile(r"__init__|.*(forward|back|build|init).*", re.IGNORECASE)
_MOST_FILES = 60


def clears_gradients(layer: Any) -> bool:
    """By a method such as `zero_grad`, or by `p.grad = np.zeros_like(p.data)` in a loop that trains.

    Looked for in its class's own file, in those of its bases, and in the files beside and above that import it.
    """
    return _of(layer.__class__)


@functools.cache
def _of(cls: type) -> bool:
    return any(_clears(text) for text in _texts(cls))


def _texts(cls: type) -> Iterator[str]:
    for each in cls.__mro__[:-1]:
        with contextlib.suppress(OSError, TypeError):
            yield "".join(inspect.findsource(each)[0])  # of a notebook too
    with contextlib.suppress(OSError, TypeError):
        yield from _that_import(Path(inspect.getfile(cls)))


def _that_import(file: Path) -> Iterator[str]:
    """The sources that import this one, from the files beside it and, in a package, above it."""
    here = file.parent
    above = [here.parent] if (here / "__init__.py").exists() else []
    imports = re.compile(rf"^\s*(from|import)\b.*\b{re.escape(file.stem)}\b", re.MULTILINE)
    for other in [other for folder in (here, *above) for other in sorted(folder.glob("*.py"))][:_MOST_FILES]:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            text = other.read_text(encoding="utf-8")
            if other != file and imports.search(text):
                yield text


def _clears(text: str) -> bool:
    if "grad" not in text.lower() and "zeros" not in text:
        return False
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # Python 2, or what a notebook adds to Python
        return re.search(rf"def\s+{CLEARS.pattern}", text, re.IGNORECASE) is not None
    nodes = list(ast.walk(tree))
    names = [node.name for node in nodes if isinstance(node, ast.FunctionDef)]
    names += [
        node.func.attr for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    return any(map(CLEARS.fullmatch, names)) or any(map(_sets_to_zero, _in_loops(tree)))


def _in_loops(node: ast.AST, *, looped: bool = False) -> Iterator[ast.AST]:
    """What is done over and over, outside the methods that make a layer and those that run it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef) and _MAKES.fullmatch(child.name):
            continue
        if looped:
            yield child
        yield from _in_loops(child, looped=looped or isinstance(child, ast.For | ast.While))


def _sets_to_zero(node: ast.AST) -> bool:
    """`layer.dW = np.zeros_like(layer.W)`, `p.grad[...] = 0`, `p.grad.fill(0)`."""
    match node:
        case ast.Assign([target], value):
            return _is_gradient(target) and _ZEROS.match(ast.unparse(value)) is not None
        case ast.Call(ast.Attribute(target, "fill"), [ast.Constant(0 | 0.0)]):
            return _is_gradient(target)
    return False


def _is_gradient(target: ast.expr) -> bool:
    held = target.value if isinstance(target, ast.Subscript) else target
    return isinstance(held, ast.Attribute) and _GRADIENT.fullmatch(held.attr) is not None
