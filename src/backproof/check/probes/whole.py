"""What a network without layer objects promises as a whole, asked before its `gradient()` is blamed.

A sample's scores must not depend on the other samples; a mean loss does not change when the batch is doubled;
the loss depends on the labels.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backproof.check.suspicion import Suspicion
from backproof.check.values import few
from backproof.protocols import Array
from backproof.subjects.subject import Network
from backproof.subjects.trial.roles import roles_of

Runs = Sequence[tuple[Any, dict[str, Any]]]


def contracts(
    network: Network, rng: np.random.Generator, before_each: Callable[[], None], runs: Runs
) -> list[Suspicion]:
    """At most one suspicion of kind "forward"; `runs` are the recorded gradients with their comparisons."""
    this, comparisons = runs[-1]
    x, t = this.x, this.t
    wrong = [name for name, c in comparisons.items() if c.fault]

    def loss(x: Array, t: Array) -> float:
        before_each()
        return float(np.asarray(network.loss(x.copy(), t.copy()), dtype=np.float64).reshape(-1)[0])

    calm = x / max(
        1.0, float(np.abs(x).max(initial=0.0))
    )  # where the scores saturate, all wrong labels cost the same
    try:
        value = loss(x, t)
        if (
            _takes_labels(network)
            and np.isfinite(value)
            and all(
                loss(x, others) == value for others in (np.roll(t, 1, axis=0), np.repeat(t[:1], len(t), axis=0))
            )
            and loss(calm, t) == loss(calm, np.roll(t, 1, axis=0))
            and not np.array_equal(t, np.roll(t, 1, 0))
        ):
            return [_forward(network, "loss", "ignores-labels", {"loss": value})]
        mixing = _mixes_samples(network, x, before_each)
        normalises = any("gamma" in name.lower() for name in network.parameters())
        if mixing is not None and (mixing.cause.startswith("softmax") or (wrong and not normalises)):
            return [mixing]
        for base, cause in ((10, "log10"), (2, "log2")):
            if wrong and _all_off_by(comparisons, 1 / math.log(base), rtol=1e-3):
                return [_forward(network, "loss", cause, {"factor": 1 / math.log(base), "wrong": wrong})]
        if wrong:
            doubled = loss(np.concatenate([x, x]), np.concatenate([t, t]))
            ratio = doubled / value if value else 1.0
            if abs(ratio - 2) < 1e-9 and _all_off_by(comparisons, len(x)):
                return [_forward(network, "loss", "loss-scale", {"factor": f"N = {len(x)}", "wrong": wrong})]
    except (Exception, SystemExit):  # a batch of another size is not to its taste: the network alone is judged
        return []
    return []


def _takes_labels(network: Network) -> bool:
    """Whether its loss is given labels: that of an autoencoder is given the input alone."""
    loss = network.source.get("loss")
    return not network.rebuilds if loss is None else list(roles_of(loss).values()) != ["x"]


def _mixes_samples(network: Network, x: Array, before_each: Callable[[], None]) -> Suspicion | None:
    if network.predict is None:
        return None

    def scores(x: Array) -> Array:
        before_each()
        assert network.predict is not None
        return np.array(network.predict(x.copy()), dtype=np.float64)

    y = scores(x)
    if y.ndim != 2 or len(y) != len(x):
        return None
    others = np.concatenate([x[:1], 1.5 * x[1:] + 0.3])
    if np.allclose(scores(others)[0], y[0], rtol=1e-9, atol=1e-12):
        return None
    sums = y.sum(axis=1)
    evidence: dict[str, Any] = {"row sums": few(sums)}
    if np.all(y >= 0) and abs(float(y.sum()) - 1) < 1e-9:
        return _forward(network, "output", "softmax-over-batch", evidence)
    if np.all(y >= 0) and np.allclose(y.sum(axis=0), 1):
        return _forward(network, "output", "softmax-wrong-axis", evidence)
    return _forward(network, "output", "mixes-samples", evidence)


def _all_off_by(comparisons: dict[str, Any], factor: float, rtol: float = 1e-2) -> bool:
    ratios = [n / a for c in comparisons.values() for _, a, n in c.worst if a]
    return bool(ratios) and bool(np.allclose(ratios, factor, rtol=rtol))


def _forward(network: Network, quantity: str, cause: str, evidence: dict[str, Any]) -> Suspicion:
    method = "loss" if quantity == "loss" else "predict"
    softmax = network.functions.get("softmax") if cause.startswith("softmax") else None
    if softmax is not None:  # the function of its module that predict calls
        return Suspicion("forward", "softmax", quantity, cause, softmax, evidence)
    at = network.source.get(method)
    return Suspicion("forward", f"{getattr(at, '__name__', method)}()", quantity, cause, at, evidence)
