"""Judges one target: every way to make it that is understood, until a check comes to a judgement."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.check.catalogue import CODES
from backproof.check.checker import check_subject
from backproof.check.covering import Inside, inside
from backproof.check.explain import finding
from backproof.check.places import last_line, start
from backproof.check.probes.local import raised
from backproof.check.undefined import undefined
from backproof.errors import BackproofError
from backproof.findings import Finding, Report
from backproof.subjects.adapters import recognise
from backproof.subjects.child import Message
from backproof.subjects.construct import build, made_class, make, seen
from backproof.subjects.definitions import describe
from backproof.subjects.given import read_data
from backproof.subjects.hints import Hints
from backproof.subjects.load import Loaded
from backproof.subjects.penalty import has_penalty
from backproof.subjects.proposal import Proposal
from backproof.subjects.second_step import without_penalty
from backproof.subjects.select import Target
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network, NotRecognised, Operation, Subject
from backproof.subjects.trial.one_layer import AVERAGED
from backproof.subjects.tried import SampleError
from backproof.subjects.variants import variants
from backproof.subjects.walked import walked

_MOST_TRIES = 4  # constructions of one class whose check came to no judgement


def uncheckable(name: str, cause: str, message: str, file: str | None = None, line: int | None = None) -> Report:
    """A report that says only why there is no judgement."""
    report = Report(name, "")
    report.findings = [Finding(CODES[cause], "uncheckable", name, "", cause, message, file, line)]
    return report


def judge(target: Target, loaded: Loaded, job: Message) -> tuple[Report, Inside]:
    """The report on one target, and what is inside it."""
    first: tuple[Report, Inside] | None = None
    try:
        for tries, (proposal, instance, subject) in enumerate(_subjects(target, loaded, job)):
            report = check_subject(subject, depth=job["depth"], seed=job["seed"])
            report.subject = proposal.text
            answer = (report, inside(subject, instance, right=report.exit_code == 0))
            if report.exit_code == 0 and isinstance(target.item, type) and not job["make"]:
                return _made_otherwise(target, proposal, subject, report, job) or report, answer[1]
            if first is not None and report.exit_code == 1 and first[0].exit_code == 2 and _raises(first[0]):
                return first  # what was called as it is not meant to be is not understood better made otherwise
            if report.exit_code != 2 and not (
                _raises(report) and isinstance(target.item, type) and walked(target.item)
            ):
                return answer
            first = first or answer  # with other layers a container may not raise
            if tries + 1 >= _MOST_TRIES:
                break
    except SampleError as error:
        return first or (_refusing(target, loaded, error), Inside())
    except BackproofError as error:
        return first or (uncheckable(target.name, "not-recognised", str(error), *start(target)), Inside())
    except (Exception, SystemExit) as error:
        return first or (_raised(target, loaded, error, f"{target.name} raised {describe(error)}"), Inside())
    assert first is not None
    return first


def _raises(report: Report) -> bool:
    return bool(report.findings) and report.findings[0].cause == "raises"


def _made_otherwise(
    target: Target, proposal: Proposal, first: Subject, right: Report, job: Message
) -> Report | None:
    """The report on the same class made otherwise, where its way back is wrong then; None where it never is.

    Only where it is understood in the same words: another loss, say, is another use of it.
    """
    penalised = isinstance(first, Network) and has_penalty(first.source.get("loss"))
    for instance, text in variants(target.item, proposal, penalised=penalised):
        with contextlib.suppress(BackproofError):  # with this one it is not understood
            subject = recognise(instance, gradient=target.back, hints=proposal.hints)
            if _but_for_factors(subject.understood) == _but_for_factors(right.understood):
                report = check_subject(subject, depth=job["depth"], seed=job["seed"])
                report.subject = text
                if any(each.kind == "backward" and each.cause != "raises" for each in report.findings):
                    return report
    return None


def _but_for_factors(understood: str) -> str:
    """How code was understood, without the factor of its gradients: where they are wrong there may be none."""
    exactly = r" \(the gradients are exactly those of [^)]*\)"
    return re.sub(rf" times [\d.e-]+( N| / N)?| times N|, {AVERAGED}|{exactly}", "", understood)


def _subjects(target: Target, loaded: Loaded, job: Message) -> Iterator[tuple[Proposal, Any, Subject]]:
    """(how it is made, the instance, the subject), for every way that works; raises where none does."""
    x, t = read_data(job["data"], vars(loaded.module)) if job.get("data") else (None, None)
    told = Hints(x=x if isinstance(x, np.ndarray) and x.ndim > 1 else None, t=t, loss=job.get("loss"))
    if target.kind in ("pair", "function", "functions"):
        item = target.item if target.back is None else (target.item, target.back)
        name = target.name if target.back is None else f"{target.name} with {target.back.__name__}"
        yield Proposal((), {}, name, told), None, recognise(item, x=x, t=t, hints=told)
        return
    problem: BackproofError | None = None
    found = False

    def see(instance: Any, proposal: Proposal) -> Subject:
        hints = replace(proposal.hints, x=told.x, t=told.t, loss=told.loss)
        return recognise(instance, x=x, t=t, gradient=target.back, hints=hints)

    for first, made in _instances(target, loaded, job):
        try:
            instance, proposal, subject = seen(target.item, first, made, see)
        except (SampleError, NotRecognised) as error:
            problem = problem or error
            continue
        found = True
        yield proposal, instance, subject
    if not found:
        raise problem or NotRecognised(f"{target.name} was not recognised")


def _instances(target: Target, loaded: Loaded, job: Message) -> Iterator[tuple[Any, Proposal]]:
    if target.kind == "object":
        yield target.item, Proposal((), {}, target.name, Hints())
    elif job["make"] and made_class(job["make"]) == target.item.__name__:
        yield make(job["make"], vars(loaded.module))
    else:
        for instance, proposal in build(target.item):
            Snapshot(instance).rebind_arrays(lambda a: a.astype(np.float64) if a.dtype == np.float32 else a)
            if target.kind == "layer":
                without_penalty(instance)
            yield instance, proposal


def _raised(target: Target, loaded: Loaded, error: BaseException | None, message: str) -> Report:
    """The report on code that raised; where nothing was raised, on code that answered with no numbers."""
    if error is None:
        return uncheckable(target.name, "not-recognised", message, *start(target))
    exits = isinstance(error, SystemExit)
    cause = "out-of-memory" if isinstance(error, MemoryError) else "crashed" if exits else "raised"
    return uncheckable(target.name, cause, message, *last_line(error, loaded))


def _refusing(target: Target, loaded: Loaded, refused: SampleError) -> Report:
    """The report on code that takes no input: a fault where a name in it is nowhere defined, else no judgement."""
    if refused.error is not None and refused.back is not None:
        source = {"forward": target.item, "backward": refused.back}
        found = finding(
            raised(Operation(target.name, target.item, None, dict, source=source), "backward", refused.error)
        )
        if found.is_fault:
            return Report(target.name, f"{refused.back.__name__} raises whatever goes in", [found])
    known = target.kind in ("pair", "function") or (refused.error is not None and undefined(refused.error))
    if isinstance(refused.error, AttributeError) and isinstance(target.item, type):  # of what the check gave it?
        known = known and isinstance(refused.error.obj, target.item)
    if refused.error is not None and known:
        operation = Operation(target.name, target.item, None, dict, source={"forward": target.item})
        found = finding(raised(operation, "forward", refused.error))
        if found.is_fault:
            what = "a class" if isinstance(target.item, type) else "a function"
            return Report(target.name, f"{what} that raises", [found])
    return _raised(target, loaded, refused.error, str(refused))
