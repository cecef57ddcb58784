import errno
import os

import pytest

from backproof.files import write_whole


def test_new_content_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "file"
    for content in (b"one", b"two", b""):
        write_whole(path, content)
        assert path.read_bytes() == content
        assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_failure_keeps_the_old_file_and_names_it(tmp_path, monkeypatch, failing):
    path = tmp_path / "file"
    write_whole(path, b"old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match="No space left on device") as raised:
        write_whole(path, b"new")
    assert raised.value.filename == str(path)
    assert raised.value.errno == errno.ENOSPC
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interruption_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "file", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as raised:
        write_whole(tmp_path / "none" / "file", b"")
    assert raised.value.filename == str(tmp_path / "none" / "file")
