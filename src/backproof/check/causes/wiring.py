"""Why a network is wrong though its layers are right: how `gradient()` joins them.

What the recording says comes first (a layer never asked, another layer's gradient handed out); then one wrong
parameter is measured like any other quantity (a factor, a missing regulariser, zeros); then, for a network of
two weight matrices written without layers, the derivative of the hidden activation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.check.causes import activations, patterns, shapes, unknown
from backproof.check.causes.case import ENTRIES, FITS, Case, Named, fits, measured, plain_factor
from backproof.check.formulas import sigmoid
from backproof.check.verdict import Probe
from backproof.protocols import Array
from backproof.subjects.recording import Recording

Measure = Callable[[Array], Probe]


@dataclass
class Wiring:
    """One recorded run, the wrong parameters, the one that is reported, and how to measure any of them.

    owners: (layer, slot) of each parameter that a layer holds.
    """

    recording: Recording
    gradients: Mapping[str, Any]
    parameters: Mapping[str, Array]
    wrong: list[str]
    quantity: str
    owners: Mapping[str, tuple[str, str]]
    loss_layer: str | None
    measure: Measure
    samples: int
    x: Array


def name(wiring: Wiring, rng: np.random.Generator) -> Named:
    """The first explanation that holds."""
    return _skipped(wiring) or _handed_another(wiring) or _measured(wiring, rng) or Named("unknown")


def name_unusable(wiring: Wiring, symptom: str, rng: np.random.Generator) -> Named:
    """Why a gradient is missing, or of another shape or type; `symptom` where that is all that can be said."""
    gradient, array = wiring.gradients.get(wiring.quantity), wiring.parameters[wiring.quantity]
    found = _skipped(wiring)
    if (
        found is None
        and isinstance(gradient, np.ndarray | float | int)
        and np.asarray(gradient).dtype.kind in "fi"
    ):
        found = _handed_another(wiring)
        if found is None and array.size <= ENTRIES:
            right = measured(wiring.measure(array), rng)[1].reshape(array.shape)
            found = shapes.name(gradient, right)
    return found if found is not None and found.cause != "wrong-shape" else Named(symptom)


def _skipped(wiring: Wiring) -> Named | None:
    """A layer that was asked forward and never backward, though others before it were."""
    answered = {c.layer for c in wiring.recording.calls if c.backward_order is not None}
    silent = [c.layer for c in wiring.recording.calls if c.layer not in answered and c.layer != wiring.loss_layer]
    if not answered or not silent:
        return None
    return Named("layer-skipped", {"skipped": list(dict.fromkeys(silent))})


def _handed_another(wiring: Wiring) -> Named | None:
    """`gradient()` gives for one parameter what the layer of another left."""
    claimed = wiring.gradients[wiring.quantity]
    owner = wiring.owners.get(wiring.quantity)
    for other, (layer, slot) in wiring.owners.items():
        call = wiring.recording.last(layer)
        left = call.gradients.get(slot) if call is not None else None
        if other == wiring.quantity or (layer, slot) == owner or not _same(left, claimed):
            continue
        back = wiring.gradients.get(other)
        mine = wiring.recording.last(owner[0]) if owner is not None else None
        swapped = mine is not None and owner is not None and _same(mine.gradients.get(owner[1]), back)
        return Named("keys-swapped" if swapped else "wrong-layers-gradient", {"given": f"the gradient of {other}"})
    for other, gradient in wiring.gradients.items():
        theirs = wiring.parameters.get(other)
        fits_other = theirs is not None and np.shape(gradient) == theirs.shape
        if other != wiring.quantity and fits_other and _same(gradient, claimed):
            return Named("wrong-layers-gradient", {"given": f"the gradient of {other}"})
    return None


def _measured(wiring: Wiring, rng: np.random.Generator) -> Named | None:
    case = _case(wiring, wiring.quantity, rng)
    everything = set(wiring.wrong) >= {n for n in wiring.parameters if n in wiring.gradients}
    case.dout = 1.0 if everything else np.ones(1)
    found = patterns.factor([case])
    if found is not None:
        return found
    regularised = _regulariser(wiring, case, rng)
    if regularised is not None:
        return regularised
    for hypothesis in patterns.hypotheses(case):
        if fits(case, hypothesis.array):
            return Named(hypothesis.cause)
    return Named("unknown", unknown.pattern(case))


def _regulariser(wiring: Wiring, case: Case, rng: np.random.Generator) -> Named | None:
    """A difference proportional to the parameter: the loss has λ/2 ‖W‖², the gradient lacks λ W or has another."""
    share = _share(case)
    if share is None:
        return None
    for other in wiring.wrong:
        if other != wiring.quantity:
            theirs = _share(_case(wiring, other, rng))
            if theirs is None or abs(theirs - share) > 1e-4 * abs(share):
                return None
    owner = wiring.owners.get(wiring.quantity)
    call = wiring.recording.last(owner[0]) if owner is not None else None
    plain = call.gradients.get(owner[1]) if call is not None and owner is not None else None
    partly = isinstance(plain, np.ndarray) and not _same(plain, case.claimed)
    cause = "regulariser-factor" if partly or share > 0 else "regulariser-missing"
    return Named(cause, {"missing": f"{-share:.6g} times the parameter"})


def _share(case: Case) -> float | None:
    """λ where claimed − numeric = λ · parameter, else None."""
    rest, target = case.at(case.claimed) - case.numeric, case.at(case.target)
    norm = float(np.vdot(target, target))
    share = float(np.vdot(target, rest)) / norm if norm else 0.0
    size = float(np.abs(rest).max(initial=0.0))
    if size == 0 or share == 0 or float(np.abs(rest - share * target).max()) > max(1e-4 * size, 1e-8):
        return None
    return share


def _case(wiring: Wiring, quantity: str, rng: np.random.Generator) -> Case:
    array = wiring.parameters[quantity]
    positions, numeric = measured(wiring.measure(array), rng)
    claimed = np.array(wiring.gradients[quantity], dtype=np.float64).reshape(array.shape)
    classes = max((a.shape[-1] for a in wiring.parameters.values() if a.ndim), default=1)
    scores = np.empty((wiring.samples, classes))
    kept = dict(wiring.parameters)
    return Case(
        quantity, "", wiring.samples, claimed, positions, numeric, wiring.x, scores, np.ones(1), array.copy(), kept
    )


FORMULAS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid": (sigmoid, lambda z: z * (1 - z)),
    "tanh": (np.tanh, lambda z: 1 - z**2),
    "relu": (lambda a: np.maximum(a, 0), lambda z: (z > 0).astype(np.float64)),
}


def hidden_activation(
    parameters: Mapping[str, Array], x: Array, claimed: Mapping[str, Array], right: Array
) -> Named | None:
    """The derivative inside a two-layer network without layer objects, from the gradients of one sample.

    With one sample the gradient of b1 is that of the hidden layer's input, and that of b2 is that of the scores.
    claimed: the network's own gradients; right: the numeric gradient of b1.
    """
    weights = [a for a in parameters.values() if a.ndim == 2]
    biases = [name for name, a in parameters.items() if a.ndim == 1]
    if len(weights) != 2 or len(biases) != 2 or not all(name in claimed for name in biases):
        return None
    (W1, W2), (b1, b2) = weights, biases
    if W1.shape[1] != W2.shape[0] or parameters[b1].shape != W1.shape[1:] or x.shape[-1] != W1.shape[0]:
        return None
    a = x.reshape(1, -1) @ W1 + parameters[b1]
    dz = (W2 @ np.asarray(claimed[b2]).reshape(-1)).reshape(1, -1)
    mine = np.asarray(claimed[b1], dtype=np.float64).reshape(1, -1)
    for kind, (f, slope) in FORMULAS.items():
        z = f(a)
        if not np.allclose(dz * slope(z), right.reshape(1, -1), rtol=1e-5, atol=1e-9 * float(np.abs(dz).max())):
            continue
        case = Case("dx", kind, 1, mine, np.arange(mine.size), right.reshape(-1), a, z, dz, a, {})
        return _first(case, activations.hypotheses(case)) or patterns.factor([case])
    return None


def _first(case: Case, hypotheses: Iterator[Any]) -> Named | None:
    for hypothesis in hypotheses:
        if fits(case, hypothesis.array) or plain_factor(case, hypothesis.array):
            return Named(hypothesis.cause)
    return None


def _same(a: Any, b: Any) -> bool:
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray) or a.shape != b.shape or not b.any():
        return False
    return a is b or bool(np.abs(a - b).max(initial=0.0) <= FITS * np.abs(b).max())
