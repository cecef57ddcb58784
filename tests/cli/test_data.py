"""backproof data: what it prints, draws and answers with."""

import resource
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from backproof.cli import main
from backproof.datasets import DATASETS, load_images, write_idx
from backproof.datasets.registry import FILE_NAMES

SAMPLE = DATASETS["mnist-sample"].folders[0]


@pytest.fixture
def backproof(monkeypatch, capsys, tmp_path):
    """Run the command line in an empty folder; gives exit code, stdout and stderr."""
    monkeypatch.setenv("BACKPROOF_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("BACKPROOF_DATASET", raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in "mnist", "fashion-mnist", "kmnist":  # neither Debian's folder nor the world outside
        lonely = replace(DATASETS[name], mirrors=("http://127.0.0.1:9/",), folders=())
        monkeypatch.setitem(DATASETS, name, lonely)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["backproof", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def repacked(tmp_path):
    """The shipped digits as files of one's own."""
    folder = tmp_path / "own"
    folder.mkdir()
    (x_train, t_train), (x_test, t_test) = load_images("mnist-sample")
    for name, array in zip(FILE_NAMES, (x_train, t_train, x_test, t_test), strict=True):
        write_idx(folder / name.removesuffix(".gz"), array)
    return folder


def test_list(backproof, tmp_path):
    code, out, err = backproof("data", "list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[0] for line in lines[::2]] == list(DATASETS)
    assert lines[1].strip() == f"here: {SAMPLE}"
    assert lines[2].endswith("(the default of load_mnist)")
    assert lines[3].strip() == "not on this machine: backproof data fetch mnist"
    cache = tmp_path / "cache" / "kmnist"
    cache.mkdir(parents=True)
    (cache / FILE_NAMES[0]).touch()
    assert "only in part on this machine: backproof data fetch kmnist" in backproof("data", "list")[1]


def test_fetch(backproof, monkeypatch, tmp_path):
    """The shipped folder stands in for one where the system has installed a set."""
    sample = DATASETS["mnist-sample"]
    installed = replace(sample, name="kmnist", mirrors=("http://127.0.0.1:9/",))
    monkeypatch.setitem(DATASETS, "kmnist", installed)
    code, out, err = backproof("data", "fetch", "mnist-sample", "kmnist")
    assert (code, err) == (0, "")
    assert out.splitlines() == [f"{n}: complete and verified, in {SAMPLE}" for n in ("mnist-sample", "kmnist")]


def test_fetch_without_a_connection(backproof, tmp_path):
    code, out, err = backproof("data", "fetch", "mnist")
    assert (code, out) == (2, "")
    assert "backproof: mnist is not on this machine" in err
    assert "cannot be reached" in err
    assert "mnist-sample" in err
    assert list((tmp_path / "cache" / "mnist").iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fetch"], "NAME"),
        (["fetch", "minst"], "Did you mean mnist"),
        (["fetch", "--fast", "mnist"], "--fast"),
        (["verify", "mnist"], "fetch mnist"),
        (["verify", "--data-dir", "."], "NAME --data-dir DIR"),
        (["verify", "mnist", "--data-dir", "nowhere"], "nowhere: does not exist"),
        (["show", "cifar"], "no data set is called 'cifar'"),
        (["show", "--part", "all"], "all"),
        (["show", "--data-dir", "nowhere"], "nowhere: does not exist"),
        (["show", "mnist-sample", "--out", "x.jpg"], "ends in .png"),
        (["show", "mnist-sample", "--out", "no/x.png"], "the folder no does not exist"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_what_cannot_be_done_is_one_message_and_exit_2(arguments, says, backproof):
    code, out, err = backproof("data", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err
    assert list(Path().iterdir()) == []


def test_verify(backproof):
    code, out, err = backproof("data", "verify")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [
        ["ok", "mnist-sample", str(SAMPLE / name)] for name in FILE_NAMES
    ]


def test_verify_a_folder_of_ones_own(backproof, monkeypatch, repacked):
    files = DATASETS["mnist-sample"].files
    contents = "0b4992a0c168657e8f64cd893830c32670589981585eadccd9fb47fd98504467"  # zcat | sha256sum
    known = (replace(files[0], contents_sha256=contents), *files[1:])
    monkeypatch.setitem(DATASETS, "mnist-sample", replace(DATASETS["mnist-sample"], files=known))
    code, out, _ = backproof("data", "verify", "mnist-sample", "--data-dir", repacked)
    assert code == 1
    assert [line.split()[0] for line in out.splitlines()] == ["ok"] + ["DIFFERENT"] * 3 + ["DIFFERENT:"]


def test_verify_notices_one_wrong_bit(backproof, tmp_path, monkeypatch):
    cache = tmp_path / "cache" / "kmnist"
    cache.mkdir(parents=True)
    sample = DATASETS["mnist-sample"]
    monkeypatch.setitem(
        DATASETS, "kmnist", replace(sample, name="kmnist", mirrors=("http://127.0.0.1:9/",), folders=())
    )
    for name in FILE_NAMES:
        (cache / name).write_bytes((SAMPLE / name).read_bytes())
    assert backproof("data", "verify", "kmnist")[0] == 0
    data = bytearray((cache / FILE_NAMES[2]).read_bytes())
    data[5000] ^= 4
    (cache / FILE_NAMES[2]).write_bytes(data)
    code, out, _ = backproof("data", "verify")
    assert code == 1
    assert [line.split()[:2] for line in out.splitlines() if line.startswith("DIFFERENT ")] == [
        ["DIFFERENT", "kmnist"]
    ]


def test_show(backproof):
    code, out, err = backproof("data", "show", "mnist-sample")
    assert (code, out, err) == (0, "mnist-sample-train.png: the first samples of each class\n", "")
    picture = matplotlib.image.imread("mnist-sample-train.png")
    assert picture.shape[:2] == (960, 1500)
    # Right of the title: ten rows of ink on white with gaps between them, one for each class.
    ink = (picture[:, 800:, 0] < 0.5).any(axis=1)
    assert np.count_nonzero(np.diff(ink.astype(int), prepend=0) == 1) == 10


def test_show_a_folder_of_ones_own(backproof, repacked):
    code, _, _ = backproof("data", "show", "--data-dir", repacked, "--part", "test", "--out", "own.png")
    assert code == 0
    own = matplotlib.image.imread("own.png")
    backproof("data", "show", "mnist-sample", "--part", "test", "--out", "sample.png")
    sample = matplotlib.image.imread("sample.png")
    assert sample[:, 800:].min() == 0  # right of the title, which is another
    np.testing.assert_array_equal(own[:, 800:], sample[:, 800:])
    assert backproof("data", "show", "--data-dir", repacked)[1].startswith("own-train.png")


def test_show_keeps_an_earlier_picture_when_the_disk_is_full(backproof):
    Path("x.png").write_bytes(b"earlier")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        code, out, err = backproof("data", "show", "mnist-sample", "--out", "x.png")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (code, out) == (2, "")
    assert "x.png" in err
    assert [path.name for path in Path().iterdir()] == ["x.png"]
    assert Path("x.png").read_bytes() == b"earlier"
