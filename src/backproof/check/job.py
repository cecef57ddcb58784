"""The program of the child process: load a target, judge what is in it, send one report after the other.

Messages: {"notes": [...]}, then for each thing judged {"begin": name} and {"name", "covers", "report"}. What the
parent already has, from a child that ended before its time, is in the job's "done" and is not judged again.
"""

from __future__ import annotations

import contextlib
import inspect
import linecache
import random
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from backproof.check.catalogue import CODES
from backproof.check.checker import check_subject
from backproof.check.explain import finding
from backproof.check.probes.local import raised
from backproof.check.undefined import undefined
from backproof.errors import BackproofError
from backproof.findings import Finding, Report
from backproof.subjects.adapters import SHAPES, boxed, nodes, recognise
from backproof.subjects.child import Message, serve
from backproof.subjects.construct import Proposal, build, made_class, make
from backproof.subjects.definitions import describe
from backproof.subjects.given import read_data
from backproof.subjects.hints import Hints
from backproof.subjects.load import Loaded, load
from backproof.subjects.samples import SampleError
from backproof.subjects.select import Target, covered, functions_used, speaks_of, targets
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import NotRecognised, Operation, Subject
from backproof.subjects.trial import entries
from backproof.subjects.trial.functions import entry_functions
from backproof.subjects.trial.loss_functions import LossFunctions
from backproof.subjects.variants import variants

_OURS = str(Path(__file__).parents[1])
_MOST_TRIES = 4  # constructions of one class whose check came to no judgement


def uncheckable(name: str, cause: str, message: str, file: str | None = None, line: int | None = None) -> Report:
    """A report that says only why there is no judgement."""
    report = Report(name, "")
    report.findings = [Finding(CODES[cause], "uncheckable", name, "", cause, message, file, line)]
    return report


@dataclass
class _Run:
    """What has been judged so far in one file."""

    loaded: Loaded
    covers: set[str] = field(default_factory=set)  # class names inside what was judged
    judged: list[Any] = field(default_factory=list)
    faulty: set[str] = field(default_factory=set)  # names of functions found wrong
    gradients: bool = False  # whether some gradient in the file was judged
    network: bool = False  # whether some network was
    lone: bool = False  # whether something in the file is meant for one sample at a time

    def is_settled(self, target: Target) -> bool:
        """Whether a verdict on this would only repeat another one."""
        if self.loaded.requested is not None:
            return False
        if target.kind == "layer":
            return target.name in self.covers
        namespace = vars(self.loaded.module)
        if target.kind == "pair":
            used = functions_used(self.judged, namespace)
            return target.back is not None and (target.back.__name__ in used or target.back in self.judged)
        if target.kind == "function":
            relies_on = functions_used([target.item], namespace)
            used = functions_used(self.judged, namespace)
            return target.name in used or target.item in self.judged or bool(relies_on & self.faulty)
        return False

    def keep(self, target: Target, report: Report, covers: set[str]) -> None:
        """Take note of a judgement."""
        if report.exit_code == 2:
            return
        self.covers |= covers
        definitions = self.loaded.definitions
        self.judged += [definitions[name] for name in covers if name in definitions]
        if target.kind == "pair":
            self.judged.append(target.back)
        if target.kind == "functions":
            self.judged += entry_functions(target.item)
        if target.kind in ("pair", "function") and report.exit_code == 1:
            self.faulty.add(target.name)


def program(job: Message, send: Callable[[Message], None]) -> None:
    """Judge job["target"]; job: target, make, data, loss, depth, seed, done ({name: classes covered})."""
    random.seed(job["seed"])
    np.random.seed(job["seed"])

    def say(name: str, report: Report, covers: set[str]) -> None:
        send({"name": name, "covers": sorted(covers), "report": report.to_dict()})

    try:
        loaded = load(job["target"])
    except BackproofError as error:
        say(job["target"], uncheckable(job["target"], "could-not-load", str(error)), set())
        return
    send({"notes": loaded.notes})
    run = _Run(loaded)
    with loaded.imports:
        chosen = targets(loaded) or list(further(loaded))
        if not chosen:
            say(loaded.path.name, _nothing(loaded), set())
        left: list[tuple[Target, Report]] = []
        chosen.sort(key=lambda target: _callees_first(target, loaded))
        for target in chosen:
            if target.name in job["done"]:
                covers = set(job["done"][target.name])
                run.covers |= covers
                run.judged += [loaded.definitions[name] for name in covers if name in loaded.definitions]
                continue
            if run.is_settled(target):
                continue
            send({"begin": target.name})
            report, covers = judge(target, loaded, job)
            if report.exit_code == 1 and (
                (report.understood.startswith(entries.TRIED) and entries.hands_on(target.item))
                or boxed.is_function_class(target.item)
            ):
                faulty = _faulty_parts(target, covers, loaded, job)
                for part, found in faulty:  # what is wrong in a layer goes by its name
                    placed(found, loaded)
                    say(part, found, {part})
                if faulty:
                    run.covers |= {part for part, _ in faulty}
                    report, covers = _by_parts(target, report), set()
            run.keep(target, report, covers)
            placed(report, loaded)
            run.lone = run.lone or "at a time" in report.understood
            run.network = run.network or (target.kind == "network" and report.exit_code != 2)
            settles = (
                target.kind == "function"
                or _only_trains(target)
                or _has_parts(target, chosen)
                or _is_part(target, chosen)
            )
            unjudged = report.exit_code == 2 and settles
            run.gradients = run.gradients or (bool(report.verdicts) and report.exit_code != 2)
            if unjudged or _is_softmax_of_all(report):
                left.append((target, report))
            else:
                say(target.name, report, covers)
        for target, report in left:
            if report.exit_code == 2:
                by_others = bool(run.covers or run.judged) and _has_parts(target, chosen)
                idle = target.kind == "function" and run.gradients  # a function that nothing judged calls
                idle = idle or (_only_trains(target) and run.network)  # it may go by no gradient
                settled = by_others or idle or target.name in run.covers
                report = _by_parts(target, report) if settled else report
            elif run.lone:
                report = _of_one_sample(target, report)
            say(target.name, report, set())
        for back in _left_behind(run, chosen):
            name, code = back.__name__, back.__code__
            message = f"{name} goes back by its name, but no way forward was found that goes with it"
            place = code.co_filename, code.co_firstlineno
            say(name, uncheckable(name, "not-recognised", message, *place), set())


def _left_behind(run: _Run, chosen: list[Target]) -> list[Any]:
    """The file's functions that go back by their names, and that nothing judged or tried has to do with."""
    loaded = run.loaded
    if loaded.requested is not None:
        return []
    own = {name: item for name, item in loaded.definitions.items() if inspect.isfunction(item)}
    tried = [each for target in chosen for each in (target.item, target.back) if each is not None]
    used = functions_used([*run.judged, *(t for t in tried if inspect.isfunction(t))], vars(loaded.module))
    whole = any(target.kind == "functions" for target in chosen)
    backs = [f for f in entries.matching(own, entries.BACKWARD) if "back" in f.__name__.lower()]
    return [] if whole else [f for f in backs if f not in tried and f.__name__ not in used]


def further(loaded: Loaded) -> Iterator[Target]:
    """Classes without any of the usual names whose objects are of one of the shapes all the same."""
    for name, item in loaded.definitions.items():
        if isinstance(item, type):
            with contextlib.suppress(BackproofError):  # it does not construct
                if any(shape.matches(instance) for instance, _ in build(item) for shape in SHAPES):
                    yield Target("network", name, item)


def _only_trains(target: Target) -> bool:
    """Whether a class has a training and no way back by its name."""
    return target.kind == "network" and not entries.going_back(entries.methods(target.item))


def _has_parts(target: Target, chosen: list[Target]) -> bool:
    """Whether a class only hands on to layers that it is given, or is the base of others that are judged."""
    if not isinstance(target.item, type):
        return isinstance(target.item, LossFunctions)
    others = [other.item for other in chosen if isinstance(other.item, type) and other.item is not target.item]
    if boxed.is_function_class(target.item):  # made of others of its kind, or with arguments that are not known
        return True
    if nodes.is_leaf(target.item):
        return any(set(target.item.__mro__[1:-1]) & set(other.__mro__) for other in others)
    return entries.hands_on(target.item) or any(issubclass(other, target.item) for other in others)


def _is_part(target: Target, chosen: list[Target]) -> bool:
    """Whether another class is made of this one, as a network of its neurons."""
    others = [other.item for other in chosen if isinstance(other.item, type) and other.item is not target.item]
    return isinstance(target.item, type) and any(speaks_of(each, target.item) for each in others)


def _faulty_parts(target: Target, covers: set[str], loaded: Loaded, job: Message) -> list[tuple[str, Report]]:
    """The reports on the layers inside a network that was tried out as a whole, of those that are wrong."""
    homes = [vars(m) for name, m in list(sys.modules.items()) if loaded.imports.is_users(name)]
    known = [loaded.definitions, vars(loaded.module), *homes]
    found: list[tuple[str, Report]] = []
    for name in sorted(covers - {target.name}):
        item = next((home[name] for home in known if isinstance(home.get(name), type)), None)
        if item is not None and (entries.goes_both_ways(item) or entries.is_odd(item)):
            report, _ = judge(Target("layer", name, item), loaded, {**job, "make": None, "data": None})
            if report.exit_code == 1:
                found.append((name, report))
    return found


def _is_softmax_of_all(report: Report) -> bool:
    """Whether all that is wrong is a softmax with one sum over everything: right where that is one sample."""
    faults = [each for each in report.findings if each.is_fault]
    return bool(faults) and all((f.cause, f.quantity) == ("softmax-over-batch", "output") for f in faults)


def _of_one_sample(target: Target, report: Report) -> Report:
    """The report on such a softmax where the rest of the file takes one sample at a time: a note."""
    message = f"{target.name} is a softmax of one sample, as the file around it; of several it would be none"
    code = CODES["judged-by-parts"]
    place = next((each.file, each.line) for each in report.findings if each.is_fault)
    report.findings = [Finding(code, "note", target.name, "", "judged-by-parts", message, *place)]
    return report


def _by_parts(target: Target, report: Report) -> Report:
    """The report on such a class where its parts were judged: a note."""
    message = f"{target.name} was not run by itself; what stands beside it was judged one by one"
    code = CODES["judged-by-parts"]
    report.findings = [Finding(code, "note", target.name, "", "judged-by-parts", message, *_start(target))]
    return report


def judge(target: Target, loaded: Loaded, job: Message) -> tuple[Report, set[str]]:
    """The report on one target, and the names of the classes that it covers."""
    first: tuple[Report, set[str]] | None = None
    try:
        for tries, (proposal, instance, subject) in enumerate(_subjects(target, loaded, job)):
            report = check_subject(subject, depth=job["depth"], seed=job["seed"])
            report.subject = proposal.text
            answer = (report, covered(instance) if instance is not None else set())
            if report.exit_code == 0 and isinstance(target.item, type) and not job["make"]:
                return _with_other_activations(target, proposal, report, job) or report, answer[1]
            if first is not None and report.exit_code == 1 and first[0].findings[0].cause == "raises":
                return first  # what was called as it is not meant to be is not understood better made otherwise
            if report.exit_code != 2:
                return answer
            first = first or answer
            if tries + 1 >= _MOST_TRIES:
                break
    except SampleError as error:
        return first or (_refusing(target, loaded, error), set())
    except BackproofError as error:
        return first or (uncheckable(target.name, "not-recognised", str(error), *_start(target)), set())
    except (Exception, SystemExit) as error:
        return first or (_raised(target, loaded, error, f"{target.name} raised {describe(error)}"), set())
    assert first is not None
    return first


def _with_other_activations(target: Target, proposal: Proposal, right: Report, job: Message) -> Report | None:
    """The report on the same class with an activation with which it is wrong; None where all are right.

    Only where it is understood in the same words: another loss, say, is another use of it.
    """
    for instance, text in variants(target.item, proposal):
        with contextlib.suppress(BackproofError):  # with this one it is not understood
            subject = recognise(instance, gradient=target.back, hints=proposal.hints)
            if _but_for_factors(subject.understood) == _but_for_factors(right.understood):
                report = check_subject(subject, depth=job["depth"], seed=job["seed"])
                report.subject = text
                if report.exit_code == 1:
                    return report
    return None


def _but_for_factors(understood: str) -> str:
    """How code was understood, without the factor of its gradients: where they are wrong there may be none."""
    return re.sub(r" times [\d.e-]+( N| / N)?| times N", "", understood)


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
    for instance, proposal in _instances(target, loaded, job):
        try:
            hints = replace(proposal.hints, x=told.x, t=told.t, loss=told.loss)
            subject = recognise(instance, x=x, t=t, gradient=target.back, hints=hints)
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
            yield instance, proposal


def _raised(target: Target, loaded: Loaded, error: BaseException | None, message: str) -> Report:
    """The report on code that raised; where nothing was raised, on code that answered with no numbers."""
    if error is None:
        return uncheckable(target.name, "not-recognised", message, *_start(target))
    exits = isinstance(error, SystemExit)
    cause = "out-of-memory" if isinstance(error, MemoryError) else "crashed" if exits else "raised"
    return uncheckable(target.name, cause, message, *_where(error, loaded))


def _refusing(target: Target, loaded: Loaded, refused: SampleError) -> Report:
    """The report on code that takes no input: a fault where a name in it is nowhere defined, else no judgement."""
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


def _callees_first(target: Target, loaded: Loaded) -> int:
    """Functions that others rely on are judged before those; classes keep their order before all functions."""
    if target.kind not in ("pair", "function"):
        return -1
    return len(functions_used([target.item], vars(loaded.module)))


def _nothing(loaded: Loaded) -> Report:
    made = ", ".join(loaded.definitions) or "no class and no function"
    return uncheckable(
        loaded.path.name,
        "nothing-to-judge",
        f"nothing to judge in {loaded.path}. Looked for: a class with loss(x, t) and gradient(x, t), a class with "
        f"forward(x) and backward(dout), a function with its derivative (relu and relu_grad). Found: {made}",
    )


# Places


def _start(target: Target) -> tuple[str | None, int | None]:
    item = target.item if target.kind != "object" else type(target.item)
    code = getattr(getattr(item, "__init__", None), "__code__", getattr(item, "__code__", None))
    return (code.co_filename, code.co_firstlineno) if code is not None else (None, None)


def _where(error: BaseException, loaded: Loaded) -> tuple[str | None, int | None]:
    """The last line of the user's own that the exception came through."""
    folder = str(loaded.path.parent)
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(folder)
        and not frame.filename.startswith(_OURS)
        and "site-packages" not in frame.filename
    ]
    return (frames[-1].filename, frames[-1].lineno) if frames else (None, None)


def placed(report: Report, loaded: Loaded) -> None:
    """Give each finding its source line; in a notebook, its cell and the line in it."""
    report.findings = [_placed(each, loaded) for each in report.findings]


def _placed(each: Finding, loaded: Loaded) -> Finding:
    if each.file is None or each.line is None:
        return each
    evidence = dict(each.evidence)
    evidence.setdefault("source", linecache.getline(each.file, each.line).rstrip())
    if loaded.notebook is None or Path(each.file) != loaded.path:
        return replace(each, evidence=evidence)
    place = loaded.place(each.line)
    evidence |= {"cell": place.cell, "label": place.label}
    for key in ("mend", "see also"):
        if key in evidence:
            evidence[key] = [entry | {"line": loaded.place(entry["line"]).line} for entry in evidence[key]]
    if "lines" in evidence:
        places = [(loaded.place(n), text) for n, text in evidence["lines"]]
        evidence["lines"] = [(at.line, text) for at, text in places if at.cell == place.cell]
    if isinstance(evidence.get("raised at line"), int) and evidence.get("raised in") == each.file:
        evidence["raised at line"] = loaded.place(evidence["raised at line"]).line
    return replace(each, line=place.line, evidence=evidence)


if __name__ == "__main__":
    serve(program)
