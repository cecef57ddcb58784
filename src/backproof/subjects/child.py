"""Runs a program over a user's code in a process of its own, so that whatever the code does ends in an answer.

Limits: wall clock, memory, number of processes, one BLAS thread; output is drained and bounded; stdin is empty.
The answer is JSON, a line a message, on a pipe of its own. This guards against accidents. It is no sandbox: the
code can read, write and connect to whatever the person who starts it can. POSIX only (Linux, macOS).
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import re
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

End = Literal["answered", "timed out", "crashed", "exited", "out of memory", "too many processes"]
Message = dict[str, Any]

MEMORY = 4 * 1024**3  # bytes of data (heap, arrays, stacks) that the child may have
_KEPT = 64 * 1024  # bytes of each output stream that are kept: the last ones
_LARGEST_ANSWER = 64 * 1024**2
_MOST_PROCESSES = 32
_GRACE = 5.0  # seconds to end after the last word
_MARK = "BACKPROOF_CHILD"  # in the environment of the child and of all that it starts
_ONE_THREAD = ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR", "BLIS")


@dataclass
class Ending:
    """How the child ended, and all that it said before.

    trace: (file, line, function), innermost first, where the code stood when time ran out or it crashed.
    output: the last of what the code printed (stdout, then stderr).
    """

    how: End
    detail: str = ""
    messages: list[Message] = field(default_factory=list)
    trace: list[tuple[str, int, str]] = field(default_factory=list)
    output: str = ""
    seconds: float = 0.0


def run_child(
    module: str,
    job: Message,
    *,
    timeout: float = 60.0,
    memory: int = MEMORY,
    heard: Callable[[Message], None] | None = None,
    stop: threading.Event | None = None,
) -> Ending:
    """Run `python -m module` with the job, which must call `serve`; returns however it ends.

    timeout: seconds of wall clock. memory: bytes. heard: called with each message as it comes. stop: set by
    another thread, it ends the child as if its time had run out. Every process that the code started is killed
    before this returns.
    """
    mark = uuid.uuid4().hex
    environment = os.environ | {f"{name}_NUM_THREADS": "1" for name in _ONE_THREAD}
    environment |= {_MARK: mark, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg"}
    environment["NUMBA_DISABLE_JIT"] = (
        "1"  # compiled code takes no lists of lines, and crashes on what it is not for
    )
    answers, to_parent = os.pipe()
    settings = {"job": job, "fd": to_parent, "memory": memory, "deadline": time.time() + timeout}
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-X", "utf8", "-m", module, json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(to_parent,),
            start_new_session=True,
            env=environment,
        )
    except BaseException:
        os.close(answers)
        raise
    finally:
        os.close(to_parent)
    watch = _Watch(process, answers, heard or (lambda message: None), stop or threading.Event())
    try:
        why = watch.until(started + timeout)
    finally:
        _kill(process, mark)
        watch.close()
    ending = watch.ending(why, timeout)
    ending.seconds = time.monotonic() - started
    return ending


class _Watch:
    """The parent's side: reads what comes, keeps a bounded part, notices the end."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        answers: int,
        heard: Callable[[Message], None],
        stop: threading.Event,
    ) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self.process = process
        self.heard = heard
        self.stop = stop
        self.messages: list[Message] = []
        self.stands: list[Any] = []
        self.trace_text = ""
        self.kept = {"stdout": b"", "stderr": b""}
        self._answers = os.fdopen(answers, "rb", buffering=0)
        self._partial = b""
        self._received = 0
        self._selector = selectors.DefaultSelector()
        streams: list[tuple[IO[bytes] | Any, str]] = [
            (self._answers, "answers"),
            (process.stdout, "stdout"),
            (process.stderr, "stderr"),
        ]
        for stream, name in streams:
            os.set_blocking(stream.fileno(), False)
            self._selector.register(stream, selectors.EVENT_READ, name)

    def until(self, deadline: float) -> Literal["ended", "late", "crowd", "flood"]:
        """Read until the child has ended or must be ended, and why."""
        counted = time.monotonic()
        finishing = False
        while True:
            now = time.monotonic()
            if now >= deadline or self.stop.is_set():
                return "late"
            if self._received > _LARGEST_ANSWER:
                return "flood"
            if now - counted > 0.2:
                counted = now
                if len(_session(self.process.pid)) > _MOST_PROCESSES:
                    return "crowd"
            if (
                self.messages and "end" in self.messages[-1]
            ):  # it has answered; threads of the code may not hold it
                deadline = min(deadline, now + _GRACE) if not finishing else deadline
                finishing = True
            ended = _has_ended(self.process.pid)
            read = self._read(0.0 if ended else min(0.05, deadline - now))
            if ended and not read:
                return "ended"

    def _read(self, wait: float) -> bool:
        """One round of reading; whether anything came."""
        came = False
        for key, _ in self._selector.select(wait):
            with contextlib.suppress(BlockingIOError):
                data = os.read(key.fd, 1 << 20)
                if not data:
                    self._selector.unregister(key.fileobj)
                    continue
                came = True
                if key.data == "answers":
                    self._take(data)
                else:
                    self.kept[key.data] = (self.kept[key.data] + data)[-_KEPT:]
        return came

    def _take(self, data: bytes) -> None:
        self._received += len(data)
        *lines, self._partial = (self._partial + data).split(b"\n")
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:  # not ours: the interpreter's account of where it stood
                self.trace_text += line.decode("utf-8", "replace")[:1000] + "\n"
                continue
            if isinstance(message, dict) and "stands" in message:
                self.stands = [tuple(frame) for frame in message["stands"]]
            elif isinstance(message, dict):
                self.messages.append(message)
                self.heard(message)

    def close(self) -> None:
        """Read what is left in the pipes and close them."""
        for _ in range(64):
            if not self._read(0.0):
                break
        self._selector.close()
        for stream in (self._answers, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def ending(self, why: str, timeout: float) -> Ending:
        """The child's end, from why we stopped, its exit status and its last message."""
        output = b"".join(self.kept.values()).decode("utf-8", "replace")
        trace = [
            (file, int(line), function)
            for file, line, function in re.findall(r'File "(.+?)", line (\d+) in (\S+)', self.trace_text)
        ]
        end: End
        code = self.process.returncode
        last = self.messages[-1] if self.messages else {}
        if last.get("end") == "done":
            end, detail = "answered", ""
        elif last.get("end") == "memory":
            end, detail = "out of memory", "a MemoryError"
        elif why == "late":
            end, detail = "timed out", f"no end after {timeout:g} s"
        elif why == "crowd":
            end, detail = "too many processes", f"more than {_MOST_PROCESSES} processes at once"
        elif why == "flood":
            end, detail = "crashed", "an answer without end"
        elif code is not None and code < 0:
            name = signal.strsignal(-code) or "unknown"
            end, detail = "crashed", f"signal {-code} ({name})"
        else:
            end, detail = "exited", f"the process ended with exit code {code} before it had answered"
        return Ending(end, detail, self.messages, self.stands if end == "timed out" else trace, output)


def _has_ended(pid: int) -> bool:
    """Whether the process has ended; it is left unreaped, so that its number stays its own."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _session(leader: int) -> list[int]:
    """The processes of a session (Linux; elsewhere the leader alone is known)."""
    members = []
    for entry in _process_numbers():
        with contextlib.suppress(OSError):
            if os.getsid(entry) == leader:
                members.append(entry)
    return members


def _process_numbers() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208 (names, and often)
    except OSError:
        return []


def _kill(process: subprocess.Popen[bytes], mark: str) -> None:
    """End the child, its process group, and what left the group but carries the child's mark; reap the child."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(50):
        left = [pid for pid in _process_numbers() if _carries(pid, mark)]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _carries(pid: int, mark: str) -> bool:
    try:
        return f"{_MARK}={mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


# The child's side


def serve(program: Callable[[Message, Callable[[Message], None]], None]) -> None:
    """What the module given to `run_child` calls: program(job, send) under the limits, then word of its end."""
    settings = json.loads(sys.argv[1])
    answers = int(settings["fd"])
    os.set_inheritable(answers, False)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # where the system allows no such limit
        resource.setrlimit(resource.RLIMIT_DATA, (settings["memory"], settings["memory"]))
    faulthandler.enable(answers, all_threads=False)
    lock = threading.Lock()

    def send(message: Message) -> None:
        data = json.dumps(message, default=_plain).encode() + b"\n"
        with lock:
            while data:
                data = data[os.write(answers, data) :]

    left = max(settings["deadline"] - time.time(), 0.1)
    alarm = threading.Timer(max(left - 0.5, left / 2), _tell_where, (send, threading.get_ident()))
    alarm.daemon = True
    alarm.start()
    try:
        program(settings["job"], send)
    except MemoryError:
        send({"end": "memory"})
    else:
        send({"end": "done"})
    finally:
        alarm.cancel()
        faulthandler.disable()


def _tell_where(send: Callable[[Message], None], thread: int) -> None:
    """Shortly before time runs out: where the code stands, innermost first."""
    frames = traceback.extract_stack(sys._current_frames()[thread])
    send({"stands": [(frame.filename, frame.lineno, frame.name) for frame in reversed(frames)]})


def _plain(value: Any) -> Any:
    """NumPy's scalars and arrays as Python's; anything else by its words."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
