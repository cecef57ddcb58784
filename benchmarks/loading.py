"""(e) The full data set into memory, from the cache: python -m benchmarks.loading [NAME] (fashion-mnist).

Plain gunzip and one copy, checking nothing; `load_images` from a cache that has only the gzipped files; the same
again, when the unpacked copy is there. `load_mnist` likewise, against gunzip and a conversion to float32.
"""

from __future__ import annotations

import benchmarks.environment  # noqa: F401 - before NumPy

# isort: split
import gzip
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

from backproof.datasets import find_dataset, load_images, load_mnist
from backproof.datasets.registry import cache_folder, places
from benchmarks.contest import Bar, Contestant, Outcome, contest
from benchmarks.peers import Array

COPY, FIRST, AGAIN = "gunzip and a copy", "Backproof load_images, first", "Backproof load_images, again"
FLOATS, MNIST_FIRST = "gunzip and to float32", "Backproof load_mnist, first"
MNIST_AGAIN = "Backproof load_mnist, again"


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

        def first(load: str) -> None:
            for path in folder.iterdir():  # forget the unpacked copies
                if path.suffix != ".gz":
                    path.unlink()
            (load_images if load == "images" else load_mnist)(name=name)

        times = contest(
            f"{name} into memory",
            [
                Contestant(COPY, lambda: [array.copy() for array in _gunzip(folder)]),
                Contestant(FIRST, lambda: first("images")),
                Contestant(AGAIN, lambda: load_images(name)),
                Contestant(FLOATS, lambda: [array / np.float32(255) for array in _gunzip(folder)]),
                Contestant(MNIST_FIRST, lambda: first("mnist")),
                Contestant(MNIST_AGAIN, lambda: load_mnist(name=name)),
            ],
            9,
            "load",
        )
    outcome = Outcome("loading", [times])
    outcome.bars = [
        Bar.of("(e) first load: of gunzip and one copy", 1.3, times.ratios(FIRST, COPY)),
        Bar.of("(e) loaded again: of gunzip and one copy", 0.65, times.ratios(AGAIN, COPY)),
    ]
    outcome.notes.append(
        "Backproof's loads check the sha256 of what they read; the first one also writes the unpacked copy."
    )
    outcome.save()


def _gunzip(folder: Path) -> list[Array]:
    return [
        np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)[8:] for path in sorted(folder.glob("*.gz"))
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
