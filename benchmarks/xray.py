"""What an X-ray costs: `python benchmarks/xray.py`.

The book's 784-50-10 network on 100 shipped digits: the time of `backproof.xray` with its page, beside that of 300
training steps on the same batch, taken in turn, medians; and the size of the page.
"""

from __future__ import annotations

import re
import statistics
import time

import numpy as np

import backproof

ROUNDS = 7
STEPS = 300


def main() -> None:
    (x, t), _ = backproof.datasets.load_mnist(name="mnist-sample", one_hot_label=True)
    x, t = x[:100], t[:100]
    network = backproof.TwoLayerNet(784, 50, 10, dtype="float32", seed=0)
    page = backproof.xray(network, x, t).to_html()  # warm
    graph_only, with_page, steps = [], [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        xray = backproof.xray(network, x, t)
        graph_only.append(time.perf_counter() - started)
        xray.to_html()
        with_page.append(time.perf_counter() - started)
        started = time.perf_counter()
        for _ in range(STEPS):
            _, gradients = network.loss_and_gradients(x, t)
            for name, gradient in gradients.items():
                network.params[name] -= np.float32(0.1) * gradient
        steps.append(time.perf_counter() - started)
    print(f"X-ray                {1e3 * statistics.median(graph_only):7.1f} ms")
    print(f"X-ray and page       {1e3 * statistics.median(with_page):7.1f} ms")
    print(f"{STEPS} training steps   {1e3 * statistics.median(steps):7.1f} ms")
    bare = len(re.sub(r"data:image/png;base64,[^\"]*", "", page).encode())
    print(f"page                 {len(page.encode()) / 1e3:7.1f} kB, {bare / 1e3:.1f} kB without pictures")


if __name__ == "__main__":
    main()
