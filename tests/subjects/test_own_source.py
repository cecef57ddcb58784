"""People's functions as text and as trees; nothing where there is no source, or none that parses by itself."""

import ast

import pytest

from backproof.subjects.own_source import text_around, text_of, tree_of


class Turning:
    def back(self, dout):
        return dout.T


class Unhashable:
    __hash__ = None

    def __call__(self, x):
        return x


# fmt: off
PAIR = {"f": lambda x: x,
        "slope": lambda x: 1}
# fmt: on


def test_methods_and_functions_are_one_source():
    assert text_of(Turning().back) == text_of(Turning.back) == "def back(self, dout):\n    return dout.T\n"
    (definition,) = tree_of(Turning.back).body
    assert isinstance(definition, ast.FunctionDef)


@pytest.mark.parametrize("item", [len, Unhashable(), None])
def test_what_has_no_source_gives_nothing(item):
    assert text_of(item) == ""
    assert tree_of(item).body == []
    assert text_around(item) == ""


def test_a_piece_that_does_not_parse_by_itself_is_text_without_a_tree():
    assert "lambda x: 1" in text_of(PAIR["slope"])
    assert tree_of(PAIR["slope"]).body == []


def test_the_rest_of_the_file_stands_around():
    rest = text_around(Turning)
    assert "        return dout.T\n" not in rest
    assert "class Unhashable:\n" in rest
