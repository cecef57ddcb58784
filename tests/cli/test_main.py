"""The command line's frame: help, exit codes, one message for a person, no traceback."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backproof import BackproofError, cli

BACKPROOF = Path(sys.executable).with_name("backproof")


def run(*arguments):
    return subprocess.run([BACKPROOF, *arguments], capture_output=True, text=True)


def stopped_by(monkeypatch, error):
    """Run `main` with a command that raises `error`; the exit code."""

    def command():
        raise error

    monkeypatch.setattr(cli, "app", command)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code


def test_help_lists_the_verbs_and_exits_0():
    result = run("--help")
    assert result.returncode == 0
    for verb in cli.app.registered_commands:
        assert (verb.name or verb.callback.__name__) in result.stdout


@pytest.mark.parametrize("arguments", [["nonsense"], ["--nonsense"], ["train", "--nonsense"], []])
def test_bad_usage_exits_2_without_a_traceback(arguments):
    result = run(*arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BackproofError("the mend"), "the mend"),
        (FileNotFoundError(2, "No such file", "missing.py"), "missing.py: No such file"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError("no number"), "no number"),
    ],
)
def test_an_error_meant_for_a_person_is_one_line_on_stderr(monkeypatch, capsys, error, said):
    assert stopped_by(monkeypatch, error) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"backproof: {said}\n"


def test_a_defect_of_our_own_is_not_mistaken_for_a_fault_found(monkeypatch, capsys):
    assert stopped_by(monkeypatch, ZeroDivisionError("deep inside")) == 2
    err = capsys.readouterr().err
    assert "ZeroDivisionError: deep inside" in err
    assert err.splitlines()[-1].startswith("backproof: this is a defect of Backproof")


def test_an_exit_code_of_a_command_is_passed_on(monkeypatch):
    assert stopped_by(monkeypatch, SystemExit(1)) == 1


def test_a_reader_that_has_gone_is_not_a_fault_found():
    process = subprocess.Popen([BACKPROOF, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    assert process.wait() == 2
    assert process.stderr.read() == b""
    process.stderr.close()


SLEEPER = """
import time
class Sleeper:
    def forward(self, x):
        print("asleep")
        time.sleep(60)
    def backward(self, dout):
        return dout
"""


def left_behind(folder):
    """The command lines of processes that still have this folder in them."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                words = (entry / "cmdline").read_bytes().decode()
                found += [words] if str(folder) in words else []
    return found


@pytest.mark.parametrize("arguments", [["check", "{}/net.py"], ["check", "{}"], ["xray", "{}/net.py"]])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_and_sigterm_end_it_at_once_with_all_that_it_started(arguments, number, code, tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "net.py").write_text(SLEEPER, encoding="utf-8")
    command = [BACKPROOF, *(argument.format(folder) for argument in arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
    while not any("_job" in words or "check.job" in words for words in left_behind(folder)):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(number)
    _, said = process.communicate(timeout=20)  # of the 60 s that it sleeps
    assert process.returncode == code
    assert "Traceback" not in said
    assert said.endswith("backproof: stopped\n") == (number == signal.SIGINT)
    assert left_behind(folder) == []
    assert [path.name for path in tmp_path.iterdir()] == ["code"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp932"])
@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_terminal_of_another_encoding_loses_nothing(encoding, form):
    seed = Path(__file__).parents[1] / "seeds" / "000.py"
    command = [BACKPROOF, "check", seed, "--fast", "--format", form]
    result = subprocess.run(command, capture_output=True, env=os.environ | {"PYTHONIOENCODING": encoding})
    assert result.returncode == 1
    assert b"Traceback" not in result.stderr
    said = result.stdout.decode(encoding)
    assert "softmax-over-batch" in said
    if form == "json":
        assert json.loads(said)["findings"][0]["code"] == "BP101"
