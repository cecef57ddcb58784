"""Where files come from: cache, folders, mirrors good and bad; what does not match its sha256 is never used."""

import gzip
import logging
import os
import socket
import string
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backproof.datasets import DATASETS, DatasetError, find_dataset, read_idx, write_idx
from backproof.datasets.registry import FILE_NAMES, cache_folder, obtain

PACKED = sorted(FILE_NAMES)
UNPACKED = sorted(name.removesuffix(".gz") for name in FILE_NAMES)

TIMEOUT = 1.5  # seconds of silence; a machine under load answers late
BAD = [
    "missing",
    "error",
    "truncate",
    "short",
    "long",
    "lie",
    "page",
    "empty",
    "nothing",
    "garbage",
    "hang",
    "stall",
    "trickle",
    "endless",
    "loop",
]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def holds(dataset, demo_files, **options) -> bool:
    """Does obtaining the data set give exactly the demo files?"""
    found = obtain(dataset, timeout=TIMEOUT, **options)
    for (_, plain), array in zip(found, demo_files.values(), strict=True):
        np.testing.assert_array_equal(plain[-array.size :].reshape(array.shape), array)
    return True


def damage(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("behaviour", BAD)
def test_after_a_bad_mirror_the_next_is_used(behaviour, demo, demo_files, server, cache):
    dataset = replace(demo, mirrors=(server.address(behaviour), server.address("good")))
    assert holds(dataset, demo_files)
    assert names(cache) == sorted(PACKED + UNPACKED)
    for name in PACKED:
        assert (cache / name).read_bytes() == server.files[name]
    first, second = (f"/{kind}/{FILE_NAMES[0]}" for kind in (behaviour, "good"))
    assert [server.requests[0], server.requests[-4]] == [first, second]
    # The mirror that was good is asked first for the other three files.
    assert server.requests[-3:] == [f"/good/{name}" for name in FILE_NAMES[1:]]


@pytest.mark.parametrize("behaviour", BAD)
def test_with_bad_mirrors_only_nothing_is_kept(behaviour, demo, server, cache):
    dataset = replace(demo, mirrors=(server.address(behaviour),), hint="Or ask a friend.")
    with pytest.raises(DatasetError) as caught:
        obtain(dataset, timeout=TIMEOUT)
    message = str(caught.value)
    assert message.startswith(f"demo is not on this machine, and {FILE_NAMES[0]} could not be fetched:")
    assert f"  {server.address(behaviour)}{FILE_NAMES[0]}: " in message
    assert "mnist-sample is shipped" in message
    assert "ask a friend" in message
    assert names(cache) == []


def test_what_each_mirror_did_is_told(demo, server, cache):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        closed = f"http://127.0.0.1:{unused.getsockname()[1]}/"
    kinds = ["missing", "error", "truncate", "short", "long", "lie", "hang", "stall", "trickle", "loop"]
    mirrors = (closed, "no-address/", *map(server.address, kinds))
    with pytest.raises(DatasetError) as caught:
        obtain(replace(demo, mirrors=mirrors), timeout=TIMEOUT)
    size = demo.files[0].size
    lines = str(caught.value).splitlines()[1:]
    for line, mirror, says in zip(
        lines,
        mirrors,
        [
            "cannot be reached",
            "Invalid URL",
            "answered 404 Not Found",
            "answered 500",
            "broke off",
            f"sent only {size // 2:,} of {size:,} bytes",
            f"sent more than the {size:,} bytes",
            "sha256",
            f"no answer within {TIMEOUT} s",
            f"no answer within {TIMEOUT} s",
            f"bytes in {TIMEOUT} s",
            "redirects",
        ],
        strict=False,
    ):
        assert line.startswith(f"  {mirror}{FILE_NAMES[0]}: ")
        assert says in line


def test_a_mirror_may_have_moved(demo, demo_files, server, cache):
    assert holds(replace(demo, mirrors=(server.address("moved"),)), demo_files)


def test_a_mirror_may_be_slow(demo, demo_files, server, cache):
    assert holds(replace(demo, mirrors=(server.address("slow"),)), demo_files)


def test_nothing_is_fetched_twice(demo, demo_files, server, cache):
    dataset = replace(demo, mirrors=(server.address("good"),))
    assert holds(dataset, demo_files)
    assert len(server.requests) == 4
    assert holds(dataset, demo_files)
    assert len(server.requests) == 4


def test_a_damaged_cache_is_mended_from_what_is_whole(demo, demo_files, server, cache):
    dataset = replace(demo, mirrors=(server.address("good"),))
    obtain(dataset)
    for name in UNPACKED:
        damage(cache / name)
    assert holds(dataset, demo_files)  # out of the gzipped files
    assert len(server.requests) == 4
    for name in UNPACKED:
        assert read_idx(cache / name).tolist() == demo_files[f"{name}.gz"].tolist()
    for name in UNPACKED + PACKED:
        damage(cache / name)
    assert holds(dataset, demo_files)  # fetched once more
    assert len(server.requests) == 8
    for name in PACKED:
        assert (cache / name).read_bytes() == server.files[name]


def test_a_damaged_cache_is_not_used_when_no_mirror_answers(demo, server, cache):
    obtain(replace(demo, mirrors=(server.address("good"),)))
    for name in UNPACKED + PACKED:
        damage(cache / name)
    before = {name: (cache / name).read_bytes() for name in names(cache)}
    with pytest.raises(DatasetError, match="could not be fetched"):
        obtain(replace(demo, mirrors=(server.address("lie"), server.address("missing"))))
    assert {name: (cache / name).read_bytes() for name in names(cache)} == before


def test_without_the_sha256_of_the_contents_no_unpacked_copy_is_kept(demo, demo_files, server, cache):
    files = tuple(replace(file, contents_sha256=None) for file in demo.files)
    dataset = replace(demo, files=files, mirrors=(server.address("good"),))
    assert holds(dataset, demo_files)
    assert names(cache) == PACKED
    assert holds(dataset, demo_files)
    assert len(server.requests) == 4


def test_files_packed_anew_in_a_system_folder_are_found_without_a_request(
    demo, demo_files, server, cache, tmp_path
):
    """As Debian's dataset-fashion-mnist has them: the published contents in gzip files of its own."""
    folder = tmp_path / "system"
    folder.mkdir()
    for name, data in server.files.items():
        (folder / name).write_bytes(gzip.compress(gzip.decompress(data), compresslevel=1, mtime=7))
    dataset = replace(demo, mirrors=(server.address("good"),), folders=(tmp_path / "nowhere", folder))
    assert holds(dataset, demo_files)
    assert names(cache) == UNPACKED
    assert holds(dataset, demo_files)
    assert server.requests == []


def test_other_contents_in_a_system_folder_are_passed_over(demo, demo_files, server, cache, tmp_path):
    folder = tmp_path / "system"
    folder.mkdir()
    for name, array in demo_files.items():
        write_idx(folder / name, array[::-1])
    (folder / FILE_NAMES[1]).write_bytes(b"<html>")
    assert holds(replace(demo, mirrors=(server.address("good"),), folders=(folder,)), demo_files)
    assert len(server.requests) == 4


def test_a_copy_that_cannot_be_kept_costs_nothing_but_time(demo, demo_files, demo_folder, cache, files_end_at):
    with files_end_at(1000):  # room for the labels only
        assert holds(replace(demo, mirrors=("http://127.0.0.1:9/",), folders=(demo_folder,)), demo_files)
    assert names(cache) == UNPACKED[1::2]


def test_a_full_disk_is_one_message_and_leaves_nothing(demo, server, cache, files_end_at):
    dataset = replace(demo, mirrors=(server.address("good"), server.address("good")))
    with files_end_at(1000), pytest.raises(DatasetError) as caught:
        obtain(dataset)
    assert str(caught.value).startswith(f"cannot write {cache / FILE_NAMES[0]}: File too large; make room")
    assert names(cache) == []
    assert len(server.requests) == 1  # the mirror is not to blame


def test_a_cache_folder_that_cannot_be_made(demo, demo_folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("BACKPROOF_DATA", str(tmp_path / "file"))
    with pytest.raises(OSError, match="Not a directory"):
        obtain(replace(demo, mirrors=("http://127.0.0.1:9/",)))


def test_downloads_are_announced_on_stderr(demo, server, cache, capsys):
    obtain(replace(demo, mirrors=(server.address("good"),)))
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [f"Fetching {server.address('good')}{name} (0.0 MB)" for name in FILE_NAMES]


def test_a_terminal_gets_a_bar(demo, server, cache, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    obtain(replace(demo, mirrors=(server.address("good"),)))
    out, err = capsys.readouterr()
    assert out == ""
    assert FILE_NAMES[0] in err
    assert "kB" in err


def test_pooch_keeps_its_own_voice_elsewhere(demo, server, cache):
    logger = logging.getLogger("pooch")
    before = logger.level
    obtain(replace(demo, mirrors=(server.address("good"),)))
    assert logger.level == before


def test_the_cache_folder(demo, monkeypatch, tmp_path):
    monkeypatch.setenv("BACKPROOF_DATA", str(tmp_path))
    assert cache_folder(demo) == tmp_path / "demo"
    monkeypatch.setenv("BACKPROOF_DATA", "~/data")
    assert cache_folder(demo) == Path.home() / "data" / "demo"
    monkeypatch.delenv("BACKPROOF_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if os.uname().sysname == "Linux":
        assert cache_folder(demo) == tmp_path / "xdg" / "backproof" / "demo"
    assert cache_folder(demo).parts[-2:] == ("backproof", "demo")


def test_names(monkeypatch):
    monkeypatch.delenv("BACKPROOF_DATASET", raising=False)
    assert find_dataset().name == "mnist"
    assert find_dataset("kmnist").name == "kmnist"
    with pytest.raises(DatasetError, match=r"'fashoin-mnist'; there are .* Did you mean fashion-mnist\?"):
        find_dataset("fashoin-mnist")
    monkeypatch.setenv("BACKPROOF_DATASET", "mnist-sample")
    assert find_dataset().name == "mnist-sample"
    assert find_dataset("mnist").name == "mnist"
    monkeypatch.setenv("BACKPROOF_DATASET", "cifar")
    with pytest.raises(DatasetError, match=r"'cifar' .from the environment variable BACKPROOF_DATASET"):
        find_dataset()


@pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)
def test_the_registry_is_well_formed(dataset):
    assert tuple(file.name for file in dataset.files) == FILE_NAMES
    assert len(dataset.classes) == 10
    assert dataset.mirrors or dataset.folders
    assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in dataset.mirrors)
    for digest in [file.sha256 for file in dataset.files] + [file.contents_sha256 for file in dataset.files]:
        assert digest is None or (len(digest) == 64 and set(digest) <= set(string.hexdigits.lower()))
