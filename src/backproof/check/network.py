"""The road of a network: run it as it is; give it generic parameters; examine every layer on what it was given,
from the loss to the input; then the whole network a parameter at a time.

What is explained by a faulty layer is not reported again.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from backproof.check import causes
from backproof.check.examiner import LARGE, Examiner, batch_sizes
from backproof.check.probes import chain, whole
from backproof.check.probes.local import Looks, raised
from backproof.check.suspicion import Suspicion
from backproof.check.values import alike, few
from backproof.check.verdict import Comparison, Probe, to_verdict
from backproof.check.wording import (
    broken,
    disconnected,
    dout_shared,
    figures,
    no_loss,
    only,
    only_in_company,
    own_point_notes,
    rebound,
    updates,
    writes,
)
from backproof.errors import BackproofError
from backproof.protocols import Array
from backproof.subjects import adapters
from backproof.subjects.adapters.layer import find_slots, operation_of_call
from backproof.subjects.recording import Call
from backproof.subjects.resample import jittered, more_inputs, more_labels
from backproof.subjects.select import DERIVATIVES, WELL_KNOWN
from backproof.subjects.subject import Network, Operation


class NetworkCheck:
    """One check of a network under way."""

    def __init__(self, examiner: Examiner) -> None:
        self.examiner = examiner
        self.report, self.snapshot, self.rng, self.depth = (
            examiner.report,
            examiner.snapshot,
            examiner.rng,
            examiner.depth,
        )
        self.copies: dict[str, tuple[str, Callable[..., Any] | None]] = {}  # who holds a copy of a parameter
        self.missing: dict[str, str] = {}  # parameters without a usable gradient, and what there was instead
        self.picked: dict[str, bool] = {}  # whether `gradient()` handed out what the parameter's layer left

    def run(self, network: Network) -> list[Suspicion]:
        """The whole road: own point, generic point, every layer, the wiring."""
        classes = network.classes
        x3 = self._own_inputs(network.x, 3)
        t3 = network.t[: len(x3)] if len(network.t) >= len(x3) else more_labels(network.t, 3, classes, self.rng)
        slots = _slot_reader(network)
        found = self._whole_numbers(
            _all_parameters(network, slots),
            lambda a: (_owner_of(network, a)[0], type(network.owner).__init__),  # where it was drawn
        )
        own = chain.run(network, x3, t3, slots)
        self.snapshot.let_go()
        stopped = self._stopped(network, own)
        if stopped is not None:
            return [*found, stopped]
        found += self._manners(network, own)
        if any(s.cause == "updates-parameters" for s in found):
            return found
        without_loss = no_loss(network, x3, t3)
        if without_loss is not None:
            return [*found, without_loss]
        hold = self._hold_random(network, x3, t3)
        if hold is self.snapshot.hold_random:  # the analytic side on the same draws as the numeric one
            hold()
            own = chain.run(network, x3, t3, slots)
        own_comparisons = self._parameters(network, own, hold, "own", directions=1)
        self.copies = {name: _holder_of_copy(network, a, slots) for name, a in network.parameters().items()}
        del own

        looks: dict[str, Looks] = {}
        wiring: list[tuple[chain.Run, dict[str, Comparison]]] = []
        parameters = _all_parameters(network, slots).values()
        dimensions = {classes, *x3.shape[1:], *(n for a in parameters for n in a.shape)}
        for samples in batch_sizes(dimensions):
            self.examiner.make_generic(_all_parameters(network, slots))
            x = more_inputs(x3, samples, self.rng)
            t = more_labels(t3, samples, classes, self.rng)
            hold()
            this = chain.run(network, x, t, slots)
            stopped = self._stopped(network, this)
            if stopped is not None:
                return [*found, stopped]
            comparisons = self._parameters(network, this, hold, "generic", directions=1)
            self._take_stock(network, this, slots)
            wiring.append((this, comparisons))
            this.let_go()
            for call in _backward_order(this):
                self._look_at(network, call, looks, samples)
        for each in looks.values():
            self.examiner.conclude(each)
            found += each.suspicions
        helpers = self._helpers(network)
        found += helpers
        if not any(s.is_fault for s in helpers):
            bent = [] if network.layers else whole.contracts(network, self.rng, hold, wiring)
            found += bent or self._wiring(network, looks, wiring, slots, hold)
        if not any(s.is_fault for s in found):
            found += own_point_notes(own_comparisons)
        return found

    def _own_inputs(self, x: Array, samples: int) -> Array:
        x = np.asarray(x)
        if x.dtype.kind in "fiub":
            x = x.astype(np.float64)
        return x[:samples].copy() if len(x) >= samples else more_inputs(x, samples, self.rng)

    def _look_at(self, network: Network, call: Call, looks: dict[str, Looks], samples: int) -> None:
        layer = network.layers[call.layer]
        try:
            operation = operation_of_call(layer, call, samples)
        except Exception as error:  # the same call again, alone, does not work: it lives on what others left
            looks.setdefault(call.layer, Looks(broken(layer, call))).suspicions.append(
                only_in_company(layer, call, error)
            )
            return
        each = looks.setdefault(call.layer, Looks(operation))
        each.operation = operation
        self._replay(each, call)
        operation.x = tuple(jittered(x, self.rng) for x in operation.x)
        self.examiner.look(each, samples)

    def _helpers(self, network: Network) -> list[Suspicion]:
        """Functions of the module that the network calls itself: activations with their derivatives, losses."""
        found: list[Suspicion] = []
        functions = network.functions
        for name, function in functions.items():
            derivative = next(
                (functions[d.format(name)] for d in DERIVATIVES if d.format(name) in functions), None
            )
            known = name.lower() in WELL_KNOWN
            if derivative is None and not known:
                continue
            try:
                subject = adapters.recognise((function, derivative) if derivative is not None else function)
            except BackproofError:  # it takes other inputs than those tried: then the network alone is judged
                continue
            kept = len(self.report.verdicts)
            found += [s for s in self.examiner.layer(subject) if s.is_fault]  # type: ignore[arg-type]
            if not found:
                del self.report.verdicts[kept:]  # what is proved here is the network
        return found

    def _replay(self, looks: Looks, call: Call) -> None:
        """What the layer answered inside the network, it must answer alone to the same questions."""
        operation = looks.operation
        if operation.backward is None or call.upstream is None or call.error is not None:
            return
        # The layer may write its next gradients into the same arrays: what it left is kept apart.
        left = {n: g.copy() for n, g in call.gradients.items() if isinstance(g, np.ndarray) and g.size <= LARGE}
        answer = operation.forward(*(x.copy() for x in operation.x))
        if call.output is not None and not alike(answer, call.output):
            return  # stochastic: nothing to compare
        upstream = call.upstream.copy() if isinstance(call.upstream, np.ndarray) else call.upstream
        try:
            alone = operation.backward(upstream)
        except Exception as error:
            looks.suspicions.append(raised(operation, "backward", error))
            return
        company = call.returned if isinstance(call.returned, (tuple, list)) else (call.returned,)
        compared = [(q, mine, theirs) for (q, mine), theirs in zip(alone.items(), company, strict=False)]
        compared += [(f"d{n}", alone.get(f"d{n}"), g) for n, g in left.items()]
        for quantity, mine, theirs in compared:
            if mine is not theirs and not alike(mine, theirs):
                looks.suspicions.append(
                    Suspicion(
                        "state",
                        operation.name,
                        quantity,
                        "disturbed-between",
                        f"{operation.name} gives another {quantity} inside the network than alone, for the same "
                        "input and the same incoming gradient: what it remembers was changed in between",
                        operation.source.get("backward"),
                        {"in the network": few(theirs), "alone": few(mine)},
                    )
                )
                return

    def _hold_random(self, network: Network, x: Array, t: Array) -> Callable[[], None]:
        """What to call before each evaluation: nothing, or the generators put back for a network with dropout."""
        first, second = (float(np.asarray(network.loss(x.copy(), t.copy())).reshape(-1)[0]) for _ in range(2))
        return (lambda: None) if first == second or math.isnan(first) else self.snapshot.hold_random

    def _parameters(
        self, network: Network, this: chain.Run, hold: Callable[[], None], point: str, *, directions: int
    ) -> dict[str, Comparison]:
        if max((a.size for a in network.parameters().values()), default=0) > LARGE:
            directions = 1  # each layer alone is asked with more
        comparisons = chain.compare_parameters(
            network,
            this,
            self.examiner.draws,
            hold,
            directions=directions,
            entries_at_most=self.examiner.entries_at_most if self.depth == "full" else 0 if point == "own" else 4,
        )
        self.report.verdicts += [
            to_verdict(c, "gradient()", name, point, len(this.x)) for name, c in comparisons.items()
        ]
        self.examiner.evaluations += sum(c.evaluations for c in comparisons.values())
        return comparisons

    def _stopped(self, network: Network, this: chain.Run) -> Suspicion | None:
        """The network raised: the layer it raised in, and whether that is a fault or beyond judging."""
        error = this.recording.error
        if error is None:
            if hasattr(this.gradients, "get"):
                return None
            return Suspicion(
                "uncheckable",
                "gradient()",
                "output",
                "no-gradients",
                f"gradient(x, t) returned {type(this.gradients).__name__}, expected a dict of arrays by the "
                "parameters' names",
                network.source.get("gradient"),
            )
        frames = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
        if network.layers and not this.recording.calls and frames[-1:] == ["backward"]:
            return _never_forward(network, next(iter(network.parameters()), "dx"))
        call = next((c for c in this.recording.calls if c.error is error), None)
        if call is not None:
            method = "backward" if call.backward_order is not None else "forward"
            return raised(broken(network.layers[call.layer], call), method, error)
        whole = Operation(
            "gradient()", network.gradient, None, dict, source=only(backward=network.source.get("gradient"))
        )
        return raised(whole, "backward", error)

    def _manners(self, network: Network, own: chain.Run) -> list[Suspicion]:
        """`gradient` must not change the parameters or the data; the layer that does is named."""
        found = []
        for call in own.recording.calls:
            layer: Any = network.layers[call.layer]
            for what in call.wrote:
                if what == "t":
                    found.append(writes(call.layer, "t", "the labels", getattr(layer, "backward", None)))
                elif what not in ("x", "dout"):
                    found.append(updates(call.layer, what, layer.backward))
        if found:
            return found
        if own.updated:
            found.append(updates("gradient()", own.updated[0], network.source.get("gradient")))
        if own.wrote is not None:
            found.append(
                writes("gradient()", own.wrote, f"the caller's {own.wrote}", network.source.get("gradient"))
            )
        return found

    def _whole_numbers(self, parameters: Mapping[str, Array], owner: Callable[[Array], Any]) -> list[Suspicion]:
        """Parameters that are integers are a finding; the check goes on with float64 copies in their place."""
        whole = {name: a for name, a in parameters.items() if a.dtype.kind in "iub"}
        found = []
        for name, array in whole.items():
            layer, at = owner(array)
            message = (
                f"the parameter {name} is an array of {array.dtype}: steps of less than 1 are cut off or refused"
            )
            found.append(
                Suspicion("dtype", layer, name, "integer-parameters", message, at, {"dtype": str(array.dtype)})
            )
        ids = {id(a) for a in whole.values()}
        if ids:
            self.snapshot.rebind_arrays(lambda a: a.astype(np.float64) if id(a) in ids else a)
        return found

    def _wiring(
        self,
        network: Network,
        looks: dict[str, Looks],
        runs: list[tuple[chain.Run, dict[str, Comparison]]],
        slots: Callable[[str], Any],
        hold: Callable[[], None],
    ) -> list[Suspicion]:
        """Parameters that are wrong in the whole though nothing below them explains it."""
        first, comparisons = runs[0]
        order = {c.layer: i for i, c in enumerate(first.recording.calls)}
        faulty_dx = [order[n] for n, each in looks.items() if n in order and _spoils(each, {"dx", "dy", "output"})]
        written = [n for n, each in looks.items() if any(s.cause == "writes-into-dout" for s in each.suspicions)]
        wrong: list[str] = []
        unexplained: list[str] = []
        missing: list[str] = []
        all_picked = True
        for name, array in network.parameters().items():
            if name in self.missing:
                owner, slot = _owner_slot(network, array, slots)
                if owner is None or owner not in looks or not _spoils(looks[owner], {f"d{slot}"}):
                    missing.append(name)
                continue
            bad = [c for _, cs in runs if (c := cs.get(name)) is not None and c.fault]
            if not bad or len(bad) < sum(name in cs for _, cs in runs):
                continue
            wrong.append(name)
            owner, slot = _owner_slot(network, array, slots)
            if owner is None:
                explained = bool(faulty_dx) or any(_spoils(each, None) for each in looks.values())
            else:
                picked = self.picked.get(name, True)
                after = [i for i in faulty_dx if i > order.get(owner, -1)]
                own_fault = owner in looks and _spoils(looks[owner], {f"d{slot}", slot, "output"})
                explained = picked and (bool(after) or own_fault)
                all_picked &= picked
            if not explained:
                unexplained.append(name)
        found = self._seed_of_backward(network, first)
        if found:
            return found
        if missing:
            found.append(self._missing(network, runs[-1][0], missing, slots, hold))
            self.examiner.mender.network(network, runs[-1][0], found[-1], missing, hold)
        if not unexplained:
            return found
        disturbed = [s for each in looks.values() for s in each.suspicions if s.cause == "disturbed-between"]
        if disturbed:
            return found
        unmoved = [n for n in unexplained if _numeric_zero(comparisons[n])]
        if unmoved:
            return [*found, disconnected(network, unmoved, self.copies)]
        if written and not faulty_dx and all_picked:
            culprit = looks[written[0]].operation
            return [*found, dout_shared(culprit, unexplained)]
        quantity = _culprit_quantity(unexplained)
        if network.layers and not first.recording.calls:
            return [*found, _never_forward(network, quantity)]
        owner, _ = _owner_slot(network, network.parameters()[quantity], slots)
        answered = first.recording.last(owner) if network.gathered and owner is not None else None
        sound = owner in looks and not any(s.is_fault for s in looks[owner].suspicions)
        if owner is not None and answered is not None and answered.backward_order is not None and sound:
            return [*found, rebound(owner, quantity, unexplained, network.layers[owner])]
        worst = comparisons[quantity]
        last = chain.run(network, runs[-1][0].x, runs[-1][0].t, slots)  # once more: large gradients were let go
        named = self._named_wiring(network, last, unexplained, quantity, slots, hold)
        found.append(
            Suspicion(
                "backward",
                "gradient()",
                quantity,
                named.cause,
                f"gradient() gives a wrong {quantity}"
                + (f" (also {', '.join(n for n in unexplained if n != quantity)})" if len(unexplained) > 1 else "")
                + (
                    ""
                    if not looks
                    else ", though every layer is right by itself: the fault is in how they are joined"
                ),
                network.source.get("gradient"),
                figures(worst)
                | named.evidence
                | {"wrong": unexplained}
                | ({"right": right} if (right := [n for n in comparisons if n not in wrong]) else {}),
            )
        )
        self.examiner.mender.network(network, last, found[-1], unexplained, hold)
        return found

    def _named_wiring(
        self,
        network: Network,
        this: chain.Run,
        wrong: list[str],
        quantity: str,
        slots: Callable[[str], Any],
        hold: Callable[[], None],
    ) -> causes.Named:
        """What explains the wrong parameters of a network whose layers are right."""
        parameters = dict(network.parameters())
        with _wiring_of(network, this, wrong, quantity, slots, hold) as wiring:
            named = causes.wiring.name(wiring, self.rng)
        if named.cause != "unknown" or network.layers:
            return named
        try:
            return self._hidden_activation(network, this, wrong, parameters, slots, hold) or named
        except Exception:  # one sample alone is not to its taste
            return named

    def _hidden_activation(
        self,
        network: Network,
        this: chain.Run,
        wrong: list[str],
        parameters: dict[str, Array],
        slots: Callable[[str], Any],
        hold: Callable[[], None],
    ) -> causes.Named | None:
        """The derivative inside a network without layers, looked at with one sample."""
        biases = [name for name, array in parameters.items() if array.ndim == 1]
        if len(biases) != 2 or biases[0] not in wrong:
            return None
        single = chain.run(network, this.x[:1], this.t[:1], slots)
        with chain.scalar_of(network, single, hold) as (evaluate, cotangent):
            _, right = causes.case.measured(Probe(parameters[biases[0]], evaluate, cotangent), self.rng)
        return causes.wiring.hidden_activation(parameters, single.x, single.gradients, right)

    def _take_stock(self, network: Network, this: chain.Run, slots: Callable[[str], Any]) -> None:
        """Which parameters `gradient()` gave nothing usable for, and which from what their layer left."""
        for name, array in network.parameters().items():
            gradient = this.gradients.get(name)
            if gradient is not None and (
                not isinstance(gradient, np.ndarray) or gradient.dtype.kind not in "fiub"
            ):
                self.missing.setdefault(name, f"the type {getattr(gradient, 'dtype', type(gradient).__name__)}")
                continue
            if gradient is None or gradient.size != array.size:
                self.missing.setdefault(name, "none" if gradient is None else f"shape {np.shape(gradient)}")
                continue
            owner, slot = _owner_slot(network, array, slots)
            if owner is not None and name not in self.picked:
                self.picked[name] = _picked_from(this, owner, slot, gradient)

    def _seed_of_backward(self, network: Network, this: chain.Run) -> list[Suspicion]:
        """The way back must start from dL/dL = 1, where the loss layer honours what it is given."""
        call = this.recording.last(this.loss_layer) if this.loss_layer is not None else None
        if call is None or this.upstream is None or np.size(call.upstream) != 1 or call.error is not None:
            return []
        start = float(np.asarray(call.upstream).reshape(-1)[0])
        layer: Any = network.layers[call.layer]
        if start == 1 or not callable(getattr(layer, "backward", None)):
            return []
        try:
            layer.forward(*call.inputs, **call.keywords)
            honoured = not alike(layer.backward(1.0), call.returned)
        except Exception:  # it takes no upstream gradient at all
            return []
        if not honoured:
            return []
        message = f"gradient() starts the way back from {start:.6g}; the derivative of the loss by itself is 1"
        at = network.source.get("gradient")
        return [Suspicion("backward", "gradient()", "dout", "wrong-start", message, at, {"start": start})]

    def _missing(
        self,
        network: Network,
        this: chain.Run,
        names: list[str],
        slots: Callable[[str], Any],
        hold: Callable[[], None],
    ) -> Suspicion:
        shape = network.parameters()[names[0]].shape
        what = self.missing[names[0]]
        symptom = {"none": "gradient-missing"}.get(what, "not-a-number-array" if "type" in what else "wrong-shape")
        with _wiring_of(network, this, names, names[0], slots, hold) as wiring:
            named = causes.wiring.name_unusable(wiring, symptom, self.rng)
        return Suspicion(
            "backward",
            "gradient()",
            names[0],
            named.cause,
            f"gradient() gives no usable gradient for {', '.join(names)}: got {what}, expected shape {shape}",
            network.source.get("gradient"),
            {"missing": names, "keys": [str(k) for k in this.gradients]} | named.evidence,
        )


def _never_forward(network: Network, quantity: str) -> Suspicion:
    """The way back was gone without a forward: it lives on what an earlier call left."""
    message = "gradient() goes back without having run forward on this input first"
    at = network.source.get("gradient")
    return Suspicion("state", "gradient()", quantity, "stale-cache", message, at, {"forward calls": 0})


@contextmanager
def _wiring_of(
    network: Network,
    this: chain.Run,
    wrong: list[str],
    quantity: str,
    slots: Callable[[str], Any],
    hold: Callable[[], None],
) -> Iterator[causes.wiring.Wiring]:
    """What the hypotheses about the wiring need, with the parameters' gradients measurable meanwhile."""
    parameters = dict(network.parameters())
    found = {name: _owner_slot(network, array, slots) for name, array in parameters.items()}
    owners = {name: (layer, slot) for name, (layer, slot) in found.items() if layer is not None}
    with chain.scalar_of(network, this, hold) as (evaluate, cotangent):
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


def _slot_reader(network: Network) -> Callable[[str], Any]:
    """The parameter slots of a layer by its name, found once."""
    found: dict[str, Any] = {}

    def slots(name: str) -> Any:
        if not found.get(name):
            found[name] = find_slots(network.layers[name])
        return found[name]

    return slots


def _all_parameters(network: Network, slots: Callable[[str], Any]) -> dict[str, Array]:
    arrays = dict(network.parameters())
    for layer in network.layers:
        arrays |= {f"{layer}.{slot.name}": slot.read() for slot in slots(layer)}
    return arrays


def _backward_order(this: chain.Run) -> list[Call]:
    """The answered call of each layer, from the loss to the input."""
    last = {call.layer: call for call in this.recording.calls if call.backward_order is not None}
    return sorted(last.values(), key=lambda call: call.backward_order or 0)


def _owner_of(network: Network, array: Array) -> tuple[str, Callable[..., Any] | None]:
    for name, layer in network.layers.items():
        if any(slot.read() is array for slot in find_slots(layer)):
            return name, type(layer).__init__
    return network.name, network.source.get("loss")


def _holder_of_copy(
    network: Network, array: Array, slots: Callable[[str], Any]
) -> tuple[str, Callable[..., Any] | None]:
    """The layer that holds an equal array of its own where it should hold this one."""
    held = [(name, slot.read()) for name in network.layers for slot in slots(name)]
    alike_in_shape = [(name, other) for name, other in held if np.shape(other) == array.shape]
    equal = [name for name, other in alike_in_shape if other is not array and np.array_equal(other, array)]
    given = [(name, id(other)) for name, other in alike_in_shape]
    twice = [name for i, (name, other) in enumerate(given) if other in [o for _, o in given[:i]]]
    if twice and not equal:  # it was given another layer's instead
        return twice[-1], type(network.owner).__init__
    for name in (*equal, *(name for name, _ in alike_in_shape)):
        return name, type(network.layers[name]).__init__
    return network.name, network.source.get("loss")


def _owner_slot(network: Network, array: Array, slots: Callable[[str], Any]) -> tuple[str | None, str]:
    for name in network.layers:
        for slot in slots(name):
            if slot.read() is array:
                return name, slot.name
    return None, ""


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


def _numeric_zero(comparison: Comparison) -> bool:
    return bool(comparison.worst) and all(numeric == 0 for _, _, numeric in comparison.worst)


def _culprit_quantity(names: list[str]) -> str:
    """The wrong parameter nearest to the loss: the highest number, its weights before its bias."""

    def number(name: str) -> int:
        digits = "".join(c for c in name if c.isdigit())
        return int(digits) if digits else -1

    highest = max(number(name) for name in names)
    return next(name for name in names if number(name) == highest)
