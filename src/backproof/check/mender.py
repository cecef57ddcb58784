"""From what was found wrong to the change of a line that makes it right, where there is one.

What is tried is counted in evaluations, a backward like a forward: at most as many as the check itself took.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from backproof.check import causes, kinds, meanings, repair
from backproof.check.causes.case import measured
from backproof.check.directions import Directions
from backproof.check.kinds.judgement import output
from backproof.check.probes import chain
from backproof.check.probes.local import Examination, Looks, examine
from backproof.check.repair import Group, Repair
from backproof.check.suspicion import Suspicion
from backproof.check.syntax import Ranks, Step, listening
from backproof.check.trials import LOSS_FITS, Trial, agrees
from backproof.check.values import LARGE
from backproof.check.verdict import Probe
from backproof.protocols import Array
from backproof.subjects.recording import copied
from backproof.subjects.resample import jittered
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network, Operation

FEW = 4  # entries of a parameter that tell whether a change helped
SHORT = 60  # evaluations that a check counts for that an exception cut short
PATIENCE = 2.0  # seconds of the processor's time, after which it ends though evaluations are left
# What a cause says of the symptom alone: a change that made it right says more.
_SYMPTOMS = {
    "unknown", "raises", "wrong-shape", "not-a-number-array", "gradient-missing", "entries-zeroed", "extra-term",
    "mixes-samples", "depends-on-earlier-calls",
}  # fmt: skip
# What is written where it should not be, or drawn anew, leaves the gradient of one call alone right.
_ALIASED = {"mask-redrawn", "writes-into-input", "disturbed-between", "updates-parameters", "gradient-rebound"}


class Mender:
    """The tries of one check.

    spent: evaluations of the check itself so far; hold_random: puts the random generators back.
    """

    def __init__(self, snapshot: Snapshot, spent: Callable[[], int]) -> None:
        self.snapshot, self.spent = snapshot, spent
        self.evaluations = 0
        self.seconds = 0.0  # of the processor's time
        self._began = time.process_time()
        self._found: list[Repair] = []
        self._in_vain: set[tuple[object, ...]] = set()

    def operation(self, looks: Looks, wrong: Sequence[str]) -> None:
        """Give the faults of an operation the change that makes it right, and the cause that the change names."""
        faults = [s for s in looks.suspicions if s.is_fault]
        look = min(looks.all, key=lambda each: each.samples, default=None)
        if not faults or look is None or not look.inputs:
            return
        ranks = _listen(look.operation, look.inputs, faults)
        forward = [s for s in faults if s.kind == "forward" and s.error is None]
        for s in forward:
            self._forward(looks, s, ranks, off=bool(wrong) or not looks.all[0].comparisons)
        backward = [s for s in faults if s.kind in ("backward", "state", "dtype") and s.cause not in _ALIASED]
        if backward and not forward and look.operation.backward is not None:
            self._backward(looks, look, backward, [*wrong, *(s.quantity for s in backward)], ranks)

    def _forward(self, looks: Looks, s: Suspicion, ranks: Ranks, *, off: bool) -> None:
        """A change that makes a forward what its name says. off: whether its backward does not go with it now."""
        operation = looks.all[-1].operation
        inputs = looks.all[-1].inputs
        source = operation.source.get("forward")

        def is_kind() -> bool:
            self.evaluations += 2  # beside the forward, what it should be is computed
            judgement = kinds.judge(operation, np.random.default_rng(0))
            if judgement is None or not judgement.right:
                return False
            summed = judgement.kind == "squared error" and judgement.scale.startswith("N =")
            if judgement.scale not in ("", "1") and not summed:
                return False
            if judgement.kind == "dropout" and not _drops(operation, inputs):
                return False
            self.evaluations += 0 if operation.is_loss else 2
            return operation.is_loss or judgement.mixes_samples == _mixes(operation, inputs)

        def goes_with_backward() -> bool:
            if not is_kind():
                return False
            trial = Trial(operation, inputs, self._hold(looks.all[-1]))
            try:
                return trial.backward_fits()
            finally:
                self.evaluations += trial.spent

        there = repair.with_helpers([source], s.ran)
        found = None
        if off and operation.backward is not None:  # then the backward is most likely right, and tells
            groups = [Group("forward", there, goes_with_backward, ranks=ranks)]
            found = self._search(groups, s.cause, (source, s.cause, "with backward"), 0.7)
        if found is None:
            found = self._search([Group("forward", there, is_kind, ranks=ranks)], s.cause, (source, s.cause))
        if found is not None:
            self._give(s, found, looks)

    def _hold(self, look: Examination) -> Callable[[], None]:
        return self.snapshot.hold_random if look.stochastic else _nothing

    def _backward(
        self, looks: Looks, look: Examination, faults: list[Suspicion], wrong: Sequence[str], ranks: Ranks
    ) -> None:
        """A change in backward, or in what forward remembers for it; in a forward of which nothing is known."""
        operation = look.operation
        if max((p.size for p in operation.parameters().values()), default=0) > LARGE:
            return
        try:
            seen = {q: case.worst(FEW) for q, case in look.cases.items()}
            trial = Trial(operation, look.inputs, self._hold(look), seen)
        except Exception:  # forward does not stand what is tried with it
            return
        sources = operation.source.get("forward"), operation.source.get("backward")
        there = repair.with_helpers([sources[0]], faults[0].ran)
        back = repair.with_helpers([sources[1]], faults[0].ran)
        order = repair.of_backward(back, list(dict.fromkeys(wrong)))
        if not operation.is_loss and back:
            order.sort(key=lambda step: meanings.is_linear(back[0], step))
        order.sort(key=lambda step: faults[0].begins not in step.lines)

        def counted(fits: Callable[[], bool]) -> Callable[[], bool]:
            def right() -> bool:
                before = trial.spent
                try:
                    return fits() and self._stands(looks)
                finally:
                    self.evaluations += trial.spent - before

            return right

        fits, agrees_now = counted(trial.backward_fits), counted(trial.forward_fits)
        groups = [
            Group("backward", back, fits, order, ranks, begins=faults[0].begins),
            Group("cache", there, fits, ranks=ranks),
        ]
        # a helper of both is as the way back wants it: with another one two wrongs may agree
        shared = {id(f.function) for f in back[1:]}
        own = [f for f in there if f is there[0] or id(f.function) not in shared]
        bent = Group("forward", own, agrees_now, ranks=ranks, keeps=True)
        if looks.all[0].judgement is None and back:
            groups.append(bent)
        if _holds(fits):  # alone it is right: the fault is in the company it keeps
            return
        # With its filters flipped or not, a forward is a convolution: both ends may be at fault.
        either = faults[0].cause == "kernel-flipped" and bent not in groups
        share = 0.7 if either else 1.0
        found = self._search(groups, faults[0].cause, (*sources, faults[0].quantity), share)
        if found is None and either:
            found = self._search([bent], faults[0].cause, (*sources, "forward"))
        if found is None:
            return
        if bent in groups and found.group.way == "backward" and self._caused(found, looks) == "extra-term":
            # A term is sooner forgotten in one place than made up in the other.
            found = self._search([bent], "branch-forgotten", (*sources, "forward")) or found
        self._give(faults[0], found, looks)
        if found.group.way == "forward":
            faults[0].kind, faults[0].quantity = "forward", "loss" if operation.is_loss else "output"
            faults[0].at = sources[0]
        others = {id(s) for s in faults[1:]}
        looks.suspicions = [s for s in looks.suspicions if id(s) not in others]

    def _stands(self, looks: Looks) -> bool:
        """Whether the operation is right at other points, at both batch sizes, in every quantity."""
        for look in (*looks.all, looks.all[0]):
            operation = look.operation
            operation.x = tuple(jittered(x, np.random.default_rng(look.samples)) for x in look.inputs)
            draws = Directions(np.random.default_rng(look.samples))
            seen = examine(
                operation,
                draws,
                self.snapshot.hold_random,
                samples=look.samples,
                directions=1,
                entries_at_most=0,
                manners=False,
            )
            self.evaluations += seen.evaluations
            off = [seen.comparisons[q] for q in seen.disagreeing]
            if any(s.is_fault for s in seen.suspicions) or not seen.comparisons:
                return False
            if any(c.relative > LOSS_FITS or not operation.is_loss for c in off):
                return False
        return True

    def _give(self, s: Suspicion, found: Repair, looks: Looks) -> None:
        s.repair = found
        self._name(s, self._caused(found, looks))

    def _caused(self, found: Repair, looks: Looks) -> str:
        judgement = next((look.judgement for look in looks.all if look.judgement is not None), None)
        kind = judgement.kind if judgement is not None else ""
        return found.cause(kind, looks.operation.is_loss)

    def _name(self, s: Suspicion, cause: str) -> None:
        if (s.cause, cause) == ("depends-on-earlier-calls", "accumulates"):
            return  # what it leaves does not grow by the same amount
        finer = (s.cause, cause) == ("regulariser-missing", "regulariser-factor")
        other = cause
        if cause and (finer or s.cause in _SYMPTOMS or s.cause.startswith("not-")):
            other, s.cause = s.cause, cause
            if cause == "stale-cache":
                s.kind = "state"
        also = dict.fromkeys([other, *s.evidence.get("also fits", [])])
        told = [each for each in also if each not in ("", "unknown", "raises", s.cause) and each[:4] != "not-"]
        if told:
            s.evidence["also fits"] = told[: causes.FURTHER]

    # A network ------------------------------------------------------------------------------------------------

    def network(
        self,
        network: Network,
        this: chain.Run,
        s: Suspicion,
        wrong: Sequence[str],
        hold: Callable[[], None],
        loss: float | None = None,
    ) -> None:
        """Give a fault of `gradient()` the change that makes every parameter's gradient right.

        loss: what the loss must be, where `gradient()` is right and the loss is to blame.
        """
        parameters = network.parameters()
        if max((a.size for a in parameters.values()), default=0) > LARGE:
            return
        sound = {n: np.array(g) for n, g in this.gradients.items() if n not in wrong and isinstance(g, np.ndarray)}
        names = [*wrong, *(n for n in parameters if n not in wrong)]
        before = float(np.asarray(network.loss(this.x.copy(), copied(this.t))).reshape(-1)[0])
        ranks: Ranks = {}
        with contextlib.suppress(Exception), listening(set(), ranks):
            network.gradient(this.x.copy(), copied(this.t))
            network.loss(this.x.copy(), copied(this.t))
        with chain.scalar_of(network, this, hold) as (evaluate, cotangent):

            def numeric(name: str, entries: int) -> tuple[Array, Array]:
                probe = Probe(parameters[name], evaluate, cotangent)
                at = measured(probe, np.random.default_rng(entries), entries, entries)
                self.evaluations += probe.evaluations
                return at

            expected = {name: numeric(name, FEW) for name in wrong}

            def claimed() -> Mapping[str, Array]:
                hold()
                self.evaluations += 2
                return network.gradient(this.x.copy(), copied(this.t))

            def fits() -> bool:
                found = claimed()
                return all(agrees(found[n], g) for n, g in sound.items()) and all(
                    agrees(np.reshape(found[n], -1)[at], values) for n, (at, values) in expected.items()
                )

            def agrees_now() -> bool:
                hold()
                now = float(np.asarray(network.loss(this.x.copy(), copied(this.t))).reshape(-1)[0])
                self.evaluations += 1
                if math.isclose(now, before, rel_tol=1e-9) or not math.isfinite(now):
                    return False
                if loss is not None and not math.isclose(now, loss, rel_tol=LOSS_FITS):
                    return False
                found = claimed()
                for entries in (1, FEW):
                    for name in names:
                        at, values = numeric(name, entries)
                        if not agrees(np.reshape(found[name], -1)[at], values):
                            return False
                return True

            back = repair.with_helpers([network.source.get("gradient")])
            there = repair.with_helpers([network.source.get("loss"), network.source.get("predict")])
            there = there if not network.layers else there[:2]
            order = repair.of_backward(back, wrong)
            near: list[Step] = []
            if s.cause.startswith("regulariser"):
                order = [step for f in back[:1] for step in f.steps if meanings.penalises(step)] or order
                near = [step for f in there for step in f.steps if meanings.penalises(step)]
            bent = Group("wiring", there, agrees_now, near, ranks, keeps=loss is None)
            groups = [bent] if loss is not None else [Group("wiring", back[:1], fits, order, ranks), bent]
            found = self._search(groups, s.cause, (network.source.get("gradient"),), 0.8)
            if found is None and not network.layers and loss is None:
                found = self._search(
                    [Group("wiring", back[1:], fits, ranks=ranks)], s.cause, (network.source.get("gradient"), "")
                )
        if found is not None:
            s.repair = found
            self._name(s, found.cause("", False))

    # The search -------------------------------------------------------------------------------------------------

    def _search(
        self, groups: Sequence[Group], cause: str, key: tuple[object, ...], share: float = 1.0
    ) -> Repair | None:
        """A change that was found before, or a new one; what was looked for in vain is not looked for again."""
        key = tuple(getattr(part, "__func__", part) for part in key)
        if key in self._in_vain or not any(group.functions for group in groups):
            return None
        allowed, clock = share * max(self.spent(), SHORT), time.process_time()
        most = max(PATIENCE, 2 * (clock - self._began - self.seconds))

        def left() -> bool:
            return self.evaluations < allowed and self.seconds + time.process_time() - clock < most

        try:
            for known in self._found:
                for group in groups:
                    same = any(known.function.function is f.function for f in group.functions)
                    if same and repair.again(known, group.right):
                        return known
            found = repair.search(groups, cause, left)
        finally:
            self.seconds += time.process_time() - clock
        if found is None:
            self._in_vain.add(key)
        else:
            self._found.append(found)
        return found


def _listen(operation: Operation, inputs: tuple[Array, ...], faults: Sequence[Suspicion]) -> Ranks:
    """Note in the faults which lines run: only these can be to blame. The ranks of what they compute."""
    ran: set[tuple[str, int]] = set()
    ranks: Ranks = {}
    with contextlib.suppress(Exception), listening(ran, ranks):
        y = operation.forward(*(x.copy() for x in inputs))
        if operation.backward is not None:
            operation.backward(1.0 if operation.is_loss else np.ones(np.shape(y)))
    for s in faults:
        s.ran = frozenset(ran)
    return ranks


def _mixes(operation: Operation, inputs: tuple[Array, ...]) -> bool:
    """Whether the first sample's output depends on the other samples, as in batch normalisation."""
    x, *rest = (np.array(a) for a in inputs)
    y = output(operation, x, *rest)
    x[1:] *= 3
    return not np.allclose(y[0], output(operation, x, *rest)[0])


def _drops(operation: Operation, inputs: tuple[Array, ...]) -> bool:
    """Whether some entries are let through and some are not."""
    y = np.asarray(operation.forward(*(np.ones_like(x) for x in inputs)))
    return bool(0 < np.count_nonzero(y) < y.size)


def _holds(right: Callable[[], bool]) -> bool:
    try:
        return right()
    except Exception:  # it may raise
        return False


def _nothing() -> None:
    """No generator to put back."""
