"""The package as a whole: its public names, what importing it costs, and which way its imports point."""

import ast
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import backproof

SOURCE = Path(str(resources.files("backproof")))
ARCHITECTURE = Path(__file__).parents[1] / "docs" / "architecture.md"

EVERYTHING = {
    path.stem
    for path in SOURCE.iterdir()
    if (path.is_dir() and path.name != "__pycache__") or path.suffix == ".py"
}
PLAIN = {"blas", "errors", "protocols"}  # no logic of ours: everybody may know them

MAY_IMPORT = {
    "errors": set(),
    "protocols": set(),
    "blas": set(),
    "functions": PLAIN,
    "differences": PLAIN,
    "stacked": PLAIN | {"differences"},
    "findings": PLAIN,
    "files": PLAIN,
    "optimizers": PLAIN,
    "layers": PLAIN | {"functions"},
    "networks": PLAIN | {"functions", "layers", "differences", "stacked"},
    "datasets": PLAIN | {"files"},
    "training": PLAIN | {"files", "optimizers", "datasets", "functions", "layers", "networks"},
    "book": PLAIN | {"functions", "layers", "differences", "datasets"},
    "subjects": PLAIN | {"findings"},
    "check": PLAIN | {"subjects", "differences", "stacked", "findings", "messages"},
    "messages": PLAIN,
    "render": PLAIN | {"findings", "messages"},
    "xray": PLAIN | {"subjects", "findings", "files"},
    "pytest_plugin": PLAIN | {"check"},
    "cli": EVERYTHING,
    "__init__": EVERYTHING - {"cli"},
    "__main__": {"cli"},
}


def modules():
    return sorted(SOURCE.rglob("*.py"))


def part(path):
    """The room of the house that a file lies in: `layers` for layers/affine.py, `functions` for functions.py."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported_parts(tree):
    """Rooms that are imported while the module loads; imports inside functions are left out."""
    for node in top_level(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            package, *rest = name.split(".")
            if package == "backproof" and rest:
                yield rest[0]


def top_level(node):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        yield child
        yield from top_level(child)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_one_way(path):
    room = part(path)
    assert room in MAY_IMPORT, f"{room} is new: say in MAY_IMPORT (and docs/architecture.md) what it may know"
    known = set(imported_parts(ast.parse(path.read_text(encoding="utf-8"))))
    assert known - {room} <= MAY_IMPORT[room]


def test_the_architecture_names_the_same_imports():
    rows = re.findall(
        r"^\| `(\w+)(?:\.py|/)` \|.*\| ([^|]*) \|$", ARCHITECTURE.read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {room: set(re.findall(r"`(\w+)`", known)) for room, known in rows if room != "cli"}
    assert told == {
        room: MAY_IMPORT[room] - PLAIN for room in EVERYTHING - PLAIN - {"cli", "__init__", "__main__"}
    }


def test_there_is_no_circle_in_what_may_be_imported():
    order = []
    rooms = {room: known - {room} for room, known in MAY_IMPORT.items() if room != "__init__"}
    rooms["cli"] = set(rooms) - {"cli", "__main__"}
    while free := [room for room, known in rooms.items() if not known - set(order)]:
        order += free
        for room in free:
            del rooms[room]
    assert not rooms


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["matplotlib", "pooch", "typer", "requests", "scipy", "numba"]
    code = f"import sys, backproof; print(*[name for name in {heavy} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []


def test_the_public_names_are_there():
    """What outside programs use; docs/architecture.md and the README name them."""
    for name in backproof.__all__:
        assert hasattr(backproof, name), name
    assert {"TwoLayerNet", "numerical_gradient", "Trainer", "SGD"} <= set(backproof.__all__)
    assert backproof.layers.Affine
    assert backproof.functions.softmax
    assert backproof.datasets.load_mnist


def test_the_package_is_typed():
    assert (SOURCE / "py.typed").is_file()


def test_nothing_unpickles():
    for path in modules():
        names = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in ([node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
        }
        assert not names & {"pickle", "marshal", "shelve", "dill", "joblib"}, path
