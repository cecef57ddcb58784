"""A download server on 127.0.0.1 that behaves well or badly, by the first part of the address."""

from __future__ import annotations

import gzip
import hashlib
import resource
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from backproof.datasets import DataFile, Dataset, write_idx
from backproof.datasets.registry import FILE_NAMES


@dataclass
class Server:
    """`address("stall")` is the base address of a mirror that stalls; `requests` lists the paths asked for."""

    port: int
    files: dict[str, bytes]
    requests: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def address(self, behaviour: str) -> str:
        return f"http://127.0.0.1:{self.port}/{behaviour}/"

    def answer(self, connection: socket.socket, behaviour: str, name: str) -> None:
        body = self.files[name]
        half = len(body) // 2

        def send(data: bytes, status: str = "200 OK", length: int | None = None, extra: str = "") -> None:
            length = len(data) if length is None else length
            head = f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{extra}\r\n"
            connection.sendall(head.encode() + data)

        match behaviour:
            case "good":
                send(body)
            case "missing":
                send(b"no such file", "404 Not Found")
            case "error":
                send(b"", "500 Internal Server Error")
            case "truncate":  # breaks off in the middle of what it promised
                send(body[:half], length=len(body))
            case "short":  # promises less, and keeps the promise
                send(body[:half])
            case "long":
                send(body + b"0")
            case "lie":
                send(bytes([body[0] ^ 1]) + body[1:])
            case "page":
                send(b"<!DOCTYPE html><title>Please log in</title>", extra="Content-Type: text/html\r\n")
            case "empty":
                send(b"")
            case "nothing":  # hangs up without a word
                pass
            case "garbage":
                connection.sendall(b"\0\1\2 this is no HTTP\r\n\r\n")
            case "hang":
                self.closing.wait()
            case "stall":
                send(body[:half], length=len(body))
                self.closing.wait()
            case "trickle":
                send(b"", length=len(body))
                for byte in body:
                    if self.closing.wait(0.02):
                        break
                    connection.sendall(bytes([byte]))
            case "slow":  # 20 kB/s, which is enough
                send(b"", length=len(body))
                for start in range(0, len(body), 6_000):
                    connection.sendall(body[start : start + 6_000])
                    self.closing.wait(0.3)
            case "endless":
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                while not self.closing.is_set():
                    connection.sendall(bytes(65536))
            case "loop":
                send(b"", "302 Found", extra=f"Location: /loop/{name}\r\n")
            case "moved":
                send(b"", "301 Moved Permanently", extra=f"Location: /good/{name}\r\n")
            case _:
                raise AssertionError(behaviour)


@pytest.fixture
def demo_files() -> dict[str, np.ndarray]:
    """Images and labels of a data set small enough to be sent around."""
    rng = np.random.default_rng(5)
    arrays = {}
    for part, count in ("train", 60), ("t10k", 10):
        arrays[f"{part}-images-idx3-ubyte.gz"] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        arrays[f"{part}-labels-idx1-ubyte.gz"] = np.arange(count, dtype=np.uint8) % 10
    return {name: arrays[name] for name in FILE_NAMES}


@pytest.fixture
def demo_folder(demo_files: dict[str, np.ndarray], tmp_path: Path) -> Path:
    """Where these files lie as published."""
    folder = tmp_path / "published"
    folder.mkdir()
    for name, array in demo_files.items():
        write_idx(folder / name, array)
    return folder


@pytest.fixture
def demo(demo_folder: Path) -> Dataset:
    """The same as a data set of the registry, from nowhere as yet."""
    files = []
    for name in FILE_NAMES:
        data = (demo_folder / name).read_bytes()
        contents = hashlib.sha256(gzip.decompress(data)).hexdigest()
        files.append(DataFile(name, len(data), hashlib.sha256(data).hexdigest(), contents))
    return Dataset("demo", "for the tests", tuple("0123456789"), tuple(files))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of the demo set."""
    monkeypatch.setenv("BACKPROOF_DATA", str(tmp_path / "cache"))
    return tmp_path / "cache" / "demo"


@contextmanager
def _files_end_at(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def files_end_at() -> Callable[[int], AbstractContextManager[None]]:
    """Stands in for a full disk: `with files_end_at(1000):` writing beyond raises OSError."""
    return _files_end_at


@pytest.fixture
def server(demo_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            request = self.rfile.readline().decode()
            while self.rfile.readline().strip():
                pass
            path = request.split()[1]
            state.requests.append(path)
            _, behaviour, name = path.split("/")
            with suppress(BrokenPipeError, ConnectionResetError):  # the client has had enough
                state.answer(self.connection, behaviour, name)

    class Listener(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = True

    with Listener(("127.0.0.1", 0), Handler) as listener:
        state = Server(
            listener.server_address[1], {path.name: path.read_bytes() for path in demo_folder.iterdir()}
        )
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield state
        state.closing.set()
        listener.shutdown()
        thread.join()
