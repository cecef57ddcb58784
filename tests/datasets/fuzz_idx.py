"""Throw broken files at the IDX reader: `make fuzz`, or python tests/datasets/fuzz_idx.py [INPUTS] [SEED].

Four of five inputs are mutations of real files (shipped digits, plain and gzipped, and some bombs), the fifth is
made by hypothesis. Each one must be read, and then writing the array must give the same bytes again, or be refused
with an IdxError; within SECONDS, and without taking more than MEMORY bytes.
"""

from __future__ import annotations

import gzip
import random
import re
import signal
import struct
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from backproof.datasets import IdxError, load_images, read_idx, write_idx

SECONDS = 5
MEMORY = 24 * 2**20  # the largest honest file among them holds 8 MB

_EXTREMES = (0, 1, 2, 27, 28, 29, 255, 256, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


class Fuzzer:
    """Feeds the reader, and counts what came of it."""

    def __init__(self, folder: Path, say_every: int | None = None) -> None:
        self.path = folder / "input.idx"
        self.again = folder / "again.idx"
        self.say_every = say_every
        self.read = 0
        self.refused: Counter[str] = Counter()
        self.slowest = 0.0
        self.largest = 0

    @property
    def inputs(self) -> int:
        return self.read + self.refused.total()

    def feed(self, data: bytes) -> None:
        """One input. Raises AssertionError with the input's beginning, or whatever the reader raised wrongly."""
        if self.say_every and self.inputs % self.say_every == 0 and self.inputs:
            print(f"{self.inputs:,} inputs so far", flush=True)
        self.path.write_bytes(data)
        tracemalloc.start()
        signal.alarm(SECONDS)
        start = time.perf_counter()
        try:
            array = read_idx(self.path)
        except IdxError as error:
            array, message = None, str(error)
        finally:
            self.slowest = max(self.slowest, time.perf_counter() - start)
            signal.alarm(0)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        self.largest = max(self.largest, peak)
        assert peak <= MEMORY, f"took {peak:,} bytes for {len(data):,}: {data[:64].hex(' ')}"
        if array is None:
            assert message.startswith(f"{self.path}: "), message
            self.refused[_kind(message.removeprefix(f"{self.path}: "))] += 1
        else:
            self.read += 1
            write_idx(self.again, array)
            plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
            assert self.again.read_bytes() == plain, f"read as something else: {data[:64].hex(' ')}"


def _kind(message: str) -> str:
    """The first words of a message, without its numbers."""
    return " ".join(re.sub(r"\b\d[\d,]*\b|\b[0-9a-f]{2}\b", "N", message).split()[:5])


def seeds() -> list[bytes]:
    """Whole files to start from: slices of the shipped digits and arrays of each type, plain and gzipped."""
    (images, labels), _ = load_images("mnist-sample")
    arrays = [images[:3], images[:40], labels[:500], images[:5].astype(np.int8), labels[:0]]
    arrays += [labels[:30].astype(dtype).reshape(5, 6) for dtype in (np.int16, np.int32, np.float32, np.float64)]
    files = []
    with tempfile.TemporaryDirectory() as folder:
        for array in arrays:
            for name in "plain.idx", "packed.gz":
                path = Path(folder) / name
                write_idx(path, array)
                files.append(path.read_bytes())
    honest_bomb = struct.pack(">4BI", 0, 0, 8, 1, 2**23) + bytes(2**23)
    lying_bomb = struct.pack(">4BI", 0, 0, 8, 1, 100) + bytes(2**23)
    return [
        *files,
        gzip.compress(honest_bomb),
        gzip.compress(lying_bomb),
        b"<!DOCTYPE html><title>404</title>" * 9,
    ]


def mutate(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """One to four random changes; a gzipped file is half of the time changed inside and packed anew."""
    inside = data[:2] == b"\x1f\x8b" and len(data) < 6000 and rng.random() < 0.5
    changed = bytearray(gzip.decompress(data) if inside else data)
    for _ in range(rng.randint(1, 4)):
        rng.choice(_CHANGES)(changed, others, rng)
    return gzip.compress(changed, compresslevel=1, mtime=0) if inside else bytes(changed)


def _flip(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _header(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    at = rng.randrange(min(len(data), 20) + 1)
    data[at : at + 1] = bytes([rng.choice((0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 31, 128, 139, 255))])


def _dimension(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    at = 4 * rng.randint(1, 4)
    data[at : at + 4] = struct.pack(">I", rng.choice(_EXTREMES))


def _length(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    data[-4:] = struct.pack("<I", rng.choice(_EXTREMES))


def _cut(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _drop(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.randint(1, 64)]


def _insert(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    at = rng.choice((len(data), rng.randrange(len(data) + 1)))
    data[at:at] = rng.randbytes(rng.randint(1, 64))


def _splice(data: bytearray, others: list[bytes], rng: random.Random) -> None:
    other = rng.choice(others)
    data[rng.randrange(len(data) + 1) :] = other[rng.randrange(len(other)) :]


_CHANGES: tuple[Callable[[bytearray, list[bytes], random.Random], None], ...] = (
    _flip,
    _header,
    _dimension,
    _length,
    _cut,
    _drop,
    _insert,
    _splice,
)


def idx_like() -> st.SearchStrategy[bytes]:
    """Headers that are nearly right before a few values, now and then gzipped; or any bytes at all."""
    code = st.sampled_from([0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x00, 0xFF])
    size = st.one_of(st.integers(0, 5), st.sampled_from(_EXTREMES))

    def file(code: int, sizes: list[int], extra: int, values: bytes) -> bytes:
        return bytes([0, 0, code, (len(sizes) + extra) % 256]) + struct.pack(f">{len(sizes)}I", *sizes) + values

    sizes = st.one_of(st.lists(size, max_size=4), st.lists(size, min_size=30, max_size=70))
    headed = st.builds(file, code, sizes, st.sampled_from([0, 0, 0, 1, -1]), st.binary(max_size=64))
    packed = headed.map(lambda data: gzip.compress(data, compresslevel=1, mtime=0))
    return st.one_of(st.binary(max_size=64), headed, packed, packed.map(lambda data: data[:-4] + bytes(4)))


def fuzz(fuzzer: Fuzzer, inputs: int, start: int) -> None:
    """`inputs` of them, a fifth from hypothesis; the same for the same `start`. Only in the main thread."""
    signal.signal(signal.SIGALRM, _hangs)
    generated = inputs // 5
    files, rng = seeds(), random.Random(start)
    for _ in range(inputs - generated):
        fuzzer.feed(mutate(rng.choice(files), files, rng))

    @seed(start)
    @settings(
        max_examples=generated,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(idx_like())
    def feed(data: bytes) -> None:
        fuzzer.feed(data)

    before = fuzzer.inputs
    feed()
    while fuzzer.inputs - before < generated:  # hypothesis stops early when it finds nothing new
        fuzzer.feed(mutate(rng.choice(files), files, rng))


def _hangs(signum: int, frame: FrameType | None) -> None:
    raise AssertionError(f"no answer within {SECONDS} s")


def main(inputs: int = 100_000, start: int = 0) -> None:
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(Path(folder), say_every=10_000)
        fuzz(fuzzer, inputs, start)
    print(f"{fuzzer.inputs:,} inputs in {time.monotonic() - began:.0f} s, seed {start}")
    print(f"{fuzzer.read:>9,} read, and written again as the same bytes")
    for kind, count in fuzzer.refused.most_common():
        print(f"{count:>9,} refused: {kind} ...")
    print(f"slowest {fuzzer.slowest * 1e3:.0f} ms, largest allocation {fuzzer.largest / 2**20:.1f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
