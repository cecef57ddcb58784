import csv
import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from safetensors.numpy import load_file

import backproof.training
from backproof import TwoLayerNet
from backproof.cli import main
from backproof.cli.train import CHECKPOINT, RESULTS
from backproof.datasets import DATASETS, load_mnist
from backproof.training.checkpoint import Checkpoint

PROGRAM = [sys.executable, "-c", "from backproof.cli import main; main()", "train"]
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}  # writes no files


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def train(monkeypatch, capsys):
    """Run `backproof train ...` in this process: (exit code, stdout, stderr)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["backproof", "train", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    return run


def rows(folder):
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_a_run_leaves_its_folder(train, tmp_path):
    code, out, err = train("--iterations", 300, "--seed", 3, "--hidden", 20, "--out", "a/b")
    folder = tmp_path / "a" / "b"
    assert code == 0
    assert sorted(p.name for p in folder.iterdir()) == sorted([CHECKPOINT, *RESULTS])

    history = rows(folder)
    assert [row["step"] for row in history] == [str(i) for i in range(301)]
    assert [int(row["step"]) for row in history if row["test_accuracy"]] == [*range(0, 300, 40), 300]
    final = float(history[-1]["test_accuracy"])
    assert final > 0.8
    assert f"test accuracy   {final:.4f}" in out
    assert "step 300/300" in err
    assert "█" in out

    config = json.loads((folder / "config.json").read_text())
    assert {k: config[k] for k in ("data", "hidden", "activation", "seed", "iterations", "dtype", "layers")} == {
        "data": "mnist-sample",
        "hidden": 20,
        "activation": "relu",
        "seed": 3,
        "iterations": 300,
        "dtype": "float32",
        "layers": [784, 20, 10],
    }

    _, (x, t) = load_mnist(name="mnist-sample")
    network = TwoLayerNet(784, 20, 10, dtype="float32")
    for name, array in load_file(folder / "model.safetensors").items():
        network.params[name] = array
    assert network.accuracy(x, t) == pytest.approx(final, abs=1e-9)

    for name in ("curve.png", "misclassified.png"):
        assert matplotlib.image.imread(folder / name).std() > 0.05


def test_folders_are_numbered_and_never_overwritten(train, tmp_path):
    for _ in range(2):
        assert train("--iterations", 2)[0] == 0
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["001", "002"]
    before = (tmp_path / "runs" / "001" / CHECKPOINT).read_bytes()
    code, _, err = train("--iterations", 2, "--out", "runs/001")
    assert code == 2
    assert "already holds a run" in err
    assert "--resume runs/001" in err
    assert (tmp_path / "runs" / "001" / CHECKPOINT).read_bytes() == before


def test_the_seed_shown_repeats_the_run(train, tmp_path):
    _, out, _ = train("--epochs", 1, "--out", "first", "--activation", "sigmoid", "--sampling", "shuffled")
    seed = re.search(r"^seed +(\d+)$", out, re.M)[1]
    train("--epochs", 1, "--out", "second", "--activation", "sigmoid", "--sampling", "shuffled", "--seed", seed)
    assert (tmp_path / "first" / "curve.png").exists()
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in ("first", "second"))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    assert len(rows(tmp_path / "first")) == 41


def test_a_finished_run_resumes_to_its_results(train, tmp_path):
    train("--iterations", 50, "--seed", 1, "--out", "run", "--dtype", "float64")
    folder = tmp_path / "run"
    before = {name: (folder / name).read_bytes() for name in ("history.csv", "model.safetensors", "config.json")}
    for name in RESULTS:
        (folder / name).unlink()
    assert train("--resume", "run")[0] == 0
    assert {name: (folder / name).read_bytes() for name in before} == before


def test_a_compiled_run_says_so_and_resumes_to_its_results(train, tmp_path):
    arguments = ["--iterations", "50", "--seed", "1", "--out", "run", "--compiled"]
    said = subprocess.run([*PROGRAM, *arguments], env=PLAIN, capture_output=True, text=True, check=True).stderr
    assert "compiling the step" in said
    folder = tmp_path / "run"
    config = json.loads((folder / "config.json").read_text())
    assert config["compiled"] is True
    assert "numba" in config["versions"]
    before = {name: (folder / name).read_bytes() for name in ("history.csv", "model.safetensors", "config.json")}
    for name in RESULTS:
        (folder / name).unlink()
    assert train("--resume", "run")[0] == 0
    assert {name: (folder / name).read_bytes() for name in before} == before

    train("--iterations", 50, "--seed", 1, "--out", "by_numpy")
    compiled, by_numpy = (load_file(tmp_path / name / "model.safetensors") for name in ("run", "by_numpy"))
    for name, array in by_numpy.items():
        np.testing.assert_allclose(compiled[name], array, rtol=0, atol=1e-5)


def test_a_run_of_before_there_was_a_compiled_step_resumes(train, tmp_path):
    train("--iterations", 5, "--out", "run")
    path = tmp_path / "run" / CHECKPOINT
    old = Checkpoint.load(path)
    del old.facts["compiled"], old.facts["about"]["compiled"]
    old.save(path)
    assert train("--resume", "run")[0] == 0


def test_without_numba_nothing_is_begun(train, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.delitem(sys.modules, "backproof.training.kernels", raising=False)
    monkeypatch.delattr(backproof.training, "kernels", raising=False)
    code, _, err = train("--compiled", "--iterations", 5, "--out", "run")
    assert code == 2
    assert "pip install numba" in err
    assert list(tmp_path.iterdir()) == []


def test_data_of_ones_own_may_have_moved_when_the_run_goes_on(train, tmp_path):
    sample = DATASETS["mnist-sample"].folders[0]
    mine = tmp_path / "mine"
    mine.mkdir()
    for path in sample.glob("*ubyte*"):
        (mine / path.name).write_bytes(path.read_bytes())
    assert train("--iterations", 5, "--data-dir", "mine", "--out", "run")[0] == 0
    mine.rename(tmp_path / "moved")
    code, _, err = train("--resume", "run")
    assert code == 2
    assert "mine" in err
    assert train("--resume", "run", "--data-dir", "moved")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--hidden", "0"], "--hidden"),
        (["--hidden", "many"], "--hidden"),
        (["--activation", "tanh"], "--activation"),
        (["--iterations", "0"], "--iterations"),
        (["--iterations", "5", "--epochs", "1"], "not both"),
        (["--batch-size", "-1"], "--batch-size"),
        (["--learning-rate", "0"], "learning_rate must be a positive number"),
        (["--learning-rate", "nan"], "learning_rate must be a positive number"),
        (["--threads", "many"], "--threads takes a number of at least 1, or auto"),
        (["--dtype", "float16"], "--dtype"),
        (["--seed", "-1"], "--seed"),
        (["--sampling", "none"], "--sampling"),
        (["--data", "no-such-data"], "no-such-data"),
        (["--data-dir", "no-such-folder"], "no-such-folder"),
        (["--checkpoint-every", "0"], "--checkpoint-every"),
        (["--resume", "no-such-run"], "no checkpoint at no-such-run"),
        (["--resume", "x", "--seed", "1", "--out", "y"], "--seed, --out"),
        (["--no-such-flag"], "--no-such-flag"),
        (["--hidden", "1000000000000"], "memory"),
    ],
)
def test_what_cannot_work_is_one_message_and_leaves_nothing(train, tmp_path, arguments, message):
    code, out, err = train(*arguments)
    assert code == 2
    assert message in err
    assert "Traceback" not in out + err
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way_of_the_folder(train, tmp_path):
    (tmp_path / "file").write_text("mine")
    for out in ("file", "file/run", "/proc/run"):
        code, _, err = train("--iterations", 1, "--out", out)
        assert code == 2
        assert re.search(rf"cannot make the run folder {out}", err)
    (tmp_path / "runs").write_text("mine too")
    assert train("--iterations", 1)[0] == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "runs"]


def test_a_loss_that_runs_away_ends_with_advice(train, tmp_path):
    code, out, err = train("--learning-rate", 1e30, "--seed", 0, "--out", "run")
    assert code == 2
    assert re.search(r"step \d+: try a smaller learning rate \(1e\+29", err)
    assert "Warning" not in out + err
    assert [p.name for p in (tmp_path / "run").iterdir()] == [CHECKPOINT]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_a_damaged_checkpoint_is_refused_and_kept(train, tmp_path, content):
    train("--iterations", 3, "--out", "run")
    path = tmp_path / "run" / CHECKPOINT
    if content is None:
        content = bytearray(path.read_bytes())
        content[-100] ^= 1
    path.write_bytes(content)
    code, _, err = train("--resume", "run")
    assert code == 2
    assert str(path.relative_to(tmp_path)) in err
    assert path.read_bytes() == content


def test_a_checkpoint_from_a_program_of_ones_own_is_not_ours_to_resume(train, tmp_path):
    (tmp_path / "run").mkdir()
    Checkpoint({}, {}, {}, {"about": {}}).save(tmp_path / "run" / CHECKPOINT)
    code, _, err = train("--resume", "run")
    assert code == 2
    assert "Trainer.resume" in err


@pytest.mark.parametrize("limit", [50_000, 200_000])
def test_a_full_disk_ends_with_one_message_and_no_part_of_a_file(tmp_path, limit):
    """The system's limit on the size of a file stands in for the disk: the write fails in the middle."""
    command = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit})); {PROGRAM[2]}"
    ended = subprocess.run(
        [PROGRAM[0], "-c", command, "train", "--iterations", "9000", "--seed", "0", "--out", "run"],
        capture_output=True,
        text=True,
        env=PLAIN,
    )
    assert ended.returncode == 2
    assert "cannot write" in ended.stderr
    assert "Traceback" not in ended.stderr
    folder = tmp_path / "run"
    if limit == 50_000:  # not even the first checkpoint fits
        assert not folder.exists()
        return
    assert [p.name for p in folder.iterdir()] == [CHECKPOINT]
    step = Checkpoint.load(folder / CHECKPOINT).facts["step"]
    assert f"step {step} is saved, go on with: backproof train --resume run" in ended.stderr


def stop(arguments, checkpoint, number):
    """Start a run, send it a signal once it has saved for the first time: (exit code, stderr)."""
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else None
    process = subprocess.Popen([*PROGRAM, *arguments], stderr=subprocess.PIPE, text=True, env=PLAIN)
    while not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before:
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(number)
    _, err = process.communicate()
    return process.returncode, err


def test_a_run_stopped_twice_says_how_to_go_on_and_ends_as_if_never_stopped(train, tmp_path):
    checkpoint = tmp_path / "run" / CHECKPOINT
    run = ["--iterations", "8000", "--batch-size", "20", "--seed", "5", "--checkpoint-every", "100000"]
    steps = [0]
    for arguments, number, code in (
        ([*run, "--out", "run"], signal.SIGINT, 130),
        (["--resume", "run"], signal.SIGTERM, 143),
    ):
        ended, err = stop(arguments, checkpoint, number)
        assert ended == code
        steps.append(Checkpoint.load(checkpoint).facts["step"])
        assert f"step {steps[-1]} is saved, go on with: backproof train --resume run" in err
        assert "Traceback" not in err
    assert steps == sorted(steps)
    assert steps[-1] < 8000

    assert train("--resume", "run")[0] == 0
    assert train(*run, "--out", "undisturbed")[0] == 0
    ours, expected = (tmp_path / name / "model.safetensors" for name in ("run", "undisturbed"))
    assert ours.read_bytes() == expected.read_bytes()
    ours, expected = ([{**row, "seconds": ""} for row in rows(tmp_path / name)] for name in ("run", "undisturbed"))
    assert ours == expected


def test_stopped_before_there_was_anything_to_save(train, tmp_path, monkeypatch):
    def stopped(**_):
        raise KeyboardInterrupt

    monkeypatch.setattr("backproof.cli.train.load_mnist", stopped)
    code, _, err = train()
    assert code == 130
    assert "nothing had been saved" in err
    assert list(tmp_path.iterdir()) == []


def test_plain_characters_where_the_terminal_knows_no_others(tmp_path):
    ended = subprocess.run(
        [*PROGRAM, "--iterations", "20"],
        capture_output=True,
        env={**PLAIN, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.decode("ascii").count("%") > 10


def test_two_kills_change_nothing():
    kill = [sys.executable, str(Path(__file__).parents[2] / "tools" / "kill.py")]
    ended = subprocess.run(
        [*kill, "--kills", "2", "--iterations", "500"], capture_output=True, text=True, env=PLAIN
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "bit for bit" in ended.stdout.splitlines()[-1]


def test_an_empty_folder_of_ones_own_is_not_taken_away(train, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "mine").mkdir()
    monkeypatch.setattr(os, "fsync", full)
    for out in ("mine", "made"):
        code, _, err = train("--iterations", 1, "--out", out)
        assert code == 2
        assert "No space left on device" in err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
