"""The order in which the questions are asked, and which answer is the culprit.

A layer or pair: examine it at two generic points with two batch sizes. A network: run it as it is; give it
generic parameters; examine every layer on what it was given, from the loss to the input; then the whole network
a parameter at a time. What is explained by a faulty layer is not reported again.
"""

from __future__ import annotations

import contextlib
import math
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from backproof.blas import limited
from backproof.check import causes, kinds, locate, repair
from backproof.check.explain import finding
from backproof.check.kinds import losses
from backproof.check.kinds.judgement import Judgement
from backproof.check.probes import chain, whole
from backproof.check.probes.local import Examination, examine, raised
from backproof.check.repair import Repair
from backproof.check.suspicion import Suspicion
from backproof.check.syntax import Function, Step, listening
from backproof.check.verdict import DIRECTIONS, ENTRIES_AT_MOST, Comparison, Probe, to_verdict
from backproof.errors import BackproofError
from backproof.findings import Kind, Report
from backproof.protocols import Array
from backproof.subjects import adapters
from backproof.subjects.adapters.layer import find_slots, operation_of_call
from backproof.subjects.given import given_inputs, given_labels
from backproof.subjects.recording import Call, copied
from backproof.subjects.resample import jittered, more_inputs, more_labels
from backproof.subjects.select import DERIVATIVES, WELL_KNOWN
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Network, Operation, Subject

Depth = Literal["fast", "normal", "full"]
SAMPLES = (3, 5, 4, 7, 6, 9, 11)  # the first two that are no other dimension: a wrong axis shows
LARGE = 200_000  # entries of one tensor, above which one direction less is taken
PATIENCE = 0.4  # seconds for trying changes of lines, where the check itself took less
FEW = 8  # entries of a parameter that tell whether a change helped
GOES_ON = 1e-6  # relative difference between what a layer returned in the network and by itself


def check(
    subject: object,
    x: Array | None = None,
    t: Array | None = None,
    *,
    gradient: Callable[..., Any] | None = None,
    seed: int = 0,
) -> Report:
    """Prove the hand-written gradient of `subject`, or say where it is wrong.

    subject: a network (`loss(x, t)`, `gradient(x, t)`), a layer (`forward`, `backward`), a loss layer, a pair of
    functions as a tuple. x, t: inputs and labels of the form it takes, a few samples are enough; made up where
    None. gradient: a free function `gradient(network, x, t)`, where the network has none. seed: of all that is
    drawn. The subject is left exactly as it was. Raises NotRecognised where no adapter knows this shape of code,
    ShapeError and LabelError where x or t holds no sample.
    """
    x, t = given_inputs(x), given_labels(t)
    return check_subject(adapters.recognise(subject, x=x, t=t, gradient=gradient), seed=seed)


def check_subject(subject: Subject, *, depth: Depth = "normal", seed: int = 0) -> Report:
    """`check` for what `adapters.recognise` made."""
    started = time.perf_counter()
    report = Report(subject.name, subject.understood)
    snapshot = Snapshot(subject)
    try:
        # One BLAS thread: the products are small, and threads that wait for each other cost more than they bring.
        with warnings.catch_warnings(), np.errstate(all="ignore"), limited(1):
            warnings.simplefilter("ignore")
            to_float64(snapshot)
            rng = np.random.Generator(np.random.SFC64(seed))  # a third faster than the default
            investigation = Investigation(report, snapshot, rng, depth)
            if isinstance(subject, Network):
                suspicions = investigation.network(subject)
            else:
                suspicions = investigation.layer(subject)
    finally:
        snapshot.restore()
    if all(s.kind == "note" for s in suspicions):
        suspicions = suspicions + _undecided(report)
    report.findings = [finding(s) for s in _in_order(suspicions)]
    report.seconds = time.perf_counter() - started
    report.evaluations = investigation.evaluations
    return report


def batch_sizes(dimensions: set[int]) -> tuple[int, int]:
    """Two batch sizes for the same object: what is remembered of the first shows at the second."""
    first, second, *_ = [n for n in SAMPLES if n not in dimensions] + list(SAMPLES)
    return first, second


def to_float64(snapshot: Snapshot) -> None:
    """Put float64 copies in place of float32 arrays for the length of the check.

    Arrays that are views of one another stay as they are: copies would tear them apart.
    """
    small = [a for a in snapshot.floats if a.dtype in (np.float32, np.float16)]
    if small and not any(a.base is not None for a in small):
        ids = {id(a) for a in small}
        snapshot.rebind_arrays(lambda a: a.astype(np.float64) if id(a) in ids else a)


@dataclass
class Looks:
    """All examinations of one operation."""

    operation: Operation
    all: list[Examination] = field(default_factory=list)
    suspicions: list[Suspicion] = field(default_factory=list)

    @property
    def faulty(self) -> set[str]:
        """Quantities found wrong by a backward that does not fit its forward."""
        return {s.quantity for s in self.suspicions if s.is_fault}


class Investigation:
    """One check under way: the report it fills, the generator it draws from."""

    def __init__(self, report: Report, snapshot: Snapshot, rng: np.random.Generator, depth: Depth) -> None:
        self.report, self.snapshot, self.rng, self.depth = report, snapshot, rng, depth
        self.evaluations = 0
        self.started, self.trying = time.perf_counter(), 0.0  # seconds spent on trying changes of lines
        self.copies: dict[str, tuple[str, Callable[..., Any] | None]] = {}  # who holds a copy of a parameter
        self.missing: dict[str, str] = {}  # parameters without a usable gradient, and what there was instead
        self.picked: dict[str, bool] = {}  # whether `gradient()` handed out what the parameter's layer left
        self.entries_at_most = {"fast": 0, "normal": ENTRIES_AT_MOST, "full": 10**12}[depth]

    # A layer, a loss layer, a pair -------------------------------------------------------------------------

    def layer(self, subject: Layerlike) -> list[Suspicion]:
        """Examine one operation by itself at two generic points."""
        looks: Looks | None = None
        for samples in batch_sizes(subject.dimensions()):
            try:
                operation = subject.operation(samples, self.rng)
                self.make_generic(operation.parameters())
                operation.x = tuple(jittered(x, self.rng) for x in operation.x)
            except Exception as error:
                return [_not_run(subject, error)]
            looks = looks or Looks(operation)
            looks.operation = operation
            self.look(looks, samples)
        assert looks is not None
        self.conclude(looks)
        return looks.suspicions

    # A network ---------------------------------------------------------------------------------------------

    def network(self, network: Network) -> list[Suspicion]:
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
        stopped = self._stopped(network, own)
        if stopped is not None:
            return [*found, stopped]
        found += self._manners(network, own)
        if any(s.cause == "updates-parameters" for s in found):
            return found
        no_loss = _no_loss(network, x3, t3)
        if no_loss is not None:
            return [*found, no_loss]
        hold = self._hold_random(network, x3, t3)
        if hold is self.snapshot.hold_random:  # the analytic side on the same draws as the numeric one
            hold()
            own = chain.run(network, x3, t3, slots)
        own_comparisons = self._parameters(network, own, hold, "own", directions=1)
        self.copies = {name: _holder_of_copy(network, a) for name, a in network.parameters().items()}
        del own

        looks: dict[str, Looks] = {}
        wiring: list[tuple[chain.Run, dict[str, Comparison]]] = []
        parameters = _all_parameters(network, slots).values()
        dimensions = {classes, *x3.shape[1:], *(n for a in parameters for n in a.shape)}
        for samples in batch_sizes(dimensions):
            self.make_generic(_all_parameters(network, slots))
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
            self.conclude(each)
            found += each.suspicions
        helpers = self._helpers(network)
        found += helpers
        if not any(s.is_fault for s in helpers):
            bent = [] if network.layers else whole.contracts(network, self.rng, hold, wiring)
            found += bent or self._wiring(network, looks, wiring, slots, hold)
        if not any(s.is_fault for s in found):
            found += _own_point_notes(own_comparisons)
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
            looks.setdefault(call.layer, Looks(_broken(layer, call))).suspicions.append(
                _only_in_company(layer, call, error)
            )
            return
        each = looks.setdefault(call.layer, Looks(operation))
        each.operation = operation
        self._replay(each, call)
        operation.x = tuple(jittered(x, self.rng) for x in operation.x)
        self.look(each, samples)

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
            found += [s for s in self.layer(subject) if s.is_fault]  # type: ignore[arg-type]
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
        if call.output is not None and not _alike(answer, call.output):
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
            if mine is not theirs and not _alike(mine, theirs):
                looks.suspicions.append(
                    Suspicion(
                        "state",
                        operation.name,
                        quantity,
                        "disturbed-between",
                        f"{operation.name} gives another {quantity} inside the network than alone, for the same "
                        "input and the same incoming gradient: what it remembers was changed in between",
                        operation.source.get("backward"),
                        {"in the network": _few(theirs), "alone": _few(mine)},
                    )
                )
                return

    # One operation -----------------------------------------------------------------------------------------

    def look(self, looks: Looks, samples: int) -> None:
        """Examine the operation where it stands and keep the verdicts."""
        large = max((p.size for p in looks.operation.parameters().values()), default=0) > LARGE
        first = not looks.all
        look = examine(
            looks.operation,
            self.rng,
            self.snapshot.hold_random,
            samples=samples,
            directions=DIRECTIONS if first and not large else 1,
            entries_at_most=self.entries_at_most
            if first or self.depth == "full"
            else min(self.entries_at_most, 16),
            manners=first,
        )
        looks.all.append(look)
        self.report.verdicts += look.verdicts
        self.evaluations += look.evaluations

    def conclude(self, looks: Looks) -> None:
        """What the examinations of one operation say together."""
        first = looks.all[0] if looks.all else None
        if first is None:
            return
        said: set[tuple[str, str]] = {(s.kind, s.quantity) for s in looks.suspicions}
        for look in looks.all:
            for s in look.suspicions:
                if (s.kind, s.quantity) not in said:
                    said.add((s.kind, s.quantity))
                    looks.suspicions.append(s)
        if any(s.cause == "accumulates" for s in looks.suspicions):
            looks.suspicions = [s for s in looks.suspicions if s.cause != "disturbed-between"]
        stateful = any(s.kind in ("state", "dtype") for s in looks.suspicions)
        wrong = self._standing(looks)
        judgement = first.judgement
        if wrong == ["dx"] and judgement is not None and judgement.right and _is_exact(looks, judgement):
            for look in looks.all:
                look.forgive("dx")
            wrong = []
        if judgement is not None and not judgement.right and (wrong or not judgement.tentative):
            looks.suspicions.append(_wrong_forward(looks.operation, judgement, wrong))
        elif wrong and not stateful:
            scaled = judgement is not None and judgement.scale not in ("", "1")
            if scaled and judgement is not None and _scale_explains(judgement, first):
                looks.suspicions.append(_wrong_forward(looks.operation, judgement, wrong))
            else:
                looks.suspicions += _wrong_backward(looks, wrong, judgement)
        self._repair(looks, wrong)
        looks.suspicions += self._notes(looks, judgement, wrong)

    def _tried(
        self, groups: list[list[Function]], order: list[Step], cause: str, right: Callable[[], bool]
    ) -> Repair | None:
        """A change of a line that makes it right; all tries together last no longer than the check itself."""
        started = time.perf_counter()
        taken = started - self.started - self.trying
        found = repair.search(groups, order, cause, right, max(taken, PATIENCE) - self.trying)
        self.trying += time.perf_counter() - started
        return found

    def _repair(self, looks: Looks, wrong: list[str]) -> None:
        """Try small changes of the user's lines for a forward or a backward that was found wrong."""
        look = looks.all[-1]
        operation = look.operation
        cases = {q: look.cases[q] for q in wrong if q in look.cases}
        forward, backward = operation.source.get("forward"), operation.source.get("backward")

        def is_kind() -> bool:
            judgement = kinds.judge(operation, np.random.default_rng(0))
            if judgement is None or not judgement.right or judgement.scale not in ("", "1"):
                return False
            return operation.is_loss or judgement.mixes_samples == _mixes(operation, look.inputs)

        def fits() -> bool:
            if look.stochastic:
                self.snapshot.hold_random()
            case = next(iter(cases.values()))
            y = np.asarray(operation.forward(*(x.copy() for x in look.inputs)), dtype=np.float64)
            if not repair.agrees(y, case.y):
                return False
            found = operation.backward(copied(case.dout)) if operation.backward is not None else {}
            sound = {q: g for q, g in look.gradients.items() if q not in wrong}
            return (
                all(repair.agrees(found[q], g) for q, g in sound.items())
                and all(
                    repair.agrees(c.at(np.reshape(found[q], c.claimed.shape)), c.numeric) for q, c in cases.items()
                )
                and not any(self._look_again(operation, look.samples, q).disagreeing for q in look.gradients)
            )

        faults = [s for s in looks.suspicions if s.is_fault and s.error is None]
        if not faults:
            return
        ran: set[tuple[str, int]] = set()
        with contextlib.suppress(Exception), listening(ran):
            y = operation.forward(*(x.copy() for x in look.inputs))
            if operation.backward is not None:
                operation.backward(1.0 if operation.is_loss else np.ones(np.shape(y)))
        for s in faults:
            s.ran = frozenset(ran)
            there = repair.with_helpers([forward], s.ran)
            if s.kind == "forward":
                s.repair = self._tried([there], [], s.cause, is_kind)
            elif s.kind in ("backward", "state") and s.quantity in cases and s.cause != "mask-redrawn":
                back = repair.with_helpers([backward], s.ran)
                s.repair = self._tried([back, there], repair.of_backward(back, wrong), s.cause, fits)

    def _repair_network(
        self, network: Network, this: chain.Run, names: list[str], hold: Callable[[], None]
    ) -> Repair | None:
        """Try small changes of `gradient()` for parameters whose gradients it hands out wrongly or not at all."""
        parameters = network.parameters()
        if max((a.size for a in parameters.values()), default=0) > LARGE:
            return None
        sound = {n: np.array(g) for n, g in this.gradients.items() if n not in names and isinstance(g, np.ndarray)}
        numeric: dict[str, tuple[Array, Array]] = {}
        with chain.scalar_of(network, this, hold) as (evaluate, cotangent):
            for name in names:
                probe = Probe(parameters[name], evaluate, cotangent)
                numeric[name] = causes.case.measured(probe, self.rng, FEW, FEW)

        def right() -> bool:
            hold()
            found = network.gradient(this.x.copy(), copied(this.t))
            return all(repair.agrees(found[n], g) for n, g in sound.items()) and all(
                repair.agrees(np.reshape(found[n], -1)[at], values) for n, (at, values) in numeric.items()
            )

        functions = repair.with_helpers([network.source.get("gradient")])[:1]
        order = repair.of_backward(functions, names)
        return self._tried([functions], order, "", right)

    def _standing(self, looks: Looks) -> list[str]:
        """Quantities that disagree at a second generic point too; where one point alone says so, ask again."""
        counts: dict[str, list[Examination]] = {}
        for look in looks.all:
            for quantity in look.disagreeing:
                counts.setdefault(quantity, []).append(look)
        wrong = [quantity for quantity, seen in counts.items() if len(seen) > 1]
        for quantity, (look, *others) in counts.items():
            if others:
                continue
            operation = look.operation
            again = [self._look_again(operation, look.samples, quantity) for _ in range(2)]
            if all(quantity in each.disagreeing for each in again):
                wrong.append(quantity)
        return wrong

    def _look_again(self, operation: Operation, samples: int, quantity: str) -> Examination:
        operation.x = tuple(jittered(x, self.rng) for x in operation.x)
        again = examine(
            operation,
            self.rng,
            self.snapshot.hold_random,
            samples=samples,
            directions=DIRECTIONS,
            entries_at_most=self.entries_at_most,
            manners=False,
            only={quantity},
        )
        self.evaluations += again.evaluations
        return again

    def _notes(self, looks: Looks, judgement: Any, wrong: list[str]) -> list[Suspicion]:
        notes = []
        operation = looks.operation
        negligible = [
            q for look in looks.all for q, c in look.comparisons.items() if c.negligible and q not in wrong
        ]
        if negligible:
            relative = max(
                look.comparisons[q].relative for look in looks.all for q in negligible if q in look.comparisons
            )
            notes.append(
                Suspicion(
                    "note",
                    operation.name,
                    negligible[0],
                    "tiny-difference",
                    f"{operation.name}: {negligible[0]} differs from the numeric gradient by {relative:.1e} of "
                    "its size, as an epsilon inside a logarithm or a root makes it: too little to matter",
                    operation.source.get("backward"),
                    {"relative difference": relative},
                )
            )
        if judgement is not None and judgement.right and judgement.scale not in ("", "1") and not wrong:
            notes.append(
                Suspicion(
                    "note",
                    operation.name,
                    "loss",
                    "scale",
                    f"{operation.name}: the loss is the mean over the samples times {judgement.scale}, and its "
                    "gradient agrees",
                    operation.source.get("forward"),
                    {"factor": judgement.scale},
                )
            )
        return notes

    # Around a network --------------------------------------------------------------------------------------

    def make_generic(self, parameters: Mapping[str, Array]) -> None:
        """Overwrite parameters in place: weights N(0, 0.3–0.7), smaller where many add up; biases alike."""
        for array in {id(a): a for a in parameters.values()}.values():
            if not (isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.flags.writeable):
                continue
            fan_in = max(array.shape) if array.ndim == 2 else array[0].size if array.ndim > 2 else 1
            std = self.rng.uniform(0.3, 0.7) * min(1.0, math.sqrt(10 / max(fan_in, 1)))
            if array.dtype == np.float64 and array.flags.c_contiguous:
                self.rng.standard_normal(out=array)
            else:
                array[...] = self.rng.standard_normal(array.shape)
            array *= std

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
            self.rng,
            hold,
            directions=directions,
            entries_at_most=self.entries_at_most if self.depth == "full" else 0 if point == "own" else 4,
        )
        self.report.verdicts += [
            to_verdict(c, "gradient()", name, point, len(this.x)) for name, c in comparisons.items()
        ]
        self.evaluations += sum(c.evaluations for c in comparisons.values())
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
        call = next((c for c in this.recording.calls if c.error is error), None)
        if call is not None:
            method = "backward" if call.backward_order is not None else "forward"
            return raised(_broken(network.layers[call.layer], call), method, error)
        whole = Operation(
            "gradient()", network.gradient, None, dict, source=_only(backward=network.source.get("gradient"))
        )
        return raised(whole, "backward", error)

    def _manners(self, network: Network, own: chain.Run) -> list[Suspicion]:
        """`gradient` must not change the parameters or the data; the layer that does is named."""
        found = []
        for call in own.recording.calls:
            layer: Any = network.layers[call.layer]
            for what in call.wrote:
                if what == "t":
                    found.append(_writes(call.layer, "t", "the labels", getattr(layer, "backward", None)))
                elif what not in ("x", "dout"):
                    found.append(_updates(call.layer, what, layer.backward))
        if found:
            return found
        if own.updated:
            found.append(_updates("gradient()", own.updated[0], network.source.get("gradient")))
        if own.wrote is not None:
            found.append(
                _writes("gradient()", own.wrote, f"the caller's {own.wrote}", network.source.get("gradient"))
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
            found.append(self._missing(network, first, missing))
            found[-1].repair = self._repair_network(network, runs[-1][0], missing, hold)
        if not unexplained:
            return found
        disturbed = [s for each in looks.values() for s in each.suspicions if s.cause == "disturbed-between"]
        if disturbed:
            return found
        disconnected = [n for n in unexplained if _numeric_zero(comparisons[n])]
        if disconnected:
            return [*found, _disconnected(network, disconnected, self.copies)]
        if written and not faulty_dx and all_picked:
            culprit = looks[written[0]].operation
            return [*found, _dout_shared(culprit, unexplained)]
        quantity = _culprit_quantity(unexplained)
        owner, _ = _owner_slot(network, network.parameters()[quantity], slots)
        answered = first.recording.last(owner) if network.gathered and owner is not None else None
        sound = owner in looks and not any(s.is_fault for s in looks[owner].suspicions)
        if owner is not None and answered is not None and answered.backward_order is not None and sound:
            return [*found, _rebound(owner, quantity, unexplained, network.layers[owner])]
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
                _figures(worst)
                | named.evidence
                | {"wrong": unexplained, "right": [n for n in comparisons if n not in wrong]},
            )
        )
        found[-1].repair = self._repair_network(network, last, unexplained, hold)
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
        found = {name: _owner_slot(network, array, slots) for name, array in parameters.items()}
        owners = {name: (layer, slot) for name, (layer, slot) in found.items() if layer is not None}
        with chain.scalar_of(network, this, hold) as (evaluate, cotangent):
            named = causes.wiring.name(
                causes.wiring.Wiring(
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
                ),
                self.rng,
            )
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
            honoured = not _alike(layer.backward(1.0), call.returned)
        except Exception:  # it takes no upstream gradient at all
            return []
        if not honoured:
            return []
        message = f"gradient() starts the way back from {start:.6g}; the derivative of the loss by itself is 1"
        at = network.source.get("gradient")
        return [Suspicion("backward", "gradient()", "dout", "wrong-start", message, at, {"start": start})]

    def _missing(self, network: Network, this: chain.Run, names: list[str]) -> Suspicion:
        shape = network.parameters()[names[0]].shape
        what = self.missing[names[0]]
        return Suspicion(
            "backward",
            "gradient()",
            names[0],
            {"none": "gradient-missing"}.get(what, "not-a-number-array" if "type" in what else "wrong-shape"),
            f"gradient() gives no usable gradient for {', '.join(names)}: got {what}, expected shape {shape}",
            network.source.get("gradient"),
            {"missing": names, "keys": [str(k) for k in this.gradients]},
        )


# What the questions above need to know of a network --------------------------------------------------------


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


def _holder_of_copy(network: Network, array: Array) -> tuple[str, Callable[..., Any] | None]:
    """The layer that holds an equal array of its own where it should hold this one."""
    for name, layer in network.layers.items():
        for slot in find_slots(layer):
            other = slot.read()
            if other is not array and np.shape(other) == array.shape and np.array_equal(other, array):
                return name, type(layer).__init__
    for name, layer in network.layers.items():
        if any(np.shape(slot.read()) == array.shape for slot in find_slots(layer)):
            return name, type(layer).__init__
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
    return isinstance(left, np.ndarray) and (left is gradient or _alike(left, gradient))


def _spoils(each: Looks, quantities: set[str] | None) -> bool:
    return any(
        s.is_fault and (quantities is None or s.quantity in quantities or s.kind in ("forward", "state"))
        for s in each.suspicions
    )


def _numeric_zero(comparison: Comparison) -> bool:
    return bool(comparison.worst) and all(numeric == 0 for _, _, numeric in comparison.worst)


def _culprit_quantity(names: list[str]) -> str:
    """The wrong parameter nearest to the loss: the highest number, its weights before its bias."""

    def number(name: str) -> int:
        digits = "".join(c for c in name if c.isdigit())
        return int(digits) if digits else -1

    highest = max(number(name) for name in names)
    return next(name for name in names if number(name) == highest)


# Suspicions ------------------------------------------------------------------------------------------------


def _broken(layer: Any, call: Call) -> Operation:
    methods = {m: getattr(layer, m) for m in ("forward", "backward")}
    return Operation(call.layer, layer.forward, None, dict, owner=layer, source=methods)


def _only_in_company(layer: Any, call: Call, error: Exception) -> Suspicion:
    return Suspicion(
        "uncheckable",
        call.layer,
        "output",
        "not-repeatable",
        f"{call.layer}.forward works inside the network but not again alone: {type(error).__name__}: {error}",
        layer.forward,
        error=error,
    )


def _not_run(subject: Layerlike, error: Exception) -> Suspicion:
    """It raised on the input that it was tried with, before anything could be asked."""
    forward = getattr(subject.owner, "forward", None)
    source = _only(forward=forward)
    return raised(Operation(subject.name, lambda: None, None, dict, source=source), "forward", error)


def _wrong_forward(operation: Operation, judgement: Any, wrong: list[str]) -> Suspicion:
    scaled = judgement.right
    cause = "loss-scale" if scaled else judgement.cause
    said = (
        f"its loss is the mean over the samples times {judgement.scale}, its gradient is that of the mean"
        if scaled
        else f"its forward is no {judgement.kind}: {cause.replace('-', ' ')}"
    )
    agreement = "" if wrong else "; its backward fits this forward, so no gradient check can see it"
    return Suspicion(
        "forward",
        operation.name,
        "loss" if operation.is_loss else "output",
        cause,
        f"{operation.name}: {said}{agreement}",
        operation.source.get("forward"),
        {**judgement.evidence, "also wrong": wrong},
    )


def _is_exact(looks: Looks, judgement: Judgement) -> bool:
    """Whether dx is the exact gradient of the loss without the epsilon inside its logarithm."""
    for look in looks.all:
        dx = look.gradients.get("dx")
        exact = losses.exact_gradient(look.operation, judgement, look.inputs[0]) if look.inputs else None
        if dx is None or exact is None or not _alike(dx, exact):
            return False
    return True


def _scale_explains(judgement: Any, look: Examination) -> bool:
    """Whether the gradient is that of the mean though the loss is the mean times the scale."""
    comparison = look.comparisons.get("dx")
    if comparison is None or not comparison.worst:
        return False
    factor = judgement.scale.split("=")[-1].strip()
    top, _, bottom = factor.partition("/")
    scale = float(top) / float(bottom or 1)
    _, claimed, numeric = comparison.worst[0]
    return bool(np.isclose(claimed * scale, numeric, rtol=1e-4))


def _wrong_backward(looks: Looks, wrong: list[str], judgement: Judgement | None) -> list[Suspicion]:
    """One finding for one layer's backward; the quantity is the first it computes wrongly."""
    quantity = wrong[0]
    comparison = next(look.comparisons[quantity] for look in looks.all if quantity in look.disagreeing)
    operation = looks.operation
    also = [q for q in wrong if q != quantity]
    named = causes.Named("unknown")
    for q in wrong:
        cases = [look.cases[q] for look in looks.all if q in look.cases]
        for case in cases:
            case.kind = judgement.kind if judgement is not None else ""
        named = causes.name(cases)
        if named.cause != "unknown":
            break
    kind: Kind = "backward"
    if named.cause == "unknown" and quantity not in looks.all[0].disagreeing:
        kind, named = "state", causes.Named("stale-cache", {"right at first, wrong from call": 2})
    return [
        Suspicion(
            kind,
            operation.name,
            quantity,
            named.cause,
            f"{operation.name}.backward gives a wrong {quantity}" + (f" (also {', '.join(also)})" if also else ""),
            operation.source.get("backward"),
            _figures(comparison, looks, quantity) | named.evidence | ({"also wrong": also} if also else {}),
        )
    ]


def _mixes(operation: Operation, inputs: tuple[Array, ...]) -> bool:
    """Whether the first sample's output depends on the other samples, as in batch normalisation."""
    x, *rest = (np.array(a) for a in inputs)
    y = np.asarray(operation.forward(x.copy(), *rest))
    x[1:] *= 3
    return not np.allclose(y[0], np.asarray(operation.forward(x, *rest))[0])


def _figures(comparison: Comparison, looks: Looks | None = None, quantity: str = "") -> dict[str, Any]:
    """The claimed and the numeric gradient where they differ most; of single entries where these were measured."""
    worst = comparison.worst
    case = next((look.cases[quantity] for look in looks.all if quantity in look.cases), None) if looks else None
    if case is not None and not any(index for index, _, _ in worst):
        claimed = case.at(case.claimed)
        places = np.argsort(-np.abs(claimed - case.numeric), kind="stable")[:5]
        shape = case.claimed.shape
        worst = [
            (
                tuple(int(k) for k in np.unravel_index(case.positions[i], shape)),
                float(claimed[i]),
                float(case.numeric[i]),
            )
            for i in places
        ]
    return {
        "analytic": [float(f"{a:.6g}") for _, a, _ in worst],
        "numeric": [float(f"{n:.6g}") for _, _, n in worst],
        "at": [list(index) for index, _, _ in worst if index],
        "relative difference": float(f"{comparison.relative:.3g}"),
        "tolerance": float(f"{comparison.tolerance:.3g}"),
    }


def _no_loss(network: Network, x: Array, t: Array) -> Suspicion | None:
    """`loss` that answers with something else than one number."""
    at = network.source.get("loss")
    try:
        loss = network.loss(x.copy(), t.copy())
    except Exception as error:
        return raised(Operation("loss()", network.loss, None, dict, source=_only(forward=at)), "forward", error)
    loss = loss[0] if isinstance(loss, tuple) and loss else loss
    if np.size(loss) == 1 and np.asarray(loss).dtype.kind in "fiub":
        return None
    what = f"an array of shape {np.shape(loss)}" if np.size(loss) != 1 else type(loss).__name__
    message = f"loss(x, t) returned {what}, expected one number"
    return Suspicion("uncheckable", "loss()", "loss", "no-output", message, at)


def _disconnected(
    network: Network, names: list[str], copies: Mapping[str, tuple[str, Callable[..., Any] | None]]
) -> Suspicion:
    layer, at = copies[names[0]]
    if not locate.spots(at, "state", names[0], "parameter-disconnected", {}):
        at = type(network.owner).__init__  # the layer copies nothing: the network gave its params another array
    return Suspicion(
        "state",
        layer,
        names[0],
        "parameter-disconnected",
        f"changing {', '.join(names)} in params changes nothing in the loss: the layers hold other arrays, "
        "so training these parameters trains nothing",
        at,
        {"disconnected": names},
    )


def _updates(layer: str, parameter: str, at: Callable[..., Any] | None) -> Suspicion:
    who = layer if layer.endswith("()") else f"{layer}.backward"
    message = f"{who} changes the parameter {parameter}: asking for a gradient must not train"
    return Suspicion("state", layer, parameter, "updates-parameters", message, at)


def _rebound(owner: str, quantity: str, names: list[str], layer: Any) -> Suspicion:
    return Suspicion(
        "state",
        owner,
        quantity,
        "gradient-rebound",
        f"{owner}.backward puts new arrays in place of its gradients; the network's own list still holds the old "
        f"ones: {', '.join(names)} never change there",
        layer.backward,
        {"wrong": names},
    )


def _writes(layer: str, quantity: str, what: str, at: Callable[..., Any] | None) -> Suspicion:
    message = f"{layer} writes into {what}: the data change from step to step"
    return Suspicion("state", layer, quantity, "writes-into-input", message, at)


def _only(**functions: Callable[..., Any] | None) -> dict[str, Callable[..., Any]]:
    return {name: function for name, function in functions.items() if function is not None}


def _dout_shared(operation: Operation, names: list[str]) -> Suspicion:
    return Suspicion(
        "state",
        operation.name,
        "dout",
        "writes-into-dout",
        f"{operation.name}.backward writes into the gradient that it was given, which is still needed elsewhere: "
        f"{', '.join(names)} come out wrong",
        operation.source.get("backward"),
        {"wrong": names},
    )


def _own_point_notes(comparisons: dict[str, Comparison]) -> list[Suspicion]:
    wrong = [name for name, c in comparisons.items() if c.fault]
    if not wrong:
        return []
    return [
        Suspicion(
            "note",
            "gradient()",
            wrong[0],
            "own-point-differs",
            f"at the given parameters {wrong[0]} differs from the numeric gradient, at generic ones it does not: "
            "a clip or an epsilon that acts there",
            evidence=_figures(comparisons[wrong[0]]),
        )
    ]


def _undecided(report: Report) -> list[Suspicion]:
    """Quantities of which no comparison gave an answer: what was not proved must not pass."""
    outcomes: dict[tuple[str, str], set[str]] = {}
    for v in report.verdicts:
        outcomes.setdefault((v.layer, v.quantity), set()).add(v.outcome)
    unknown = [key for key, seen in outcomes.items() if seen == {"cannot tell"}]
    if not unknown:
        return []
    layer, quantity = unknown[0]
    names = [f"{q} of {owner}" for owner, q in unknown]
    message = f"whether {', '.join(names)} is right could not be told"
    return [Suspicion("uncheckable", layer, quantity, "cannot-tell", message, evidence={"undecided": names})]


def _in_order(suspicions: list[Suspicion]) -> list[Suspicion]:
    """Faults first, the most basic first; one fault of a class shows once, however many layers are of it."""
    rank = {"dtype": 0, "forward": 1, "state": 2, "backward": 3, "training": 4, "uncheckable": 5, "note": 6}
    unique: dict[tuple[Any, ...], Suspicion] = {}
    for s in sorted(suspicions, key=lambda s: rank[s.kind]):
        where: Any = locate.place(s.at) if s.at is not None and s.layer != "gradient()" else s.layer
        same = unique.setdefault((s.kind, where, s.cause, s.quantity), s)
        if same is not s and s.layer != same.layer:
            same.evidence.setdefault("also in", []).append(s.layer)
    return list(unique.values())


def _alike(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape or a.dtype.kind not in "fiub" or b.dtype.kind not in "fiub":
        return bool(a.shape == b.shape)
    if a is b or not a.size:
        return True
    apart = np.abs(np.subtract(a, b, dtype=np.float64))
    size = max(float(np.abs(b).max()), 1e-300)
    return float(apart.max()) <= GOES_ON * size or bool(
        np.allclose(a, b, rtol=0, atol=GOES_ON * size, equal_nan=True)
    )


def _few(a: Any) -> list[float]:
    return [float(f"{v:.6g}") for v in np.asarray(a, dtype=np.float64).ravel()[:3]]
