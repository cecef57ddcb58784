"""Definitions out of files: what is executed, what never is, what is found and what is refused."""

import inspect
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from backproof.subjects.load import LoadError, load
from backproof.subjects.stubs import Stub

SEEDS = Path(__file__).parents[1] / "seeds"


@pytest.fixture
def write(tmp_path):
    """Write a file below tmp_path; returns its path as text."""

    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def notebook(*cells, version=4, **metadata):
    """A notebook's JSON with these code cells."""
    if version == 3:
        code = [{"cell_type": "code", "input": [text], "prompt_number": 7, "outputs": []} for text in cells]
        return json.dumps({"nbformat": 3, "worksheets": [{"cells": code}], "metadata": metadata})
    code = [{"cell_type": "code", "source": text, "execution_count": n + 1} for n, text in enumerate(cells)]
    return json.dumps(
        {"nbformat": 4, "cells": [{"cell_type": "markdown", "source": "# x"}, *code], "metadata": metadata}
    )


# The seeds


@pytest.mark.parametrize("name", ["000", "001", "002", "003", "004_matrix", "004_layers"])
@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_every_seed_loads_without_running_its_script(name, suffix):
    loaded = load(str(SEEDS / f"{name}{suffix}"))
    assert "x_train" not in vars(loaded.module)
    assert "train_loss_list" not in vars(loaded.module) or vars(loaded.module)["train_loss_list"] == []
    wanted = "SoftmaxWithLoss" if name == "002" else "TwoLayerNet"
    assert wanted in loaded.definitions
    assert any("not run" in note for note in loaded.notes)


def test_the_same_definitions_come_from_script_and_notebook():
    for name in ("000", "001", "002", "003"):
        script, cells = load(str(SEEDS / f"{name}.py")), load(str(SEEDS / f"{name}.ipynb"))
        assert list(script.definitions) == list(cells.definitions)


def test_the_books_modules_are_stood_in_for_and_said_so():
    loaded = load(f"{SEEDS}/004_layers.py")
    assert any("common.layers" in note and "backproof.book.layers" in note for note in loaded.notes)
    network = loaded.definitions["TwoLayerNet"](7, 8, 4)
    assert network.loss(np.ones((3, 7)), np.eye(4)[:3]) == pytest.approx(np.log(4), abs=0.1)


def test_imported_classes_are_no_definitions_of_the_file():
    assert list(load(f"{SEEDS}/004_layers.py").definitions) == ["TwoLayerNet"]


def test_try_import_raise_of_seed_003_survives():
    module = load(f"{SEEDS}/003.py").module
    assert module.urllib.request.__name__ == "urllib.request"
    assert module.img_size == 784


# What is executed


RUN = [
    ("a = [1, 2 * 3, {'k': (4, 5)}]", [1, 6, {"k": (4, 5)}]),
    ("import math\na = math.sqrt(16) + abs(-1)", 5.0),
    ("from collections import OrderedDict\na = list(OrderedDict({'x': 1}))", ["x"]),
    ("a = [i ** 2 for i in range(4)]", [0, 1, 4, 9]),
    ("class L:\n    def __init__(self, n):\n        self.n = n\na = L(3).n", 3),
    ("b = 'x y'\na = b.split()", ["x", "y"]),
    ("import logging\na = logging.getLogger('x').name", "x"),
    ("a: int = 3", 3),
    ("a = 1\na += 2", 3),
    ("a = 1 if __name__ != '__main__' else 2", 1),
    ("import sys\nif sys.version_info[0] >= 3:\n    a = 3\nelse:\n    a = 2", 3),
    ("try:\n    xrange\nexcept NameError:\n    xrange = range\na = list(xrange(2))", [0, 1]),
    (
        "try:\n    import cupy_or as np\nexcept ImportError:\n    import numpy as np\na = np.arange(3).tolist()",
        [0, 1, 2],
    ),
    (
        "from __future__ import annotations\ndef f(x: no_such_type): ...\na = f.__annotations__",
        {"x": "no_such_type"},
    ),
    ("import numpy as np\nd = {}\nd['W'] = np.zeros((2, 3))\na = d['W'].shape", (2, 3)),
    ("try:\n    from absent import jit\nexcept ImportError:\n    def jit(f): return f\na = jit.__name__", "jit"),
    ("try:\n    import absent\nexcept ImportError:\n    print('no')\n    exit(1)\na = 5", 5),
    ("try:\n    try:\n        import absent\n    except ImportError:\n        import no\nexcept: a = 6", 6),
    ("try:\n    k = {}['missing']\nfinally:\n    pass\na = 7", 7),
    ("try:\n    open('trace.txt', 'w')\nfinally:\n    a = 8", 8),
    ("import absent\nb = absent.thing(3)\na = 9", 9),
    ("import sys\nsys.path.append(open('trace.txt', 'w').name)\na = 10", 10),
]


@pytest.mark.parametrize(("text", "value"), RUN)
def test_simple_statements_are_executed(write, text, value):
    assert load(write("simple.py", text)).module.a == value


@pytest.mark.parametrize(
    "text",
    [
        "a = open('absent.txt', 'r').read()",
        "a = ''.join(open('absent.txt').readlines())",
        "import io\na = io.open('absent.txt', mode='r', encoding='utf-8').read().lower()",
        "with open('absent.txt') as file:\n    a = file.read()",
    ],
)
def test_a_short_text_stands_in_for_one_that_is_read(write, text):
    loaded = load(write("reads.py", f"{text}\nletters = sorted(set(a))\nprint(letters)\n"))
    assert loaded.module.letters == sorted(set(loaded.module.a))
    assert 5 < len(loaded.module.letters) < len(loaded.module.a)
    assert any("a short text stands in for it" in note for note in loaded.notes)


NOT_RUN = [
    "for i in range(3):\n    a = i",
    "while True:\n    a = 1",
    "a = open('trace.txt', 'w')",
    "a = input()",
    "a = print('x')",
    "import numpy as np\na = np.load('weights.npy')",
    "import numpy as np\nnp.zeros(3).tofile('trace.txt')\na = np.zeros(2).tofile('trace.txt')",
    "def load_mnist():\n    raise SystemExit\na = load_mnist()",
    "if __name__ == '__main__':\n    a = 1",
    "with open('trace.txt', 'w') as a:\n    pass",
    "with open('trace.txt', 'w') as f:\n    a = f.write('x')",
    "a = open('trace.txt', 'w+').read()",
    "import argparse\na = argparse.ArgumentParser().parse_args()",
    "class Net:\n    def fit(self):\n        return 1\nnet = Net()\na = net.fit()",
    "class Data:\n    def __init__(self):\n        self.file = open('trace.txt', 'w')\na = Data()",
    "import sys\nsys.exit(1)\na = undefined",
    "from urllib.request import urlopen\na = urlopen('http://localhost/')",
    "import os\na = os.system('touch trace.txt')",
    "(a := 3)",
    "b = (a := 3)",
    "if undefined > 3:\n    a = 1\nelse:\n    a = 2",
    "assert False\nraise ValueError\na = missing.thing",
]


@pytest.mark.parametrize("text", NOT_RUN)
def test_what_does_something_is_never_run(write, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    loaded = load(write("busy.py", f"{text}\ndef f(): ...\n"))
    assert "a" not in vars(loaded.module)
    assert "f" in loaded.definitions
    assert not (tmp_path / "trace.txt").exists()


def test_a_statement_that_raises_is_skipped_with_a_note_and_the_rest_goes_on(write):
    loaded = load(
        write("old.py", "import numpy as np\ndef f(x, dtype=np.int): ...\nclass G: ...\nKIND = np.float\n")
    )
    assert list(loaded.definitions) == ["G"]
    assert any("line 2" in note and "f is not defined" in note and "np" not in note[:6] for note in loaded.notes)
    assert any("line 4" in note and "AttributeError" in note for note in loaded.notes)


def test_old_numpy_names_inside_functions_stay_for_call_time(write):
    loaded = load(write("old.py", "import numpy as np\ndef step(x):\n    return np.array(x > 0, dtype=np.int)\n"))
    with pytest.raises(AttributeError, match="no attribute 'int'"):
        loaded.definitions["step"](np.ones(2))


def test_the_last_definition_of_a_name_wins_as_in_python(write):
    loaded = load(
        write("twice.py", "class A:\n    n = 1\ndef f(): ...\nclass A:\n    n = 2\ng = lambda x: x\nh = f\n")
    )
    assert list(loaded.definitions) == ["f", "A", "g"]
    assert loaded.definitions["A"].n == 2


def test_printing_at_definition_time_is_swallowed(write, capsys):
    load(write("loud.py", "class A:\n    print('hello')\n"))
    assert capsys.readouterr().out == ""


# Imports


def test_a_sibling_is_loaded_by_its_definitions_only(write):
    write("layers.py", "class Affine: ...\nfor i in range(3):\n    raise SystemExit('it trains')\n")
    loaded = load(write("net.py", "from layers import *\nclass Net(Affine): ...\n"))
    assert loaded.definitions["Net"].__mro__[1].__module__ == "layers"
    assert list(loaded.definitions) == ["Net"]


def test_imports_are_found_up_the_folders_and_the_note_says_where(write):
    write("common/layers.py", "from common.functions import f\nclass Mine: ...\n")
    write("common/functions.py", "def f(): ...\n")
    loaded = load(
        write("ch05/net.py", "import sys, os\nsys.path.append(os.pardir)\nfrom common.layers import Mine, f\n")
    )
    assert loaded.module.Mine.__module__ == "common.layers"
    loaded = load(write("ch06/deep/net.py", "from common.layers import Mine\n"))
    assert any("common" in note and "not beside the file" in note for note in loaded.notes)


def test_sys_path_edits_are_followed(write):
    write("lib/src/helpers.py", "def g(): ...\n")
    text = "import sys, os.path as p\nsys.path.insert(0, p.join(p.dirname(__file__), 'lib', 'src'))\n"
    before = list(sys.path)
    assert load(write("net.py", text + "from helpers import g\n")).module.g.__module__ == "helpers"
    assert load(write("other.py", "import sys\nsys.path += ['lib/src']\nfrom helpers import g\n")).module.g
    assert sys.path == before


def test_relative_imports_count_from_the_files_folder(write):
    write("book/common/functions.py", "def relu(x): ...\n")
    write("book/ch/layers.py", "from ..common.functions import relu\n")
    loaded = load(write("book/ch/net.py", "from .layers import relu\nfrom ..common import functions\n"))
    assert loaded.module.relu is loaded.module.functions.relu


def test_a_name_in_another_case_is_found_with_a_note(write):
    write("Layers.py", "class Affine: ...\n")
    loaded = load(write("net.py", "from layers import Affine\n"))
    assert loaded.module.Affine
    assert any("written differently" in note for note in loaded.notes)


def test_an_absent_package_is_stubbed_and_named(write):
    text = (
        "import no_such_package.sub as n\nfrom other_absent import Thing, jit\n"
        "class A(Thing):\n    @jit(nopython=True)\n    def f(self):\n        return 1\n"
        "@n.decorate\ndef g():\n    return 2\npath = n.here + '/data'\n"
    )
    loaded = load(write("net.py", text))
    assert loaded.definitions["A"]().f() == 1
    assert loaded.definitions["g"]() == 2
    assert {"no_such_package", "other_absent"} <= {
        w for note in loaded.notes for w in note.replace(":", "").split()
    }
    with pytest.raises(TypeError, match="other_absent"):
        np.asarray(loaded.module.Thing, dtype=float)
    with pytest.raises(TypeError, match="stand-in"):
        list(loaded.module.n.things)
    assert isinstance(loaded.module.n.f(1, 2), Stub)
    assert not loaded.module.n.cuda.is_available()


def test_what_carries_python_2_over_has_its_names(write):
    loaded = load(write("net.py", "from past.builtins import xrange\nfrom six.moves import zip as both\n"))
    assert list(loaded.module.xrange(3)) == [0, 1, 2]
    assert list(loaded.module.both([1], [2])) == [(1, 2)]


def test_a_file_that_parses_and_does_not_compile_is_refused_with_its_line(write):
    with pytest.raises(LoadError, match=r"line 3: 'return' outside function"):
        load(write("net.py", "class Relu:\n    def forward(self, x): ...\n    return []\n"))


def test_code_between_the_calls_of_an_absent_package_runs(write):
    text = (
        "import absent\nclass Relu:\n    def forward(self, x):\n        with absent.no_grad():\n"
        "            return x * (x > 0)\n"
    )
    loaded = load(write("net.py", text))
    assert loaded.definitions["Relu"]().forward(np.array([-1.0, 2.0])).tolist() == [0, 2]
    assert repr(loaded.module.absent.no_grad) == "<stand-in for absent.no_grad>"
    assert not hasattr(loaded.module.absent, "__version__")


def test_one_missing_name_takes_no_other_with_it(write):
    write("data.py", "x_train = open('absent')\ndef scale(x): ...\n")
    loaded = load(write("net.py", "from data import x_train, scale\n"))
    assert loaded.module.scale
    assert any("x_train" in note for note in loaded.notes)


def test_a_broken_sibling_is_a_note_not_the_end(write):
    write("layers.py", "print 'hello'\n")
    loaded = load(write("net.py", "from layers import *\nclass Net: ...\n"))
    assert list(loaded.definitions) == ["Net"]
    assert any("Python 2" in note for note in loaded.notes)


def test_siblings_of_one_file_are_not_taken_for_those_of_another(write):
    write("a/layers.py", "N = 1\n")
    write("b/layers.py", "N = 2\n")
    assert load(write("a/net.py", "from layers import N\n")).module.N == 1
    assert load(write("b/net.py", "from layers import N\n")).module.N == 2


def test_imports_made_by_a_call_are_found_inside_the_context(write):
    write("late.py", "def g():\n    return 5\n")
    loaded = load(write("net.py", "def f():\n    from late import g\n    return g()\n"))
    with loaded.imports:
        assert loaded.definitions["f"]() == 5
    assert loaded.imports not in sys.meta_path


def test_star_import_of_a_stand_in_for_the_book_brings_np_as_the_book_does(write):
    assert load(write("net.py", "from common.functions import *\na = np.ones(2)\n")).module.a.sum() == 2


# Files


def test_file_names_that_are_no_identifiers_work(write):
    for name in ("2-layer net.py", "第5章.py", "random.py", "net.v2.py", "class.py"):
        loaded = load(write(name, "class Net:\n    def f(self):\n        return 1\n"))
        assert inspect.getsource(loaded.definitions["Net"]).startswith("class Net:")
        assert sys.modules[loaded.definitions["Net"].__module__] is loaded.module
    assert sys.modules["random"].__name__ == "random"
    assert hasattr(sys.modules["random"], "gauss")


def test_a_name_after_the_file_is_checked(write):
    path = write("net.py", "class TwoLayerNet: ...\ndef broken(x=undefined): ...\n")
    assert load(f"{path}::TwoLayerNet").requested == "TwoLayerNet"
    with pytest.raises(LoadError, match="Did you mean TwoLayerNet"):
        load(f"{path}::TwoLayerNer")
    with pytest.raises(LoadError, match="NameError"):
        load(f"{path}::broken")


def test_module_targets_inside_and_outside_this_folder(write, tmp_path, monkeypatch):
    write("pack/net.py", "class Net: ...\nopen('trace.txt', 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert list(load("pack.net:Net").definitions) == ["Net"]
    assert not (tmp_path / "trace.txt").exists()
    assert "Affine" in load("backproof.layers.affine:Affine").definitions
    with pytest.raises(LoadError, match="no_such_module"):
        load("no_such_module:Net")


REFUSED = [
    ("empty.py", b"  \n", "empty"),
    ("old.py", b"def f():\n    print 'x'\n", "line 2.*Python 2"),
    ("old.py", b"try:\n    pass\nexcept ValueError, e:\n    pass\n", "Python 2"),
    ("tabs.py", b"if 1:\n        a = 1\n\tb = 2\n", "tabs and spaces.*Python 2"),
    ("cut.py", b"def f(:\n", "line 1: .*def f"),
    ("latin.py", b"# caf\xe9\n", "not UTF-8.*0xe9 on line 1.*latin-1"),
    ("codec.py", b"# -*- coding: nonsense -*-\n", "nonsense"),
    ("null.py", b"a = 1\0\n", "is no text: it holds null bytes"),
    ("deep.py", b"(" * 5000 + b")" * 5000, "too deeply|too many nested"),
    ("minus.py", b"x = " + b"-" * 200_000 + b"1\n", "too deeply|too many nested|too complex"),
    ("net.txt", b"class A: ...\n", "neither a .py nor an .ipynb"),
    ("net.ipynb", b"{", "not JSON"),
    ("net.ipynb", b"[1]", "no nbformat"),
    ("net.ipynb", b'{"nbformat": 4, "cells": []}', "no code cells"),
    ("net.ipynb", b"\xff", "not UTF-8"),
    ("half.ipynb", b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud800"}]}', "no Python source"),
    ("r.ipynb", b'{"nbformat": 4, "cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "in R"),
]


def test_a_file_that_breaks_off_when_it_is_read_is_named(tmp_path):
    (tmp_path / "net.py").symlink_to("/proc/self/mem")
    with pytest.raises(LoadError, match="cannot be read: "):
        load(str(tmp_path / "net.py"))


@pytest.mark.parametrize(("name", "data", "message"), REFUSED)
def test_unreadable_files_get_one_clear_message(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(Exception, match=f"(?s){message}") as caught:
        load(str(path))
    assert type(caught.value).__module__.startswith("backproof")
    assert name in str(caught.value)


def test_missing_files_and_folders_get_one_clear_message(write, tmp_path):
    write("network.py", "class Net: ...\n")
    with pytest.raises(LoadError, match=r"Did you mean .*network\.py"):
        load(str(tmp_path / "netwrok.py"))
    with pytest.raises(LoadError, match="neither does the folder"):
        load(str(tmp_path / "no" / "net.py"))
    with pytest.raises(LoadError, match="is a folder"):
        load(str(tmp_path))
    with pytest.raises(LoadError, match="names no file"):
        load("::Net")
    with pytest.raises(LoadError, match="no regular file"):
        load("/dev/null")


@pytest.mark.parametrize("leads_to", ["loop.py", "gone.py"])
def test_a_link_that_leads_nowhere_is_said_to_be_one(tmp_path, leads_to):
    (tmp_path / "loop.py").symlink_to(leads_to)
    with pytest.raises(LoadError, match=rf"loop\.py is a link to {leads_to}, which leads to no file"):
        load(str(tmp_path / "loop.py"))


def test_a_declared_encoding_is_honoured(tmp_path):
    path = tmp_path / "latin.py"
    path.write_bytes("# -*- coding: latin-1 -*-\nNAME = 'caf\xe9'\n".encode("latin-1"))
    assert load(str(path)).module.NAME == "café"


# Notebooks


def test_magics_are_dropped_line_for_line(write):
    cells = (
        "%matplotlib inline\n!pip install x\nimport numpy as np\nfiles = !ls\nnp?\n",
        "%%time\nclass Net:\n    def f(self):\n        return (1\n            % 2)\n",
        "%%bash\nrm -rf nothing\n",
        "if True:\n    %cd ..\n    a = 3\ntext = '''\n%not a magic\n'''\n!ls\n",
    )
    loaded = load(write("n.ipynb", notebook(*cells)))
    assert loaded.module.a == 3
    assert loaded.module.text == "\n%not a magic\n"
    assert loaded.definitions["Net"]().f() == 1
    assert "files" not in vars(loaded.module)


def test_a_line_is_traced_to_its_cell(write):
    path = write(
        "n.ipynb", notebook("import numpy as np\n\n", "%%time\nclass Net:\n    def f(self):\n        return 1\n")
    )
    loaded = load(path)
    line = loaded.definitions["Net"].f.__code__.co_firstlineno
    place = loaded.place(line)
    assert (place.file, place.cell, place.line, place.label) == (path, 2, 3, 2)
    assert inspect.getsource(loaded.definitions["Net"].f).strip() == "def f(self):\n        return 1"
    assert inspect.getsource(loaded.definitions["Net"]).startswith("class Net:")


def test_notebooks_of_format_3_are_read(write):
    loaded = load(write("old.ipynb", notebook("class Net: ...", version=3)))
    assert list(loaded.definitions) == ["Net"]
    assert loaded.place(1).label == 7


def test_a_cell_that_python_cannot_read_is_left_out_with_a_note(write):
    loaded = load(write("n.ipynb", notebook("class A: ...", "def f(:", "class B: ...")))
    assert list(loaded.definitions) == ["A", "B"]
    assert any("cell 2 (In [2])" in note for note in loaded.notes)
    with pytest.raises(LoadError, match="Python 2"):
        load(write("old.ipynb", notebook("print 'x'")))
