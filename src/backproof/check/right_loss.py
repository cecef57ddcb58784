"""The gradient is right and the loss is not: what the loss would have to be for the gradients as handed out.

A gradient that is exactly that of the usual loss is nobody's accident. Where it is, and the loss is another, the
loss is to blame.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from backproof.check.causes.case import FITS, measured
from backproof.check.kinds import losses
from backproof.check.owners import Owners
from backproof.check.probes.chain import Run
from backproof.check.values import LARGE, close
from backproof.check.verdict import Probe
from backproof.protocols import Array
from backproof.subjects.recording import copied
from backproof.subjects.subject import Network

FEW = 3  # entries of each parameter that are measured


def expected(
    network: Network, owners: Owners, this: Run, wrong: list[str], cause: str, hold: Callable[[], None]
) -> float | None:
    """The loss that goes with what `gradient()` gave; None where that is no usual one, or where it is so.

    this: a run whose gradients are known, with every layer right by itself; cause: what is said of `wrong` so far.
    """
    hold()
    loss = float(np.asarray(network.loss(this.x.copy(), copied(this.t))).reshape(-1)[0])
    if this.loss_layer is None:
        value = _of_scores(network, this, wrong, hold)
    else:
        value = _of_layers(network, owners, this, wrong, cause, loss)
    return None if value is None or math.isclose(value, loss, rel_tol=1e-6) else value


def _of_layers(
    network: Network, owners: Owners, this: Run, wrong: list[str], cause: str, loss: float
) -> float | None:
    """The loss layer's own loss, and ½ λ ‖W‖² for every λ W that `gradient()` adds to what the layers left."""
    call = this.recording.last(this.loss_layer or "")
    if call is None or np.size(call.output) != 1:
        return None
    plain = float(np.asarray(call.output).reshape(-1)[0])
    own = vars(network.owner).values() if hasattr(network.owner, "__dict__") else ()
    held = [float(v) for v in own if isinstance(v, int | float)]
    penalty = 0.0
    for name, array in network.parameters().items():
        share = _share_added(owners, this, name, array)
        if share is None or (not share and name in wrong and array.ndim > 1 and cause != "wrong-factor"):
            return None
        usual = not share or any(math.isclose(share, number, rel_tol=1e-6) for number in held)
        if not usual and not math.isclose(loss, plain, rel_tol=1e-9):
            return None  # neither the network's own number, nor a penalty that the loss forgot
        penalty += share / 2 * float((array**2).sum())
    return plain + penalty if penalty or cause == "wrong-factor" else None


def _share_added(owners: Owners, this: Run, name: str, array: Array) -> float | None:
    """λ where `gradient()` gives what the parameter's layer left plus λ times the parameter, else None."""
    layer, slot = owners.of(array)
    call = this.recording.last(layer) if layer is not None else None
    left = call.gradients.get(slot) if call is not None else None
    given = this.gradients.get(name)
    if not isinstance(left, np.ndarray) or not isinstance(given, np.ndarray) or given.shape != array.shape:
        return None
    added = given - left.reshape(array.shape)
    size, square = float(np.abs(given).max(initial=0.0)), float(np.vdot(array, array))
    if float(np.abs(added).max(initial=0.0)) <= FITS * size:
        return 0.0
    share = float(np.vdot(array, added)) / square if square else 0.0
    return share if share > 0 and float(np.abs(added - share * array).max()) <= FITS * size else None


def _of_scores(network: Network, this: Run, wrong: list[str], hold: Callable[[], None]) -> float | None:
    """The mean cross entropy of the scores, where that is what the wrong parameters have the gradient of."""
    predict, parameters = network.predict, network.parameters()
    if predict is None or any(parameters[name].size > LARGE for name in wrong):
        return None

    def value() -> Array:
        hold()
        found = losses.mean_cross_entropy(np.asarray(predict(this.x.copy())), np.asarray(this.t))
        return np.array([math.nan if found is None else found])

    if not np.isfinite(value()[0]):
        return None
    for name in wrong:
        positions, numeric = measured(
            Probe(parameters[name], value, np.ones(1)), np.random.default_rng(0), FEW, FEW
        )
        given = np.asarray(this.gradients[name], dtype=np.float64).reshape(-1)[positions]
        if not close(given, numeric, 1e-4):
            return None
    return float(value()[0])
