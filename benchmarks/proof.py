"""(d) The time of a proof: every entry, a whole check, and peers' checks: python -m benchmarks.proof."""

from __future__ import annotations

import benchmarks.environment  # noqa: F401 - before NumPy

# isort: split
import subprocess
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable

import jax
import numpy as np
import torch
from jax.test_util import check_grads

import backproof
from backproof import TwoLayerNet
from backproof.datasets import load_mnist
from benchmarks import seeds
from benchmarks.contest import Bar, Contestant, Outcome, Times, contest, say
from benchmarks.peers import Array

torch.set_num_threads(1)
jax.config.update("jax_enable_x64", True)

SEEDS = "the seeds' loop, every entry"
ENTRIES = "Backproof, every entry"
CHECK = "Backproof, check()"
ONE_GRADIENT = "Backproof, one gradient()"
SLOW, FAST = "PyTorch gradcheck", "PyTorch gradcheck, fast mode"
JAX = "JAX check_grads, reverse mode"
JAX_ANSWERS: list[bool] = []


def torch_check(network: TwoLayerNet, x: Array, t: Array, fast: bool) -> Callable[[], bool]:
    parameters = [torch.tensor(array, requires_grad=True) for array in network.params.values()]
    inputs, labels = torch.from_numpy(x), torch.from_numpy(t.astype(np.int64))

    def loss(W1: torch.Tensor, b1: torch.Tensor, W2: torch.Tensor, b2: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(torch.relu(inputs @ W1 + b1) @ W2 + b2, labels)

    return lambda: torch.autograd.gradcheck(loss, parameters, fast_mode=fast)


def jax_check(network: TwoLayerNet, x: Array, t: Array) -> Callable[[], None]:
    parameters = [jax.numpy.asarray(array) for array in network.params.values()]
    inputs, labels = jax.numpy.asarray(x), jax.numpy.asarray(t.astype(np.int32))

    def loss(W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
        scores = jax.nn.relu(inputs @ W1 + b1) @ W2 + b2
        return -jax.numpy.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], 1).mean()

    def run() -> None:
        JAX_ANSWERS.append(True)
        try:
            check_grads(loss, parameters, order=1, modes="rev")
        except AssertionError:  # its one direction crosses kinks of ReLU
            JAX_ANSWERS[-1] = False

    return run


def good(report: backproof.check) -> None:
    if not report.ok:
        raise RuntimeError(f"a correct network was found wrong:\n{report}")


def book_network(x: Array, t: Array, rounds: int) -> Times:
    network = TwoLayerNet(784, 50, 10, seed=0)
    theirs = seeds.TwoLayerNet(784, 50, 10)
    for name, array in network.params.items():
        theirs.params[name][...] = array
    one_hot = np.eye(10)[t]
    numeric, loop = network.numerical_gradient(x, t), theirs.numerical_gradient(x, one_hot)
    for name, array in numeric.items():
        if not np.allclose(array, loop[name], atol=1e-5):
            raise RuntimeError(f"the two numerical gradients of {name} differ")
    return contest(
        "784-50-10 on 3 images",
        [
            Contestant(ENTRIES, lambda: network.numerical_gradient(x, t)),
            Contestant(CHECK, lambda: good(backproof.check(network, x, t))),
            Contestant(SEEDS, lambda: theirs.numerical_gradient(x, one_hot)),
            Contestant(SLOW, torch_check(network, x, t, False), every=4),
            Contestant(FAST, torch_check(network, x, t, True)),
            Contestant(JAX, jax_check(network, x, t)),
        ],
        rounds,
        "proof",
    )


def large_network(hidden: int, x: Array, t: Array, rounds: int) -> tuple[Times, list[str]]:
    """The contest and a row of figures: the check against one gradient(), and its memory."""
    network = TwoLayerNet(784, hidden, 10, seed=0)
    count = sum(array.size for array in network.params.values())
    largest = max(array.nbytes for array in network.params.values())
    times = contest(
        f"784-{hidden}-10, {count:,} parameters, on 3 images",
        [
            Contestant(CHECK, lambda: good(backproof.check(network, x, t))),
            Contestant(ONE_GRADIENT, lambda: network.gradient(x, t)),
            Contestant(FAST, torch_check(network, x, t, True)),
            Contestant(JAX, jax_check(network, x, t)),
        ],
        rounds,
        "proof",
    )
    ran, fresh = peak_of_check(network, x, t), peak_of_check(TwoLayerNet(784, hidden, 10, seed=0), x, t)
    gradients = np.median(times.ratios(CHECK, ONE_GRADIENT))
    copies = [f"{peak / 1e6:,.0f} MB, {peak / largest:.1f}" for peak in (fresh, ran)]
    return times, [f"{count:,}", f"{gradients:.0f}", *copies]


def peak_of_check(network: TwoLayerNet, x: Array, t: Array) -> int:
    """Bytes that a check takes at most, beside what the network holds."""
    tracemalloc.start()
    good(backproof.check(network, x, t))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def first_call(name: str) -> None:
    """Print the seconds that the first proof in this process takes, after all imports."""
    x, t = three_images()
    network = TwoLayerNet(784, 50, 10, seed=0)
    proofs = {
        CHECK: lambda: good(backproof.check(network, x, t)),
        FAST: torch_check(network, x, t, True),
        JAX: jax_check(network, x, t),
    }
    wall, cpu = time.perf_counter(), time.process_time()
    proofs[name]()
    print(time.process_time() - cpu, time.perf_counter() - wall)


def first_calls(rounds: int) -> Times:
    cpu: dict[str, list[float | None]] = {CHECK: [], FAST: [], JAX: []}
    wall: dict[str, list[float | None]] = {CHECK: [], FAST: [], JAX: []}
    for _ in range(rounds):
        for name in cpu:
            command = [sys.executable, "-m", "benchmarks.proof", name]
            ended = subprocess.run(command, check=True, capture_output=True, text=True)
            for times, seconds in zip((cpu, wall), ended.stdout.split()[-2:], strict=True):
                times[name].append(float(seconds))
    return Times("784-50-10 on 3 images, the first proof in a process", "proof", cpu, wall)


def three_images() -> tuple[Array, Array]:
    (x, t), _ = load_mnist(name="mnist-sample")
    return x[:3].astype(np.float64), t[:3]


def main() -> None:
    x, t = three_images()
    outcome = Outcome("proof")
    small, first = book_network(x, t, 9), first_calls(5)
    outcome.contests += [small, first]
    rows = []
    for hidden, rounds in ((126, 7), (1258, 5), (12_579, 3)):
        times, row = large_network(hidden, x, t, rounds)
        outcome.contests.append(times)
        rows.append(row)
        say(f"  {row}")
    largest = outcome.contests[-1]
    outcome.bars += [
        Bar.of("(d) all 39,760 entries: of the seeds' loop", 1 / 20, small.ratios(ENTRIES, SEEDS)),
        Bar.of("(d) a full check(): of the seeds' loop", 1 / 100, small.ratios(CHECK, SEEDS)),
        Bar.of("(d) a check() of 10⁷ parameters: of one gradient()", 60.0, largest.ratios(CHECK, ONE_GRADIENT)),
        Bar.of("(d) a check(), first in a process: of gradcheck's fast mode", 1.0, first.ratios(CHECK, FAST)),
        Bar.of("(d) a check(), called again: of gradcheck's fast mode", 1.0, small.ratios(CHECK, FAST)),
    ]
    outcome.tables.append(
        {
            "title": "What a check costs a large network",
            "head": [
                "parameters",
                "times one gradient()",
                "peak memory, and in copies of the largest tensor",
                "the same where gradients are held already",
            ],
            "rows": rows,
        }
    )
    if not all(JAX_ANSWERS):
        outcome.notes.append(
            f"JAX's check_grads called the correct gradient wrong in {JAX_ANSWERS.count(False)} of "
            f"{len(JAX_ANSWERS)} tries: with its default step it crosses kinks of ReLU."
        )
    outcome.notes.append(
        "A check() asks more than the peers do: every layer alone and the whole, at two points, what the forward "
        "promises, and who is to blame. gradcheck and check_grads answer pass or fail."
    )
    outcome.save()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    if sys.argv[1:]:
        first_call(sys.argv[1])
    else:
        main()
