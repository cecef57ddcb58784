"""What an X-ray costs: python -m benchmarks.xray.

The book's 784-50-10 network on 100 shipped digits: `backproof.xray` alone and with its page, beside training steps
on the same batch; and the size of the page.
"""

from __future__ import annotations

import benchmarks.environment  # noqa: F401 - before NumPy

# isort: split
import re

import numpy as np

import backproof
from benchmarks.contest import Bar, Contestant, Outcome, contest

STEPS = 300  # what the X-ray with its page may cost at most
PAGE = 2e6  # bytes
GRAPH, WITH_PAGE, TRAINING = "Backproof xray", "Backproof xray and its page", f"{STEPS} training steps"


def main() -> None:
    (x, t), _ = backproof.datasets.load_mnist(name="mnist-sample", one_hot_label=True)
    x, t = x[:100], t[:100]
    network = backproof.TwoLayerNet(784, 50, 10, dtype="float32", seed=0)

    def train() -> None:
        for _ in range(STEPS):
            _, gradients = network.loss_and_gradients(x, t)
            for name, gradient in gradients.items():
                network.params[name] -= np.float32(0.1) * gradient

    times = contest(
        "the X-ray of 784-50-10 on a batch of 100",
        [
            Contestant(GRAPH, lambda: backproof.xray(network, x, t)),
            Contestant(WITH_PAGE, lambda: backproof.xray(network, x, t).to_html()),
            Contestant(TRAINING, train),
        ],
        9,
        "turn",
    )
    page = backproof.xray(network, x, t).to_html()
    bare = len(re.sub(r"data:image/png;base64,[^\"]*", "", page).encode())
    outcome = Outcome("xray", [times])
    outcome.bars = [
        Bar.of(f"an X-ray and its page: of {STEPS} training steps", 1, times.ratios(WITH_PAGE, TRAINING)),
        Bar.of("the page: of 2 MB", 1, [len(page.encode()) / PAGE]),
    ]
    outcome.notes.append(f"The page: {len(page.encode()) / 1e3:.0f} kB, {bare / 1e3:.0f} kB without its pictures.")
    outcome.save()


if __name__ == "__main__":
    main()
