"""`backproof explain`: the page of a code or a cause, the index, and what is neither."""

import io

import pytest
from rich.console import Console
from typer.testing import CliRunner

from backproof import messages
from backproof.cli import app, explain


def run(*arguments):
    return CliRunner().invoke(app, ["explain", *arguments])


@pytest.mark.parametrize("name", ["BP101", "bp101", "softmax-over-batch"])
def test_a_page_by_code_and_by_cause(name):
    result = run(name)
    assert result.exit_code == 0
    assert result.stdout.startswith("# BP101: A softmax over the whole batch")
    assert "exp(aₙₖ)" in result.stdout
    assert "```python\n" in result.stdout
    assert "*row sums*" in result.stdout
    assert "{row sums}" not in result.stdout


def test_the_index_lists_every_code_with_its_causes():
    lines = run().stdout.splitlines()
    assert [line.split()[1] for line in lines] == messages.codes()
    assert any("`sum-without-axis`" in line for line in lines)


def test_braces_in_code_are_code():
    (example,) = messages.page("BP302").examples("wrong")
    assert example in explain.page_of("BP302")


def test_neither_code_nor_cause():
    with pytest.raises(explain.UnknownCode, match="'BP999'; expected one such as BP101"):
        explain.page_of("BP999")
    assert run("BP999").exit_code != 0


def test_a_page_is_set_in_a_terminal(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(explain, "Console", lambda **_: Console(file=screen, force_terminal=True, width=80))
    explain.explain("BP132")
    assert "# BP132" not in screen.getvalue()
    assert "BP132" in screen.getvalue()
