"""How long a whole data set takes into memory: python benchmarks/loading.py [NAME] (fashion-mnist).

Alternately, nine times each: plain gunzip and one copy, checking nothing; `load_images` from a cache that has only
the gzipped files; the same again, when the unpacked copy is there. `load_mnist` likewise, against gunzip and a
conversion to float32.
"""

from __future__ import annotations

import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backproof.datasets import find_dataset, load_images, load_mnist
from backproof.datasets.registry import cache_folder, places

ROUNDS = 9


def main(name: str = "fashion-mnist") -> None:
    dataset = find_dataset(name)
    packed = []
    for file in dataset.files:
        found = [path for path in places(dataset, file) if path.suffix == ".gz" and path.exists()]
        if not found:
            sys.exit(f"{file.name} is not on this machine: backproof data fetch {name}")
        packed.append(found[0].read_bytes())
    with tempfile.TemporaryDirectory() as root:
        os.environ["BACKPROOF_DATA"] = root
        folder = cache_folder(dataset)
        folder.mkdir()
        for file, data in zip(dataset.files, packed, strict=True):
            (folder / file.name).write_bytes(data)
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            _time(times, "gunzip and a copy", lambda: [array.copy() for array in _gunzip(folder)])
            _forget(folder)
            _time(times, "load_images, first", lambda: load_images(name))
            _time(times, "load_images, again", lambda: load_images(name))
            _time(times, "gunzip and to float32", lambda: [array.astype(np.float32) for array in _gunzip(folder)])
            _forget(folder)
            _time(times, "load_mnist, first", lambda: load_mnist(name=name))
            _time(times, "load_mnist, again", lambda: load_mnist(name=name))
    base = 1.0
    for label, seconds in times.items():
        median = statistics.median(seconds)
        base = median if label.startswith("gunzip") else base
        print(f"{label:<22} {median * 1e3:6.0f} ms  {median / base:.2f}  (least {min(seconds) * 1e3:.0f} ms)")


def _time(times: dict[str, list[float]], label: str, work: Callable[[], object]) -> None:
    start = time.perf_counter()
    work()
    times.setdefault(label, []).append(time.perf_counter() - start)


def _gunzip(folder: Path) -> list[np.ndarray]:
    return [
        np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)[8:] for path in sorted(folder.glob("*.gz"))
    ]


def _forget(folder: Path) -> None:
    """Remove the unpacked copies."""
    for path in folder.iterdir():
        if path.suffix != ".gz":
            path.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
