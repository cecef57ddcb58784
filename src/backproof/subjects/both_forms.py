"""A network whose loss takes one-hot rows and class indices alike, as one of class indices."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from backproof.protocols import Array
from backproof.subjects.resample import is_one_hot, more_inputs, more_labels
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network

_SAMPLES = (4, 5)  # indices broadcast against as many classes as there are samples


def with_indices(network: Network) -> Network:
    """The network, to be judged with class indices too where its loss is the same of them and they go back."""
    t = np.asarray(network.t)
    if t.ndim != 2 or t.shape[1] < 2 or network.indices or not is_one_hot(t):
        return network
    here = Snapshot(network.owner)
    try:
        if not all(_takes_both(network, samples, here) for samples in _SAMPLES):
            return network
    except Exception:  # it knows rows alone
        return network
    finally:
        here.restore()
    told = network.understood.removesuffix("labels as one-hot rows or targets") + "labels as class indices"
    network.also = replace(network, t=t.argmax(axis=1), understood=told)
    network.also_words = ", then as class indices"
    return network


def _takes_both(network: Network, samples: int, here: Snapshot) -> bool:
    rng = np.random.default_rng(0)
    x = more_inputs(network.x, samples, rng)
    rows: Array = more_labels(network.t, samples, network.t.shape[1], rng)
    losses = []
    for t in (rows, rows.argmax(axis=1)):
        here.hold_random()
        losses.append(float(np.asarray(network.loss(x.copy(), t.copy()))))
    network.gradient(x.copy(), rows.argmax(axis=1))
    return math.isclose(losses[0], losses[1], rel_tol=1e-9)
