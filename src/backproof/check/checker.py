"""One check, from a subject to its report; which answer is the culprit.

A layer or pair is examined at two generic points with two batch sizes (`examiner`), a network by the road in
`network`. The subject is put back whatever happens.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.blas import limited
from backproof.check import locate
from backproof.check.examiner import Depth, Examiner
from backproof.check.explain import finding
from backproof.check.network import NetworkCheck
from backproof.check.suspicion import Suspicion
from backproof.check.wording import scaled, undecided
from backproof.findings import Report
from backproof.protocols import Array
from backproof.subjects import adapters
from backproof.subjects.given import given_inputs, given_labels
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network, Subject


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
    """`check` for what `adapters.recognise` made, and where that is right for the other way to see it."""
    report = _check_once(subject, depth, seed)
    if subject.also is None or report.exit_code != 0:
        return report
    again = _check_once(subject.also, depth, seed)
    if again.exit_code == 1:
        return again
    report.understood += subject.also_words
    report.verdicts += again.verdicts
    report.seconds += again.seconds
    report.evaluations += again.evaluations
    return report


def _check_once(subject: Subject, depth: Depth, seed: int) -> Report:
    started = time.perf_counter()
    report = Report(subject.name, subject.understood)
    snapshot = Snapshot(subject)
    try:
        # One BLAS thread: the products are small, and threads that wait for each other cost more than they bring.
        with warnings.catch_warnings(), np.errstate(all="ignore"), limited(1):
            warnings.simplefilter("ignore")
            to_float64(snapshot)
            rng = np.random.Generator(np.random.SFC64(seed))  # a third faster than the default
            examiner = Examiner(report, snapshot, rng, depth)
            suspicions = (
                NetworkCheck(examiner).run(subject) if isinstance(subject, Network) else examiner.layer(subject)
            )
    finally:
        snapshot.restore()
    if isinstance(subject, Network) and subject.scale:
        suspicions = [*suspicions, scaled(subject)]
    if all(s.kind == "note" for s in suspicions):
        suspicions = suspicions + undecided(report)
    report.findings = [finding(s) for s in _in_order(suspicions)]
    report.seconds = time.perf_counter() - started
    report.evaluations = examiner.evaluations
    report.tried, report.trying = examiner.mender.evaluations, examiner.mender.seconds
    return report


def to_float64(snapshot: Snapshot) -> None:
    """Put float64 copies in place of float32 arrays for the length of the check.

    Arrays that are views of one another stay as they are: copies would tear them apart.
    """
    small = [a for a in snapshot.floats if a.dtype in (np.float32, np.float16)]
    if small and not any(a.base is not None for a in small):
        ids = {id(a) for a in small}
        snapshot.rebind_arrays(lambda a: a.astype(np.float64) if id(a) in ids else a)


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
