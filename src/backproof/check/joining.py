"""How the layers of a network are joined: what is wrong in the whole though every layer is right by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from backproof.check import causes, right_loss
from backproof.check.examiner import Examiner
from backproof.check.owners import Holder, Owners
from backproof.check.probes import chain
from backproof.check.probes.local import Looks
from backproof.check.suspicion import Suspicion
from backproof.check.values import alike
from backproof.check.verdict import Comparison, Probe
from backproof.check.wording import disconnected, dout_shared, figures, rebound
from backproof.protocols import Array
from backproof.subjects.subject import Network

Runs = list[tuple[chain.Run, dict[str, Comparison]]]


class Joining:
    """What `gradient()` makes of what the layers give it.

    hold: called before each evaluation (`Snapshot.hold_random` for a network with dropout).
    """

    def __init__(self, network: Network, owners: Owners, examiner: Examiner, hold: Callable[[], None]) -> None:
        self.network, self.owners, self.examiner, self.hold = network, owners, examiner, hold
        self.copies: dict[str, Holder] = {n: owners.holder_of_copy(a) for n, a in network.parameters().items()}
        self.missing: dict[str, str] = {}  # parameters without a usable gradient, and what there was instead
        self.picked: dict[str, bool] = {}  # whether `gradient()` handed out what the parameter's layer left

    def take_stock(self, this: chain.Run) -> None:
        """Which parameters `gradient()` gave nothing usable for, and which from what their layer left."""
        for name, array in self.network.parameters().items():
            gradient = this.gradients.get(name)
            if gradient is not None and (
                not isinstance(gradient, np.ndarray) or gradient.dtype.kind not in "fiub"
            ):
                self.missing.setdefault(name, f"the type {getattr(gradient, 'dtype', type(gradient).__name__)}")
                continue
            if gradient is None or gradient.size != array.size:
                self.missing.setdefault(name, "none" if gradient is None else f"shape {np.shape(gradient)}")
                continue
            owner, slot = self.owners.of(array)
            if owner is not None and name not in self.picked:
                self.picked[name] = _picked_from(this, owner, slot, gradient)

    def judge(self, looks: dict[str, Looks], runs: Runs) -> list[Suspicion]:
        """Parameters that are wrong in the whole though nothing below them explains it."""
        first, last = runs[0][0], runs[-1][0]
        found = self._seed_of_backward(first)
        if found:
            return found
        missing = self._missing_unexplained(looks)
        if missing:
            found.append(self._missing(last, missing))
            self.examiner.mender.network(self.network, last, found[-1], missing, self.hold)
        wrong, unexplained, all_picked = self._wrong_unexplained(looks, runs)
        disturbed = any(s.cause == "disturbed-between" for each in looks.values() for s in each.suspicions)
        if unexplained and not disturbed:
            known = self._known(looks, runs, unexplained, all_picked)
            found.append(known or self._unexplained(looks, runs, wrong, unexplained))
        return found

    def _missing_unexplained(self, looks: dict[str, Looks]) -> list[str]:
        found = []
        for name, array in self.network.parameters().items():
            owner, slot = self.owners.of(array)
            explained = owner is not None and owner in looks and _spoils(looks[owner], {f"d{slot}"})
            if name in self.missing and not explained:
                found.append(name)
        return found

    def _wrong_unexplained(self, looks: dict[str, Looks], runs: Runs) -> tuple[list[str], list[str], bool]:
        """(wrong parameters, those that no faulty layer explains, whether all are what their layers left)."""
        order = {c.layer: i for i, c in enumerate(runs[0][0].recording.calls)}
        faulty_dx = [order[name] for name in _with_faulty_dx(looks) if name in order]
        wrong: list[str] = []
        unexplained: list[str] = []
        all_picked = True
        for name, array in self.network.parameters().items():
            compared = [comparisons[name] for _, comparisons in runs if name in comparisons]
            if name in self.missing or not compared or not all(c.fault for c in compared):
                continue
            wrong.append(name)
            owner, slot = self.owners.of(array)
            if owner is None:
                explained = bool(faulty_dx) or any(_spoils(each, None) for each in looks.values())
            else:
                picked = self.picked.get(name, True)
                after = any(i > order.get(owner, -1) for i in faulty_dx)
                own_fault = owner in looks and _spoils(looks[owner], {f"d{slot}", slot, "output"})
                explained = picked and (after or own_fault)
                all_picked &= picked
            if not explained:
                unexplained.append(name)
        return wrong, unexplained, all_picked

    def _known(
        self, looks: dict[str, Looks], runs: Runs, unexplained: list[str], all_picked: bool
    ) -> Suspicion | None:
        """What is seen without trying hypotheses: a copy, a shared dout, no forward, a parameter rebound."""
        network, (first, comparisons) = self.network, runs[0]
        unmoved = [n for n in unexplained if _numeric_zero(comparisons[n])]
        if unmoved:
            return disconnected(network, unmoved, self.copies)
        written = [n for n, each in looks.items() if any(s.cause == "writes-into-dout" for s in each.suspicions)]
        called = {call.layer for call in first.recording.calls}
        if written and all_picked and called.isdisjoint(_with_faulty_dx(looks)):
            return dout_shared(looks[written[0]].operation, unexplained)
        quantity = _culprit_quantity(unexplained)
        if network.layers and not called:
            return never_forward(network, quantity)
        owner, _ = self.owners.of(network.parameters()[quantity])
        answered = first.recording.last(owner) if network.gathered and owner is not None else None
        sound = owner in looks and not any(s.is_fault for s in looks[owner].suspicions)
        if owner is not None and answered is not None and answered.backward_order is not None and sound:
            return rebound(owner, quantity, unexplained, network.layers[owner])
        return None

    def _unexplained(
        self, looks: dict[str, Looks], runs: Runs, wrong: list[str], unexplained: list[str]
    ) -> Suspicion:
        network, comparisons = self.network, runs[0][1]
        quantity = _culprit_quantity(unexplained)
        again = chain.run(network, runs[-1][0].x, runs[-1][0].t, self.owners.slots)  # large gradients were let go
        named = self._named(again, unexplained, quantity)
        right = [n for n in comparisons if n not in wrong]
        found = Suspicion(
            "backward",
            "gradient()",
            quantity,
            named.cause,
            network.source.get("gradient"),
            figures(comparisons[quantity])
            | named.evidence
            | {"wrong": unexplained}
            | ({"right": right} if right else {}),
        )
        loss, spent = right_loss.expected(network, self.owners, again, unexplained, named.cause, self.hold)
        self.examiner.mender.evaluations += spent
        if loss is not None:
            found.elsewhere = network.source.get("loss")
        self.examiner.mender.network(network, again, found, unexplained, self.hold, loss)
        return found

    def _seed_of_backward(self, this: chain.Run) -> list[Suspicion]:
        """The way back must start from dL/dL = 1, where the loss layer honours what it is given."""
        call = this.recording.last(this.loss_layer) if this.loss_layer is not None else None
        if call is None or this.upstream is None or np.size(call.upstream) != 1 or call.error is not None:
            return []
        start = float(np.asarray(call.upstream).reshape(-1)[0])
        layer: Any = self.network.layers[call.layer]
        if start == 1 or not callable(getattr(layer, "backward", None)):
            return []
        try:
            layer.forward(*call.inputs, **call.keywords)
            honoured = not alike(layer.backward(1.0), call.returned)
        except Exception:  # it takes no upstream gradient at all
            return []
        if not honoured:
            return []
        at = self.network.source.get("gradient")
        return [Suspicion("backward", "gradient()", "dout", "wrong-start", at, {"start": start})]

    def _named(self, this: chain.Run, wrong: list[str], quantity: str) -> causes.Named:
        """What explains the wrong parameters of a network whose layers are right."""
        parameters = dict(self.network.parameters())
        with self._wiring(this, wrong, quantity) as wiring:
            named = causes.wiring.name(wiring, self.examiner.rng)
        if named.cause != "unknown" or self.network.layers:
            return named
        try:
            return self._hidden_activation(this, wrong, parameters) or named
        except (Exception, SystemExit):  # one sample alone is not to its taste
            return named

    def _hidden_activation(
        self, this: chain.Run, wrong: list[str], parameters: dict[str, Array]
    ) -> causes.Named | None:
        """The derivative inside a network without layers, looked at with one sample."""
        biases = [name for name, array in parameters.items() if array.ndim == 1]
        if len(biases) != 2 or biases[0] not in wrong:
            return None
        single = chain.run(self.network, this.x[:1], this.t[:1], self.owners.slots)
        with chain.scalar_of(self.network, single, self.hold) as (evaluate, cotangent):
            _, right = causes.case.measured(Probe(parameters[biases[0]], evaluate, cotangent), self.examiner.rng)
        return causes.wiring.hidden_activation(parameters, single.x, single.gradients, right)

    def _missing(self, this: chain.Run, names: list[str]) -> Suspicion:
        what = self.missing[names[0]]
        symptom = {"none": "gradient-missing"}.get(what, "not-a-number-array" if "type" in what else "wrong-shape")
        with self._wiring(this, names, names[0]) as wiring:
            named = causes.wiring.name_unusable(wiring, symptom, self.examiner.rng)
        return Suspicion(
            "backward",
            "gradient()",
            names[0],
            named.cause,
            self.network.source.get("gradient"),
            {"missing": names, "given": what, "keys": [str(k) for k in this.gradients]} | named.evidence,
        )

    @contextmanager
    def _wiring(self, this: chain.Run, wrong: list[str], quantity: str) -> Iterator[causes.wiring.Wiring]:
        """What the hypotheses about the wiring need, with the parameters' gradients measurable meanwhile."""
        parameters = dict(self.network.parameters())
        found = {name: self.owners.of(array) for name, array in parameters.items()}
        owners = {name: (layer, slot) for name, (layer, slot) in found.items() if layer is not None}
        with chain.scalar_of(self.network, this, self.hold) as (evaluate, cotangent):
            yield causes.wiring.Wiring(
                this.recording,
                this.gradients,
                parameters,
                wrong,
                quantity,
                owners,
                this.loss_layer,
                lambda array: Probe(array, evaluate, cotangent),
                len(this.x),
                this.x,
            )


def never_forward(network: Network, quantity: str) -> Suspicion:
    """The way back was gone without a forward: it lives on what an earlier call left."""
    at = network.source.get("gradient")
    return Suspicion("state", "gradient()", quantity, "stale-cache", at, {"forward calls": 0})


def _picked_from(this: chain.Run, owner: str, slot: str, gradient: Array) -> bool:
    """Whether `gradient()` handed out what its owner's backward left."""
    call = this.recording.last(owner)
    left = call.gradients.get(slot) if call is not None else None
    return isinstance(left, np.ndarray) and (left is gradient or alike(left, gradient))


def _spoils(each: Looks, quantities: set[str] | None) -> bool:
    def reaches(s: Suspicion) -> bool:
        wrong = {s.quantity, *s.evidence.get("also wrong", [])}
        return quantities is None or bool(wrong & quantities) or s.kind in ("forward", "state")

    return any(s.is_fault and reaches(s) for s in each.suspicions)


def _with_faulty_dx(looks: dict[str, Looks]) -> list[str]:
    return [name for name, each in looks.items() if _spoils(each, {"dx", "dy", "output"})]


def _numeric_zero(comparison: Comparison) -> bool:
    if comparison.numeric is not None:  # the worst entries may all be those of units that are off
        return not np.any(comparison.numeric)
    return bool(comparison.worst) and all(numeric == 0 for _, _, numeric in comparison.worst)


def _culprit_quantity(names: list[str]) -> str:
    """The wrong parameter nearest to the loss: the highest number, its weights before its bias."""

    def number(name: str) -> int:
        digits = "".join(c for c in name if c.isdigit())
        return int(digits) if digits else -1

    highest = max(number(name) for name in names)
    return next(name for name in names if number(name) == highest)
