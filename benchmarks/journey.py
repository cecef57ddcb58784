"""(b) 10,000 iterations as a user runs them, from the start of the process to the last file.

python -m benchmarks.journey measures; python -m benchmarks.journey torch|sklearn|seeds OUT makes one such journey:
Fashion-MNIST from the four gzipped files (for Backproof: from its cache, which checks their sha256), batches of
100, accuracy on all training and test images before the first step, after each epoch and at the end, then the
curve as a picture, the history as CSV, the model.
"""

from __future__ import annotations

import benchmarks.environment  # noqa: F401 - before NumPy

# isort: split
import csv
import gzip
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

STEPS, BATCH, RATE, ROUNDS = 10_000, 100, 0.1, 5
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def data() -> tuple[Any, Any, Any, Any]:
    import numpy as np

    from backproof.datasets import find_dataset
    from backproof.datasets.registry import places

    arrays = []
    for name, file in zip(NAMES, find_dataset("fashion-mnist").files, strict=True):
        path = next(p for p in places(find_dataset("fashion-mnist"), file) if p.suffix == ".gz" and p.exists())
        with gzip.open(path) as stream:
            plain = np.frombuffer(stream.read(), np.uint8)
        arrays.append(plain[16:].reshape(-1, 784) / np.float32(255) if "images" in name else plain[8:])
    x, t, x_test, t_test = arrays
    return x, t, x_test, t_test


def leave(out: Path, losses: list[float], evaluations: list[tuple[int, float, float]]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, (top, bottom) = plt.subplots(2, 1)
    top.plot(losses)
    steps, train, test = zip(*evaluations, strict=True)
    bottom.plot(steps, train)
    bottom.plot(steps, test)
    figure.savefig(out / "curve.png")
    with (out / "history.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["step", "loss"], *enumerate(losses, 1)])
    with (out / "accuracy.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["step", "train", "test"], *evaluations])


def by_torch(out: Path) -> None:
    import torch

    x, t, x_test, t_test = (torch.from_numpy(a.copy()) for a in data())
    t, t_test = t.long(), t_test.long()
    model = torch.nn.Sequential(torch.nn.Linear(784, 50), torch.nn.ReLU(), torch.nn.Linear(50, 10))
    optimizer, loss_of = torch.optim.SGD(model.parameters(), lr=RATE), torch.nn.CrossEntropyLoss()
    losses, evaluations = [], []

    def evaluate(step: int) -> None:
        with torch.inference_mode():
            accuracy = [(model(a).argmax(1) == b).float().mean().item() for a, b in ((x, t), (x_test, t_test))]
        evaluations.append((step, *accuracy))

    evaluate(0)
    for step in range(1, STEPS + 1):
        index = torch.randint(len(x), (BATCH,))
        optimizer.zero_grad()
        loss = loss_of(model(x[index]), t[index])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if step * BATCH % len(x) == 0 or step == STEPS:
            evaluate(step)
    leave(out, losses, evaluations)
    torch.save(model.state_dict(), out / "model.pt")


def by_sklearn(out: Path) -> None:
    import numpy as np
    from sklearn.neural_network import MLPClassifier

    x, t, x_test, t_test = data()
    model = MLPClassifier(
        [50],
        solver="sgd",
        alpha=0,
        batch_size=BATCH,
        momentum=0,
        nesterovs_momentum=False,
        learning_rate_init=RATE,
    )
    evaluations: list[tuple[int, float, float]] = []
    step = 0
    while step < STEPS:  # one pass over the data at a time, the last one in part; it keeps the loss of each pass
        steps = min(len(x) // BATCH, STEPS - step)
        model.partial_fit(x[: steps * BATCH], t[: steps * BATCH], classes=np.arange(10))
        step += steps
        evaluations.append((step, model.score(x, t), model.score(x_test, t_test)))
    leave(out, model.loss_curve_, evaluations)
    np.savez(out / "model.npz", *model.coefs_, *model.intercepts_)


def by_the_seeds(out: Path) -> None:
    import numpy as np

    from benchmarks import seeds

    x, t, x_test, t_test = data()
    t, t_test = np.eye(10)[t], np.eye(10)[t_test]
    network = seeds.TwoLayerNet(784, 50, 10)
    losses: list[float] = []
    evaluations = [(0, network.accuracy(x, t), network.accuracy(x_test, t_test))]
    while len(losses) < STEPS:
        seeds.train(network, x, t, min(600, STEPS - len(losses)), BATCH, losses)
        evaluations.append((len(losses), network.accuracy(x, t), network.accuracy(x_test, t_test)))
    leave(out, losses, evaluations)
    np.savez(out / "model.npz", **network.params)


JOURNEYS: dict[str, Callable[[Path], None]] = {"torch": by_torch, "sklearn": by_sklearn, "seeds": by_the_seeds}


def measure() -> None:
    from benchmarks.contest import Bar, Outcome, Times, say

    labels = {
        "backproof": "Backproof",
        "torch": "PyTorch eager",
        "sklearn": "scikit-learn MLPClassifier",
        "seeds": "the seeds' formulation",
    }
    cpu: dict[str, list[float | None]] = {label: [] for label in labels.values()}
    wall: dict[str, list[float | None]] = {label: [] for label in labels.values()}
    with tempfile.TemporaryDirectory() as root:
        os.environ["BACKPROOF_DATA"] = root  # a cache of its own, filled by the round that does not count
        for number in range(-1, ROUNDS):
            for name, label in labels.items():
                if (number < 0 and name != "backproof") or (name == "seeds" and number % 2):
                    took: tuple[float | None, float | None] = (None, None)
                else:
                    took = _journey(name, Path(root) / f"{name}{number}")
                    say(f"  {label:<32} {took[1]:6.1f} s")
                if number >= 0:
                    cpu[label].append(took[0])
                    wall[label].append(took[1])
    times = Times("10,000 iterations, end to end", "run", cpu, wall)
    outcome = Outcome("journey", [times])
    for name in ("torch", "sklearn"):
        ratios = times.ratios(labels["backproof"], labels[name])
        outcome.bars.append(Bar.of(f"(b) end to end: of {labels[name]}", 1.0, ratios))
    ended = statistics.median(v for v in wall[labels["backproof"]] if v is not None)
    outcome.notes.append(
        "Backproof's journey also checks the sha256 of its data, saves a checkpoint every 1,000 steps and draws a "
        f"sheet of misclassified images. Its median time on the wall: {ended:.1f} s."
    )
    outcome.save()


def _journey(name: str, out: Path) -> tuple[float, float]:
    program = Path(sys.executable).parent / "backproof"
    if name == "backproof":
        command = [str(program), "train", "--data", "fashion-mnist", "--seed", "0", "--out", str(out)]
    else:
        out.mkdir()
        command = [sys.executable, "-m", "benchmarks.journey", name, str(out)]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


if __name__ == "__main__":
    if sys.argv[1:]:
        JOURNEYS[sys.argv[1]](Path(sys.argv[2]))
    else:
        measure()
