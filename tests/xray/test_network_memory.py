"""X-ray of a network with large arrays: no copy of one per edge."""

import tracemalloc

import numpy as np

import backproof
from backproof.layers import SoftmaxWithLoss


class Scale:
    """One large array in, one out, both ways; nothing else is kept."""

    params, grads = {}, {}

    def forward(self, x):
        return x * 2

    def backward(self, dout):
        return dout * 2


def test_large_arrays_are_not_copied_for_every_edge():
    """Beside what the run holds, a value and a gradient for each layer: the caller's x, and small change."""
    layers, x = 6, np.random.default_rng(0).normal(size=(400, 5000))  # 16 MB
    network = backproof.Sequential([Scale() for _ in range(layers)], SoftmaxWithLoss())
    t = np.arange(400) % 10
    tracemalloc.start()
    xray = backproof.xray(network, x, t)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    held_by_the_run = 2 * layers + 2  # values, gradients, the loss layer's probabilities and its gradient
    assert peak < (held_by_the_run + 5) * x.nbytes
    assert len(xray.graph.edges) == layers + 3
    assert all(edge.value.array.size <= 2**18 for edge in xray.graph.edges)
