import errno
import os

import pytest

from backproof.files import remove_unfinished, write_whole


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


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    for name in ("run[1].st", "run[1].st.0a1b2c3d.tmp", "run[1].st.bak.tmp", "run1.st.0a1b2c3d.tmp", "other.tmp"):
        (tmp_path / name).write_bytes(b"")
    remove_unfinished(tmp_path / "run[1].st")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "other.tmp",
        "run1.st.0a1b2c3d.tmp",
        "run[1].st",
        "run[1].st.bak.tmp",
    ]


def test_two_writers_do_not_meet(tmp_path):
    """One is in the middle of its file when the other writes its own, as a whole."""
    real, path = os.fsync, tmp_path / "file"

    def during(descriptor):
        real(descriptor)
        if not path.exists():
            os.fsync = real
            write_whole(path, b"the other's")

    os.fsync = during
    try:
        write_whole(path, b"ours")
    finally:
        os.fsync = real
    assert path.read_bytes() == b"ours"
    assert list(tmp_path.iterdir()) == [path]
