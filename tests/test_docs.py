"""The Python in the documents runs, one block after the other, in an empty folder."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def python_blocks(path):
    return re.findall(r"^```python\n(.*?)^```$", path.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", ["README.md", "docs/layers.md", "docs/xray.md"])
def test_the_python_in_a_document_runs(document, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = python_blocks(ROOT / document)
    assert blocks
    names: dict[str, object] = {"__name__": "document"}
    for block in blocks:
        exec(compile(block, document, "exec"), names)
    printed = capsys.readouterr().out
    for promised in re.findall(r"# (\[.*\])$", "\n".join(blocks), re.MULTILINE):
        assert promised in printed
