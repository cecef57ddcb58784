"""The road of a network: run it as it is; give it generic parameters; examine every layer on what it was given,
from the loss to the input; then the whole network a parameter at a time.

What is explained by a faulty layer is not reported again.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.check.examiner import Examiner, batch_sizes
from backproof.check.joining import Joining, never_forward
from backproof.check.owners import Owners
from backproof.check.probes import chain, whole
from backproof.check.probes.local import Looks, raised
from backproof.check.suspicion import Suspicion
from backproof.check.values import LARGE, alike, few
from backproof.check.verdict import Comparison, to_verdict
from backproof.check.wording import (
    broken,
    divided_in_layers,
    no_loss,
    only,
    only_in_company,
    own_point_notes,
    updates,
    writes,
)
from backproof.errors import BackproofError
from backproof.protocols import Array
from backproof.subjects import adapters
from backproof.subjects.adapters.layer import operation_of_call
from backproof.subjects.recording import Call
from backproof.subjects.resample import jittered, more_indices, more_inputs, more_labels
from backproof.subjects.select import DERIVATIVES, WELL_KNOWN
from backproof.subjects.signatures import wanted
from backproof.subjects.subject import Network, Operation

IN_ONE_PIECE = 100  # entries of a tensor that are taken one by one, in a network without layers


_BY_ANOTHER_NAME = {"sigmoid-is-tanh"}  # of sigmoid shape too: no fault of a network that goes back by its slope


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

    def run(self, network: Network) -> list[Suspicion]:
        """The whole road: own point, generic point, every layer, the wiring."""
        classes = network.classes
        x3 = network.x[:3] if network.indices else self._own_inputs(network.x, 3)
        t3 = network.t[: len(x3)] if len(network.t) >= len(x3) else more_labels(network.t, 3, classes, self.rng)
        owners = Owners(network)
        found = self._whole_numbers(
            owners.arrays(),
            lambda a: (owners.of(a)[0] or network.name, type(network.owner).__init__),  # where it was drawn
        )
        own = chain.run(network, x3, t3, owners.slots)
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
            own = chain.run(network, x3, t3, owners.slots)
        own_comparisons = self._parameters(network, own, hold, "own", directions=1)
        joining = Joining(network, owners, self.examiner, hold)
        del own

        looks: dict[str, Looks] = {}
        wiring: list[tuple[chain.Run, dict[str, Comparison]]] = []
        parameters = owners.arrays().values()
        dimensions = {classes, *x3.shape[1:], *(n for a in parameters for n in a.shape)}
        for samples in network.samples or batch_sizes(dimensions):
            self.examiner.make_generic(owners.arrays())
            x = (more_indices if network.indices else more_inputs)(x3, samples, self.rng)
            t = more_labels(t3, samples, classes, self.rng)
            hold()
            this = chain.run(network, x, t, owners.slots)
            stopped = self._stopped(network, this)
            if stopped is not None:
                return [*found, stopped]
            comparisons = self._parameters(network, this, hold, "generic", directions=1)
            joining.take_stock(this)
            wiring.append((this, comparisons))
            this.let_go()
            for call in _backward_order(this):
                self._look_at(network, call, looks, samples)
        wrong = any(c.fault for _, comparisons in wiring for c in comparisons.values())
        concluded = self._concluded(looks, wiring[-1][0])
        together = divided_in_layers(concluded)
        if together is not concluded and self._right_in_all(network, wiring[-1][0], hold):
            return found + together
        found += concluded
        helpers = self._helpers(network)
        helpers = [s for s in helpers if network.layers or wrong or s.kind in ("forward", "note")]
        found += helpers
        if not any(s.is_fault for s in helpers):
            bent = [] if network.layers else whole.contracts(network, self.rng, hold, wiring)
            found += bent or joining.judge(looks, wiring)
        if not any(s.is_fault for s in found):
            found += own_point_notes(own_comparisons)
        return found

    def _concluded(self, looks: dict[str, Looks], this: chain.Run) -> list[Suspicion]:
        """What each layer is found guilty of, the inner ones first: a layer around a faulty one only hands on."""
        around = {call.layer: call.inside.layer for call in this.recording.calls if call.inside is not None}

        def outer(name: str) -> list[str]:
            return [around[name], *outer(around[name])] if name in around else []

        spoiled: set[str] = set()
        for name in sorted(looks, key=lambda name: -len(outer(name))):
            if name in spoiled:
                looks[name].suspicions = []
                continue
            self.examiner.conclude(looks[name])
            if any(s.is_fault for s in looks[name].suspicions):
                spoiled.update(outer(name))
        return [s for each in looks.values() for s in each.suspicions]

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
            known = name.lower() in WELL_KNOWN and len(wanted(function)) == 1  # not sigmoid(x, w)
            if derivative is None and not known:
                continue
            try:
                subject = adapters.recognise((function, derivative) if derivative is not None else function)
            except BackproofError:  # it takes other inputs than those tried: then the network alone is judged
                continue
            kept = len(self.report.verdicts)
            faults = [s for s in self.examiner.layer(subject) if s.is_fault]  # type: ignore[arg-type]
            goes_by_it = derivative is not None and not any(s.kind == "backward" for s in faults)
            found += [replace(s, kind="note") if goes_by_it and s.cause in _BY_ANOTHER_NAME else s for s in faults]
            if not any(s.is_fault for s in found):
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
        of_inputs = [f"d{name}" for name in operation.inputs]  # none where a table is looked up
        compared = [(q, alone[q], theirs) for q, theirs in zip(of_inputs, company, strict=False) if q in alone]
        compared += [(f"d{n}", alone.get(f"d{n}"), g) for n, g in left.items()]
        for quantity, mine, theirs in compared:
            if mine is not theirs and not alike(mine, theirs):
                looks.suspicions.append(
                    Suspicion(
                        "state",
                        operation.name,
                        quantity,
                        "disturbed-between",
                        operation.source.get("backward"),
                        {"in the network": few(theirs), "alone": few(mine)},
                    )
                )
                return

    def _hold_random(self, network: Network, x: Array, t: Array) -> Callable[[], None]:
        """What to call before each evaluation: nothing, or the generators put back for a network with dropout."""
        first, second = (float(np.asarray(network.loss(x.copy(), t.copy())).reshape(-1)[0]) for _ in range(2))
        return (lambda: None) if first == second or math.isnan(first) else self.snapshot.hold_random

    def _right_in_all(self, network: Network, this: chain.Run, hold: Callable[[], None]) -> bool:
        """Whether every parameter's gradient is that of the network's own loss, whatever its layers do apart."""
        kept = len(self.report.verdicts)
        bare = replace(this, loss_layer=None)
        compared = self._parameters(network, bare, hold, "generic", directions=2)
        right = bool(compared) and not any(c.fault for c in compared.values())
        if right:
            del self.report.verdicts[:kept]
        else:
            del self.report.verdicts[kept:]
        return right

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
            entries_at_most=self._entries(network, point),
        )
        self.report.verdicts += [
            to_verdict(c, "gradient()", name, point, len(this.x)) for name, c in comparisons.items()
        ]
        self.examiner.evaluations += sum(c.evaluations for c in comparisons.values())
        return comparisons

    def _entries(self, network: Network, point: str) -> int:
        """Up to how many entries of a tensor are taken one by one."""
        if self.depth == "full":
            return self.examiner.entries_at_most
        if point == "own":
            return 0
        # Where there are layers, each of them alone is asked for its entries.
        return 4 if network.layers or self.depth == "fast" else IN_ONE_PIECE

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
                network.source.get("gradient"),
                {"returned": type(this.gradients).__name__},
            )
        frames = [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]
        if network.layers and not this.recording.calls and frames[-1:] == ["backward"]:
            return never_forward(network, next(iter(network.parameters()), "dx"))
        call = next((c for c in reversed(this.recording.calls) if c.error is error), None)  # the innermost
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
                    found.append(writes(call.layer, "t", getattr(layer, "backward", None)))
                elif what not in ("x", "dout"):
                    found.append(updates(call.layer, what, layer.backward))
        if found:
            return found
        if own.updated:
            found.append(updates("gradient()", own.updated[0], network.source.get("gradient")))
        if own.wrote is not None:
            found.append(writes("gradient()", own.wrote, network.source.get("gradient")))
        return found

    def _whole_numbers(self, parameters: Mapping[str, Array], owner: Callable[[Array], Any]) -> list[Suspicion]:
        """Parameters that are integers are a finding; the check goes on with float64 copies in their place."""
        whole = {name: a for name, a in parameters.items() if a.dtype.kind in "iub"}
        found = []
        for name, array in whole.items():
            layer, at = owner(array)
            found.append(Suspicion("dtype", layer, name, "integer-parameters", at, {"dtype": str(array.dtype)}))
        ids = {id(a) for a in whole.values()}
        if ids:
            self.snapshot.rebind_arrays(lambda a: a.astype(np.float64) if id(a) in ids else a)
        return found


def _backward_order(this: chain.Run) -> list[Call]:
    """The answered call of each layer, from the loss to the input."""
    last = {call.layer: call for call in this.recording.calls if call.backward_order is not None}
    return sorted(last.values(), key=lambda call: call.backward_order or 0)
