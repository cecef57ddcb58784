"""How cost grows with batch, width, depth, data and parameters: python -m benchmarks.growth.

Time, and the peak of the memory that NumPy took while the work ran (tracemalloc), beside the network and the data.
The exponent is the slope of log(cost) against log(size) over the upper half of the sizes, where the constant part
no longer counts.
"""

from __future__ import annotations

import benchmarks.environment  # noqa: F401 - before NumPy

# isort: split
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import backproof
from backproof import SGD, Trainer, TwoLayerNet
from backproof.datasets import read_idx, write_idx
from benchmarks import peers
from benchmarks.contest import Outcome, say
from benchmarks.training import images, network


def trainer(sizes: tuple[int, ...], batch: int, samples: int = 10_000) -> Trainer:
    pixels, t = images(samples)
    net = network(peers.initial_parameters(sizes))
    return Trainer(net, (pixels, t), optimizer=SGD(0.1), batch_size=batch, seed=0, divide_by=255)


def step(sizes: tuple[int, ...], batch: int) -> Callable[[], object]:
    training = trainer(sizes, batch)
    return lambda: training.fit(iterations=10, progress=False)


def evaluation(samples: int) -> Callable[[], object]:
    training = trainer((784, 50, 10), 100, samples)
    x, t = images(samples)
    return lambda: training._accuracy(x, t)


def check(hidden: int) -> Callable[[], object]:
    net = TwoLayerNet(784, hidden, 10, seed=0)
    rng = np.random.default_rng(0)
    x, t = rng.random((3, 784)), np.array([5, 0, 4])
    return lambda: backproof.check(net, x, t)


def loading(samples: int, folder: Path) -> Callable[[], object]:
    path = folder / f"{samples}-images-idx3-ubyte.gz"
    write_idx(path, images(samples)[0].reshape(-1, 28, 28))
    return lambda: read_idx(path)


def main() -> None:
    outcome = Outcome("growth")
    with TemporaryDirectory() as root:
        series: list[tuple[str, list[int], Callable[[int], Callable[[], object]], int]] = [
            (
                "a step of 784-50-10, against the batch",
                [25, 100, 400, 1600, 6400],
                lambda n: step((784, 50, 10), n),
                10,
            ),
            (
                "a step of 784-N-10, against the width",
                [64, 256, 1024, 4096],
                lambda n: step((784, n, 10), 128),
                10,
            ),
            (
                "a step of N layers of 256, against the depth",
                [1, 2, 4, 8, 16],
                lambda n: step((784, *[256] * n, 10), 128),
                10,
            ),
            ("accuracy of N samples", [5_000, 20_000, 80_000], evaluation, 1),
            ("read_idx of N images, gzipped", [2_500, 10_000, 40_000], lambda n: loading(n, Path(root)), 1),
            ("check() of 784-N-10, against the width", [10, 100, 1_000, 5_000], check, 1),
        ]
        for title, sizes, make, steps in series:
            rows, seconds, peaks = [], [], []
            for size in sizes:
                work = make(size)
                seconds.append(_seconds(work) / steps)
                peaks.append(_peak(work))
                rows.append([f"{size:,}", f"{seconds[-1] * 1e3:,.3f} ms", f"{peaks[-1] / 1e6:,.2f} MB"])
            rows.append(["exponent", f"{_exponent(sizes, seconds):.2f}", f"{_exponent(sizes, peaks):.2f}"])
            say(f"{title}: time {rows[-1][1]}, memory {rows[-1][2]}")
            outcome.tables.append({"title": title, "head": ["size", "time", "peak memory"], "rows": rows})
    outcome.save()


def _seconds(work: Callable[[], Any]) -> float:
    work()
    taken = []
    began = time.perf_counter()
    while len(taken) < 3 or (len(taken) < 15 and time.perf_counter() - began < 1.5):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def _peak(work: Callable[[], Any]) -> int:
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def _exponent(sizes: list[int], costs: list[Any]) -> float:
    upper = len(sizes) // 2
    return float(np.polyfit(np.log(sizes[upper:]), np.log(costs[upper:]), 1)[0])


if __name__ == "__main__":
    main()
