"""Is the whole network right, given that each layer is? If not, the fault is in how `gradient()` wires them.

The parameters are judged against the vjp of the scores under the gradient that the loss layer *actually*
returned, plus whatever `loss` adds to the loss layer's value: φ = (L − ℓ) + ⟨g, y⟩. So a wrong or merely bent
loss spoils nothing below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.check.directions import Directions
from backproof.check.kinds.losses import epsilon_inside, log_rows
from backproof.check.values import LARGE
from backproof.check.verdict import Comparison, Probe, compare
from backproof.protocols import Array
from backproof.subjects.adapters.layer import arrays_of
from backproof.subjects.recording import Recording, changed, copied, record, wrapped
from backproof.subjects.subject import Network


@dataclass
class Run:
    """One call of `gradient(x, t)`, recorded, and the loss layer's call in it.

    wrote: "x" or "t" where the call changed the caller's own array; updated: parameters that it changed.
    """

    recording: Recording
    x: Array
    t: Array
    loss_layer: str | None
    upstream: Array | None  # what the loss layer sent back: g
    wrote: str | None
    updated: list[str]

    @property
    def gradients(self) -> Any:
        return self.recording.gradients

    def let_go(self) -> None:
        """Drop very large gradients: of a network with one tensor of 10⁷ entries every copy counts."""
        if hasattr(self.gradients, "items"):
            self.recording.gradients = {n: g for n, g in self.gradients.items() if np.size(g) <= LARGE}
        for call in self.recording.calls:
            call.gradients = {n: g for n, g in call.gradients.items() if np.size(g) <= LARGE}


def run(network: Network, x: Array, t: Array, slots: Callable[[str], Any]) -> Run:
    """Call the network's own gradient on copies of (x, t) and keep what passed between its layers."""
    given_x, given_t = copied(x), copied(t)
    before = {name: (a, mark(a)) for name, a in network.parameters().items()}
    recording = record(
        network.layers,
        lambda: network.gradient(given_x, given_t),
        lambda name: {slot.name: slot.gradient() for slot in slots(name)},
        marks_of=lambda name: _marks(network.layers[name], slots(name)),
    )
    now = network.parameters()
    updated = [n for n, (a, m) in before.items() if now.get(n) is not a or repr(mark(now[n])) != repr(m)]
    wrote = "x" if changed(given_x, x) else "t" if changed(given_t, t) else None
    last = next((c for c in reversed(recording.calls) if _scalar(c.output) and len(c.inputs) > 1), None)
    upstream = None
    if last is not None and isinstance(last.returned, np.ndarray) and last.returned.shape == last.inputs[0].shape:
        upstream = last.returned
    return Run(recording, x, t, last.layer if last is not None else None, upstream, wrote, updated)


@contextmanager
def scalar_of(
    network: Network, this: Run, before_each: Callable[[], None]
) -> Iterator[tuple[Callable[[], Array], Array]]:
    """(evaluate, cotangent) of φ, with the loss layer listened to where there is one."""
    if this.loss_layer is None or this.upstream is None:
        yield _of_loss(network, this, before_each)
        return
    heard: list[tuple[Array, float]] = []

    def listen(name: str, method: str, function: Any) -> Any:
        if method == "backward":
            return function

        def forward(scores: Any, *rest: Any, **keywords: Any) -> Any:
            kept = np.array(scores, dtype=np.float64)
            value = function(scores, *rest, **keywords)
            heard.append((kept, float(_flat(value)[0])))
            return value

        return forward

    def evaluate() -> Array:
        heard.clear()
        before_each()
        loss = float(_flat(network.loss(this.x.copy(), copied(this.t)))[0])
        if not heard:
            return np.array([loss])
        scores, value = heard[-1]
        return np.concatenate([[loss - value], scores.reshape(-1)])

    with wrapped({this.loss_layer: network.layers[this.loss_layer]}, listen):
        yield evaluate, np.concatenate([[1.0], this.upstream.reshape(-1)])


def _of_loss(network: Network, this: Run, before_each: Callable[[], None]) -> tuple[Callable[[], Array], Array]:
    """(evaluate, cotangent) of the bare loss; an epsilon inside its logarithm is taken out, being no fault."""

    def loss() -> Array:
        before_each()
        return _flat(network.loss(this.x.copy(), copied(this.t)))[:1]

    def scores() -> Array:
        before_each()
        assert network.predict is not None
        return np.array(network.predict(this.x.copy()), dtype=np.float64)

    try:
        p = scores() if network.predict is not None else np.empty(0)
        epsilon = epsilon_inside(float(loss()[0]), p, this.t)
    except Exception:  # predict takes something else: then the loss alone is listened to
        epsilon = None
    if epsilon is None:
        return loss, np.ones(1)
    cotangent = log_rows(this.t, p.shape).reshape(-1)

    def without_epsilon() -> Array:
        p = scores()
        rest = float(loss()[0]) - float(cotangent @ np.log(p + epsilon).reshape(-1))
        return np.concatenate([[rest], np.log(p).reshape(-1)])

    return without_epsilon, np.concatenate([[1.0], cotangent])


def compare_parameters(
    network: Network,
    this: Run,
    draws: Directions,
    before_each: Callable[[], None],
    *,
    directions: int,
    entries_at_most: int,
) -> dict[str, Comparison]:
    """Every parameter of the network whose gradient has its shape, against φ."""
    found: dict[str, Comparison] = {}
    with scalar_of(network, this, before_each) as (evaluate, cotangent):
        here = evaluate()
        for name, array in network.parameters().items():
            gradient = this.gradients.get(name) if hasattr(this.gradients, "get") else None
            if not isinstance(gradient, np.ndarray) or gradient.size != array.size:
                continue
            if gradient.dtype.kind not in "fiu" or array.dtype.kind != "f":
                continue
            probe = Probe(array, evaluate, cotangent, here=here)
            found[name] = compare(
                probe,
                gradient.reshape(array.shape),
                draws,
                directions=1 if array.size > LARGE else directions,
                entries_at_most=entries_at_most,
            )
    return found


def _marks(layer: object, slots: Any) -> dict[str, tuple[float, ...]]:
    """Of all arrays: before its first backward a layer may not tell which are its parameters."""
    attributes = {name: mark(array) for name, array in arrays_of(layer).items()}
    return attributes | {slot.name: mark(slot.read()) for slot in slots}


def mark(array: Any) -> tuple[float, ...]:
    """Two sums that tell whether an array has changed; of a very large one, over entries spread all over it."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        return ()
    flat = array.reshape(-1)[:: array.size // LARGE + 1]
    return float(flat.sum()), float(np.vdot(flat, flat))


def _scalar(value: Any) -> bool:
    return value is not None and np.size(value) == 1 and np.asarray(value).dtype.kind in "fiu"


def _flat(value: Any) -> Array:
    if isinstance(value, tuple):
        value = value[0]
    return np.asarray(value, dtype=np.float64).reshape(-1)
