"""Examines single operations: a layer, a loss layer, a pair of functions; what two looks at one say together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from backproof.check.directions import Directions, gaussian
from backproof.check.kinds import losses
from backproof.check.kinds.judgement import Judgement
from backproof.check.mender import Mender
from backproof.check.probes.local import Examination, Looks, examine
from backproof.check.suspicion import Suspicion
from backproof.check.trail import Trail, follow
from backproof.check.values import LARGE, alike
from backproof.check.verdict import DIRECTIONS, ENTRIES_AT_MOST
from backproof.check.wording import not_run, wrong_backward, wrong_forward
from backproof.findings import Report
from backproof.protocols import Array
from backproof.subjects.resample import jittered
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Operation

Depth = Literal["fast", "normal", "full"]
EPSILON = 1e-4  # relative; what an epsilon of 1e-5 beside a root in place of under it makes of a gradient
SAMPLES = (3, 5, 4, 7, 6, 9, 11)  # the first two that are no other dimension: a wrong axis shows


class Examiner:
    """One check under way: the report it fills, the generator it draws from."""

    def __init__(self, report: Report, snapshot: Snapshot, rng: np.random.Generator, depth: Depth) -> None:
        self.report, self.snapshot, self.rng, self.depth = report, snapshot, rng, depth
        self.draws = Directions(rng)
        self.evaluations = 0
        self.mender = Mender(snapshot, lambda: self.evaluations)
        self.entries_at_most = {"fast": 0, "normal": ENTRIES_AT_MOST, "full": 10**12}[depth]

    def layer(self, subject: Layerlike) -> list[Suspicion]:
        """Examine one operation by itself at two generic points."""
        looks: Looks | None = None
        for samples in batch_sizes(subject.dimensions()):
            try:
                operation = subject.operation(samples, self.rng)
                self.make_generic(operation.parameters())
                operation.x = tuple(jittered(x, self.rng) for x in operation.x)
            except Exception as error:
                return [not_run(subject, error)]
            looks = looks or Looks(operation)
            looks.operation = operation
            self.look(looks, samples)
        assert looks is not None
        self.conclude(looks)
        if [s.cause for s in looks.suspicions if s.kind != "note"] == ["writes-into-input"] and (
            _in_place(looks) or looks.operation.backward is None or looks.operation.is_loss
        ):
            looks.suspicions = [
                replace(s, kind="note") if s.cause == "writes-into-input" else s for s in looks.suspicions
            ]
        return looks.suspicions

    def look(self, looks: Looks, samples: int) -> None:
        """Examine the operation where it stands and keep the verdicts."""
        large = max((p.size for p in looks.operation.parameters().values()), default=0) > LARGE
        first = not looks.all
        look = examine(
            looks.operation,
            self.draws,
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
        if any(s.cause == "accumulates" for look in looks.all for s in look.suspicions):
            # What grows at each call also differs between the network and the layer alone.
            looks.suspicions = [s for s in looks.suspicions if s.cause != "disturbed-between"]
        said: set[tuple[str, str]] = {(s.kind, s.quantity) for s in looks.suspicions}
        for look in looks.all:
            for s in look.suspicions:
                if (s.kind, s.quantity) not in said:
                    said.add((s.kind, s.quantity))
                    looks.suspicions.append(s)
        stateful = any(s.kind in ("state", "dtype") for s in looks.suspicions)
        wrong = self._standing(looks)
        judgement = first.judgement
        sound = wrong == ["dx"] and judgement is not None and judgement.right
        if sound and judgement is not None and (_is_exact(looks, judgement) or _is_epsilon(looks, judgement)):
            for look in looks.all:
                look.forgive("dx")
            wrong = []
        written = any(s.cause == "writes-into-input" for s in looks.suspicions)
        if judgement is not None and judgement.cause.startswith("not-") and written and not judgement.right:
            wrong = []  # what it does to its input explains that its output is another
        elif judgement is not None and not judgement.right and (wrong or not judgement.tentative):
            looks.suspicions.append(wrong_forward(looks.operation, judgement, wrong))
        elif wrong and not stateful:
            scaled = judgement is not None and judgement.scale not in ("", "1")
            odd = judgement is not None and not _usual(judgement)
            if scaled and judgement is not None and (odd or _scale_explains(judgement, first)):
                looks.suspicions.append(wrong_forward(looks.operation, judgement, wrong))
            else:
                looks.suspicions += wrong_backward(looks, wrong, judgement, self._trail(looks))
        self.mender.operation(looks, wrong)
        looks.suspicions += self._notes(looks, judgement, wrong)

    def _trail(self, looks: Looks) -> Trail | None:
        """What passes through the operation at its first input, statement by statement."""
        look = looks.all[0]
        shape = np.shape(next(iter(look.cases.values())).y) if look.cases else ()
        hold = self.snapshot.hold_random if look.stochastic else _nothing
        return follow(looks.operation, look.inputs, self.rng.standard_normal(shape), self.rng, hold)

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
            Directions(self.rng),  # others than before: those may have crossed a kink
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
                    operation.source.get("backward"),
                    {"relative difference": relative},
                )
            )
        if operation.scale and not wrong:
            at = operation.source.get("backward")
            notes.append(
                Suspicion("note", operation.name, "dx", "gradient-scale", at, {"factor": operation.scale})
            )
        scaled = judgement is not None and judgement.right and judgement.scale not in ("", "1")
        if judgement is not None and scaled and not wrong and judgement.kind != "squared error":
            notes.append(
                Suspicion(
                    "note",
                    operation.name,
                    "loss",
                    "scale",
                    operation.source.get("forward"),
                    {"factor": judgement.scale},
                )
            )
        return notes

    def make_generic(self, parameters: Mapping[str, Array]) -> None:
        """Overwrite parameters in place: weights N(0, 0.3–0.7), smaller where many add up; biases alike."""
        for array in {id(a): a for a in parameters.values()}.values():
            if not (isinstance(array, np.ndarray) and array.dtype.kind == "f" and array.flags.writeable):
                continue
            fan_in = max(array.shape) if array.ndim == 2 else array[0].size if array.ndim > 2 else 1
            std = self.rng.uniform(0.3, 0.7) * min(1.0, math.sqrt(10 / max(fan_in, 1)))
            values, deviation = gaussian(array.shape, self.rng)
            np.multiply(values, std / deviation, out=array, casting="same_kind", dtype=array.dtype)


def _in_place(looks: Looks) -> bool:
    """Whether forward leaves its output in its input, and once more changes nothing: `x[x < 0] = 0; return x`."""
    operation = looks.operation
    if len(operation.x) != 1:
        return False
    given: Array = np.array(operation.x[0])
    y = np.array(operation.forward(given))
    return np.array_equal(given, y) and np.array_equal(np.asarray(operation.forward(y.copy())), y)


def _nothing() -> None:
    """No generator to put back."""


def _is_exact(looks: Looks, judgement: Judgement) -> bool:
    """Whether dx is the exact gradient of the loss without the epsilon inside its logarithm."""
    for look in looks.all:
        dx = look.gradients.get("dx")
        exact = losses.exact_gradient(look.operation, judgement, look.inputs[0]) if look.inputs else None
        if dx is None or exact is None or not alike(dx, exact):
            return False
    return True


def _usual(judgement: Judgement) -> bool:
    """Whether a loss is meant to be so: a sum over the batch, squares that are not halved."""
    return judgement.scale.startswith("N =") or (judgement.kind, judgement.scale) == ("squared error", "2")


def _is_epsilon(looks: Looks, judgement: Judgement) -> bool:
    """Whether dx is that of a normalisation up to an epsilon beside its root, or under it."""
    off = [look.comparisons["dx"].relative for look in looks.all if "dx" in look.comparisons]
    return judgement.kind.endswith("normalisation") and max(off, default=1.0) <= EPSILON


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


def batch_sizes(dimensions: set[int]) -> tuple[int, int]:
    """Two batch sizes for the same object: what is remembered of the first shows at the second."""
    first, second, *_ = [n for n in SAMPLES if n not in dimensions] + list(SAMPLES)
    return first, second
