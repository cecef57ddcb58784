"""Whatever lies in a file, loading it ends in definitions or in one clear refusal."""

import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from backproof.errors import BackproofError
from backproof.subjects.load import load

SEEDS = Path(__file__).parents[1] / "seeds"


def loads_or_refuses(path):
    try:
        loaded = load(str(path))
    except BackproofError as error:
        assert path.name in str(error)  # noqa: PT017 (it may load as well)
        return
    assert all(callable(item) for item in loaded.definitions.values())
    assert all(isinstance(note, str) for note in loaded.notes)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200), suffix=st.sampled_from([".py", ".ipynb"]))
def test_any_bytes(tmp_path_factory, data, suffix):
    path = tmp_path_factory.mktemp("bytes") / f"net{suffix}"
    path.write_bytes(data)
    loads_or_refuses(path)


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["000", "001", "002", "004_matrix"]),
    start=st.integers(0, 9000),
    length=st.integers(1, 400),
)
def test_a_seed_with_a_piece_cut_out(tmp_path_factory, name, start, length):
    text = (SEEDS / f"{name}.py").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("cut") / "net.py"
    path.write_text(text[:start] + text[start + length :], encoding="utf-8")
    loads_or_refuses(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["cells", "cell_type", "source", "input", "worksheets", "kernelspec", "language"]),
        inner,
        max_size=4,
    ),
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(body=st.dictionaries(st.sampled_from(["cells", "worksheets", "metadata"]), JSON), version=JSON)
def test_any_json_that_calls_itself_a_notebook(tmp_path_factory, body, version):
    path = tmp_path_factory.mktemp("json") / "net.ipynb"
    path.write_text(json.dumps({"nbformat": version, **body}), encoding="utf-8")
    loads_or_refuses(path)


@settings(max_examples=100, deadline=None)
@given(lines=st.lists(st.text(alphabet="%!?ab=('\"\\:# \t", max_size=8), max_size=6))
def test_magics_keep_every_line_in_its_place(lines):
    from backproof.subjects.notebook import python_of_cell

    text = "\n".join(lines)
    assert python_of_cell(text).count("\n") == text.count("\n")
