"""The gradient is right and the loss is not: what the loss would have to be for the gradients as handed out.

A gradient that is exactly that of the usual loss is nobody's accident. Where it is, and the loss is another, the
loss is to blame.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from backproof.check.causes.case import measured
from backproof.check.kinds import losses
from backproof.check.owners import Owners
from backproof.check.probes.chain import Run
from backproof.check.values import LARGE
from backproof.check.verdict import Probe
from backproof.protocols import Array
from backproof.subjects.recording import copied
from backproof.subjects.subject import Network

FEW = 3  # entries of each parameter that are measured
LOOSE = 1e-4  # of a gradient's size: an epsilon inside a logarithm bends it


def expected(
    network: Network, owners: Owners, this: Run, wrong: list[str], cause: str, hold: Callable[[], None]
) -> tuple[float | None, int]:
    """(loss, evaluations): the loss that goes with what `gradient()` gave; None where that is no usual one.

    this: a run whose gradients are known, with every layer right by itself; cause: what is said of `wrong` so far.
    """
    hold()
    loss = float(np.asarray(network.loss(this.x.copy(), copied(this.t))).reshape(-1)[0])
    layered = this.loss_layer is not None
    found = _of_layers(network, owners, this) if layered else _of_scores(network, this, hold)
    if found is None:
        return None, 1
    plain, shares, evaluations = found
    value = _with_penalty(network, plain, shares, loss, wrong)
    if not any(shares.values()) and (layered and cause != "wrong-factor"):
        value = None  # then the loss most likely has a penalty that gradient() lacks
    so_already = value is not None and math.isclose(value, loss, rel_tol=1e-6)
    return None if so_already else value, evaluations + 1


Found = tuple[float, dict[str, float], int]  # a loss, λ by parameter where `gradient()` adds λ W to its own, calls


def _with_penalty(
    network: Network, plain: float, shares: Mapping[str, float], loss: float, wrong: list[str]
) -> float | None:
    """The loss and ½ λ ‖W‖² for every λ W that `gradient()` gives; None where that is not believed."""
    parameters = network.parameters()
    own = vars(network.owner).values() if hasattr(network.owner, "__dict__") else ()
    held = [float(v) for v in own if isinstance(v, int | float)]
    forgotten = math.isclose(loss, plain, rel_tol=1e-6)
    for name, share in shares.items():
        if not share and name in wrong and parameters[name].ndim > 1 and any(shares.values()):
            return None  # the others have a penalty: this one lacks its own
        if share and not forgotten and not any(math.isclose(share, number, rel_tol=1e-4) for number in held):
            return None  # neither the network's own number, nor a penalty that the loss forgot
    return plain + sum(share / 2 * float((parameters[name] ** 2).sum()) for name, share in shares.items())


def _share(given: Array, own: Array, array: Array) -> float | None:
    """λ > 0 where what is given is its own gradient and λ times the parameter, 0 without that, else None."""
    added, size = given - own, max(float(np.abs(given).max(initial=0.0)), 1e-300)
    if float(np.abs(added).max(initial=0.0)) <= LOOSE * size:
        return 0.0
    square = float(np.vdot(array, array))
    share = float(np.vdot(array, added)) / square if square else 0.0
    return share if share > 0 and float(np.abs(added - share * array).max()) <= LOOSE * size else None


def _of_layers(network: Network, owners: Owners, this: Run) -> Found | None:
    """The loss layer's own loss, beside the gradients that the layers left."""
    call = this.recording.last(this.loss_layer or "")
    if call is None or np.size(call.output) != 1:
        return None
    shares: dict[str, float] = {}
    for name, array in network.parameters().items():
        layer, slot = owners.of(array)
        theirs = this.recording.last(layer) if layer is not None else None
        left = theirs.gradients.get(slot) if theirs is not None else None
        given = this.gradients.get(name)
        if not isinstance(left, np.ndarray) or np.shape(given) != array.shape:
            return None
        share = _share(np.asarray(given), left.reshape(array.shape), array)
        if share is None:
            return None
        shares[name] = share
    return float(np.asarray(call.output).reshape(-1)[0]), shares, 0


def _of_scores(network: Network, this: Run, hold: Callable[[], None]) -> Found | None:
    """The mean cross entropy of the scores, beside its numeric gradient."""
    predict, parameters = network.predict, network.parameters()
    if predict is None or any(array.size > LARGE for array in parameters.values()):
        return None

    def of(x: Array) -> float:
        hold()
        found = losses.mean_cross_entropy(np.asarray(predict(x.copy())), np.asarray(this.t))
        return math.nan if found is None else found

    def loss(x: Array) -> float:
        hold()
        return float(np.asarray(network.loss(x.copy(), copied(this.t))).reshape(-1)[0])

    def value() -> Array:
        return np.array([of(this.x)])

    plain, evaluations = of(this.x), 5
    if not math.isfinite(plain):
        return None
    shares: dict[str, float] = {}
    for name, array in parameters.items():
        probe = Probe(array, value, np.ones(1))
        positions, numeric = measured(probe, np.random.default_rng(0), FEW, FEW)
        evaluations += probe.evaluations
        given = np.asarray(this.gradients[name], dtype=np.float64).reshape(-1)[positions]
        share = _share(given, numeric, array.reshape(-1)[positions])
        if share is None:
            return None
        shares[name] = share
    other = np.repeat(this.x[:1], len(this.x), axis=0)
    if not any(shares.values()) and math.isclose(loss(this.x) - plain, loss(other) - of(other), rel_tol=LOOSE):
        return None  # what the loss has beside it is of the parameters alone: a penalty that gradient() lacks
    return plain, shares, evaluations
