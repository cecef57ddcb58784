"""A child process ends in an answer, whatever the code in it does, and leaves nothing behind."""

import os
import time
from pathlib import Path

import pytest

from backproof.subjects.child import run_child

PROGRAM = """
import ctypes, os, sys, threading, time
import numpy as np
from backproof.subjects.child import serve

def misbehave(job, send):
    send({"begin": job["what"], "array": np.arange(2), "number": np.float64(0.5)})
    exec(job["what"])

serve(misbehave)
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a line of code in a child."""
    (tmp_path / "misbehaving.py").write_text(PROGRAM, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def run(what, **settings):
        return run_child("misbehaving", {"what": what}, **{"timeout": 20.0, **settings})

    return run


@pytest.fixture
def patience(run):
    """Seconds in which a child surely begins: a machine under load takes long to start one."""
    return 1.0 + 3 * run("pass").seconds


def test_an_answer_comes_back_as_data(run):
    heard = []
    ending = run("print('hello'); print('there', file=sys.stderr)", heard=heard.append)
    assert ending.how == "answered"
    assert ending.messages[0] == heard[0]
    assert heard[0]["array"] == [0, 1]
    assert heard[0]["number"] == 0.5
    assert ending.output.split() == ["hello", "there"]


ENDS = [
    ("os._exit(3)", "exited", "exit code 3"),
    ("sys.exit(0)", "exited", "exit code 0"),
    ("1 / 0", "exited", "exit code 1"),
    ("input()", "exited", "exit code 1"),
    ("os.abort()", "crashed", "signal 6"),
    ("ctypes.string_at(0)", "crashed", "signal 11"),
    ("raise MemoryError", "out of memory", ""),
    ("while True: os.fork()", "too many processes", "32"),
    ("threading.Thread(target=time.sleep, args=(1000,)).start()", "answered", ""),
    ("os.write(1, bytes([255, 254]) + b'{}')", "answered", ""),
]


@pytest.mark.parametrize(("what", "how", "detail"), ENDS)
def test_every_end_is_told_apart(run, what, how, detail):
    ending = run(what)
    assert ending.how == how
    assert detail in ending.detail
    assert ending.messages[0]["begin"] == what


def test_an_endless_loop_is_ended_and_placed(run, patience):
    ending = run("while True: pass", timeout=patience)
    assert ending.how == "timed out"
    assert ending.trace[0][2] in ("<module>", "misbehave")


def test_output_without_end_is_drained_and_bounded(run, patience):
    ending = run("while True: sys.stdout.write('a' * 65536); sys.stderr.write('b' * 65536)", timeout=patience)
    assert ending.how == "timed out"
    assert set(ending.output) == {"a", "b"}
    assert len(ending.output) <= 2 * 64 * 1024


def test_memory_is_limited(run):
    assert run("np.ones(200_000_000)", memory=512 * 1024**2).how == "out of memory"


def test_a_number_of_blas_threads_and_no_input(run):
    ending = run(
        "send({k: os.environ[k] for k in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS')})"
    )
    assert set(ending.messages[1].values()) == {"1"}


def test_nothing_is_left_running(run, tmp_path):
    left = tmp_path / "pids"
    ending = run(
        f"f = open({str(left)!r}, 'a')\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        f.write(f'{os.getpid()} '); f.flush()\n"
        "        time.sleep(1000)\n"
        "    os._exit(0)\n"
        "while not open(f.name).read(): time.sleep(0.01)\n"
    )
    assert ending.how == "answered"
    pid = int(left.read_text().split()[0])
    for _ in range(100):  # a killed orphan is gone once init has reaped it
        if not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text():
            return
        time.sleep(0.02)
    os.kill(pid, 9)
    pytest.fail("a process of the child's was still running")
