"""The program of the child process: load a target, judge what is in it, send one report after the other.

Messages: {"notes": [...]}, then for each thing judged {"begin": name} and {"name", "covers", "report"}. What the
parent already has, from a child that ended before its time, is in the job's "done" and is not judged again.
"""

from __future__ import annotations

import contextlib
import inspect
import random
import sys
from collections.abc import Callable, Collection, Iterator, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backproof.check.catalogue import CODES
from backproof.check.covering import Inside
from backproof.check.in_loops import fills_entries
from backproof.check.judging import judge, uncheckable
from backproof.check.places import placed, start
from backproof.errors import BackproofError
from backproof.findings import Finding, Report
from backproof.subjects.adapters import SHAPES, boxed, looked_up, nodes
from backproof.subjects.child import Message, serve
from backproof.subjects.construct import build
from backproof.subjects.load import Loaded, load
from backproof.subjects.select import Target, functions_used, speaks_of, targets
from backproof.subjects.source import EmptyError
from backproof.subjects.taken import taken, unseen
from backproof.subjects.trial import entries
from backproof.subjects.trial.functions import entry_functions
from backproof.subjects.trial.loss_functions import LossFunctions
from backproof.subjects.trial.one_layer import AVERAGED
from backproof.subjects.trial.sequences import Steps, hands_state, may_be_a_part
from backproof.subjects.walked import begins_by_itself, walked


@dataclass
class _Run:
    """The judgements on one file, one after the other, and what they have settled so far."""

    loaded: Loaded
    job: Message
    send: Callable[[Message], None]
    chosen: list[Target] = field(default_factory=list)
    covers: set[str] = field(default_factory=set)  # class names inside what was judged, judged with it
    inside: set[str] = field(default_factory=set)  # class names inside what was right
    judged: list[Any] = field(default_factory=list)
    faulty: set[str] = field(default_factory=set)  # names of functions found wrong
    wrong: set[str] = field(default_factory=set)  # names of classes found wrong
    left: list[tuple[Target, Report]] = field(default_factory=list)  # to be settled by what the others say
    gradients: bool = False  # whether some gradient in the file was judged
    network: bool = False  # whether some network was
    averaged: bool = False  # whether layers in the file divide their gradients by the number of samples
    lone: bool = False  # whether something in the file is meant for one sample at a time

    def say(self, name: str, report: Report, covers: Collection[str]) -> None:
        self.send({"name": name, "covers": sorted(covers), "report": report.to_dict()})

    def all(self) -> None:
        """Judge what is chosen, what others rely on first; then say what is left."""
        for target in sorted(self.chosen, key=self._callees):
            if target.name in self.job["done"]:
                self._note(set(self.job["done"][target.name]))
            elif not self._is_settled(target):
                self.send({"begin": target.name})
                self._one(target)
        self._settle()
        for back in self._not_gone_with():
            name, code = back.__name__, back.__code__
            does = "trains" if entries.TRAIN.match(name) else "goes back"
            message = f"{name} {does} by its name, but no way forward was found that goes with it"
            place = code.co_filename, code.co_firstlineno
            self.say(name, uncheckable(name, "not-recognised", message, *place), set())

    def _callees(self, target: Target) -> int:
        """How many functions a function relies on: those are judged first; classes go before all functions."""
        if target.kind not in ("pair", "function"):
            return -1
        return len(functions_used([target.item], vars(self.loaded.module)))

    def _is_settled(self, target: Target) -> bool:
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

    def _one(self, target: Target) -> None:
        """Judge this and say it, unless the rest of the file has to be known first."""
        report, within = judge(target, self.loaded, self.job)
        if report.exit_code == 1 and _may_be_a_parts_fault(target, report):
            faulty = _faulty_parts(target, within.every, self.loaded, self.job)
            for part, found in faulty:  # what is wrong in a layer goes by its name, and is said once
                placed(found, self.loaded)
                if part not in self.wrong:
                    self.say(part, found, {part})
            if faulty:
                self.covers |= {part for part, _ in faulty}
                self.wrong |= {part for part, _ in faulty}
                report, within = _by_parts(target, report), Inside()
        self._keep(target, report, within)
        placed(report, self.loaded)
        disputed = _is_softmax_of_all(report) or _lacks_the_mean(report)
        if (report.exit_code == 2 and self._may_be_settled(target)) or disputed:
            self.left.append((target, report))
        else:
            self.say(target.name, report, within.judged)

    def _keep(self, target: Target, report: Report, within: Inside) -> None:
        """Take note of a judgement."""
        self.lone = self.lone or "at a time" in report.understood
        self.averaged = self.averaged or AVERAGED in report.understood
        if report.exit_code == 2:
            return
        self.network = self.network or target.kind == "network"
        self.gradients = self.gradients or bool(report.verdicts)
        self._note(within.judged)
        self.inside |= within.every if report.exit_code == 0 else set()
        if target.kind == "pair":
            self.judged.append(target.back)
        if target.kind == "functions":
            self.judged += entry_functions(target.item)
        if report.exit_code == 1:
            (self.faulty if target.kind in ("pair", "function") else self.wrong).add(target.name)

    def _note(self, covers: Collection[str]) -> None:
        self.covers |= set(covers)
        self.judged += [self.loaded.definitions[name] for name in covers if name in self.loaded.definitions]

    def _may_be_settled(self, target: Target) -> bool:
        """Whether what could not be judged may do without, by what stands beside it."""
        return (
            target.kind == "function"
            or target.name in self.inside
            or _only_trains(target)
            or _has_parts(target, self.chosen)
            or _is_part(target, self.chosen)
        )

    def _settle(self) -> None:
        """Say what was left, by what the rest of the file has shown."""
        for target, report in self.left:
            if report.exit_code == 2:
                by_others = bool(self.covers or self.judged) and _has_parts(target, self.chosen)
                by_others = by_others and not (isinstance(target.item, type) and begins_by_itself(target.item))
                idle = target.kind == "function" and self.gradients  # a function that nothing judged calls
                idle = idle or (_only_trains(target) and self.network)  # it may go by no gradient
                settled = by_others or idle or target.name in self.covers | self.inside
                report = _by_parts(target, report) if settled else report
            elif self.averaged and _lacks_the_mean(report):
                report = _divided_in_layers(target, report)
            elif _is_softmax_of_all(report) and (self.lone or self._fills_entries(target)):
                report = _of_one_sample(target, report)
            self.say(target.name, report, set())

    def _fills_entries(self, target: Target) -> bool:
        """Whether the file calls this in a loop for one entry each time: `o[t] = softmax(z)`."""
        own = [each for each in self.loaded.definitions.values() if each is not target.item]
        return any(fills_entries(each, target.name) for each in own)

    def _not_gone_with(self) -> list[Any]:
        """The file's functions that go back by their names, and that nothing judged or tried has to do with.

        Where no gradient in the file was judged, those that train by their names and change something too.
        """
        loaded = self.loaded
        if loaded.requested is not None:
            return []
        own = {name: item for name, item in loaded.definitions.items() if inspect.isfunction(item)}
        tried = [each for target in self.chosen for each in (target.item, target.back) if each is not None]
        used = functions_used([*self.judged, *(t for t in tried if inspect.isfunction(t))], vars(loaded.module))
        whole = any(target.kind == "functions" for target in self.chosen)
        backs = [f for f in entries.matching(own, entries.BACKWARD) if "back" in f.__name__.lower()]
        backs += [] if self.gradients else [f for f in entries.matching(own, entries.TRAIN) if entries.learns(f)]
        return [] if whole else [f for f in backs if f not in tried and f.__name__ not in used]


def program(job: Message, send: Callable[[Message], None]) -> None:
    """Judge job["target"]; job: target, make, data, loss, depth, seed, done ({name: classes covered})."""
    random.seed(job["seed"])
    np.random.seed(job["seed"])
    try:
        loaded = load(job["target"])
    except BackproofError as error:
        cause = "nothing-to-judge" if isinstance(error, EmptyError) else "could-not-load"
        report = uncheckable(job["target"], cause, str(error))
        send({"name": job["target"], "covers": [], "report": report.to_dict()})
        return
    send({"notes": loaded.notes})
    run = _Run(loaded, job, send)
    with loaded.imports:
        run.chosen = targets(loaded) or list(further(loaded))
        if not run.chosen:
            run.chosen = taken(loaded)
            for name, file, line in unseen(loaded) if run.chosen else ():
                message = f"{name} goes back through layers; it was not run, and its layers were judged one by one"
                run.say(name, uncheckable(name, "not-recognised", message, file, line), set())
        if not run.chosen:
            run.say(loaded.path.name, _nothing(loaded), set())
        run.all()


def _may_be_a_parts_fault(target: Target, report: Report) -> bool:
    """Whether what is wrong may lie in a class that this is made of, and that goes by its own name."""
    alone = target.kind == "layer" or report.understood.startswith(entries.TRIED)
    inside = target.kind == "layer" and any("." in finding.quantity for finding in report.findings)  # dfc1.bias
    inside = inside or report.understood.startswith(looked_up.DESCRIBED)
    return (alone and _hands_on(target.item)) or inside or boxed.is_function_class(target.item)


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
        if isinstance(target.item, Steps):
            return may_be_a_part(target.item) or not hands_state(target.item)
        return isinstance(target.item, LossFunctions)
    others = [other.item for other in chosen if isinstance(other.item, type) and other.item is not target.item]
    if boxed.is_function_class(target.item):  # made of others of its kind, or with arguments that are not known
        return True
    if nodes.is_leaf(target.item):
        return any(set(target.item.__mro__[1:-1]) & set(other.__mro__) for other in others)
    return _hands_on(target.item) or any(target.item in other.__mro__ for other in others)


def _hands_on(item: Any) -> bool:
    """Whether a class computes nothing itself, by the name of what it loops over or by what it calls of that."""
    return entries.hands_on(item) or (isinstance(item, type) and bool(walked(item)))


def _is_part(target: Target, chosen: list[Target]) -> bool:
    """Whether another class is made of this one, as a network of its neurons."""
    others = [other.item for other in chosen if isinstance(other.item, type) and other.item is not target.item]
    return isinstance(target.item, type) and any(speaks_of(each, target.item) for each in others)


def _faulty_parts(target: Target, covers: Set[str], loaded: Loaded, job: Message) -> list[tuple[str, Report]]:
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
    return _all_faults(report) == {("softmax-over-batch", "output")}


def _lacks_the_mean(report: Report) -> bool:
    """Whether all that is wrong is a loss whose gradient leaves out the 1 / N of its mean."""
    return _all_faults(report) == {("missing-batch-mean", "dx")}


def _all_faults(report: Report) -> set[tuple[str, str]]:
    return {(each.cause, each.quantity) for each in report.findings if each.is_fault}


def _divided_in_layers(target: Target, report: Report) -> Report:
    """The report on such a loss where the layers beside it divide by N: a note."""
    said = "leaves out the 1 / N of its mean, and the layers beside it divide by N: together right"
    return _noted(target, report, "divided-in-layers", said, _first_fault(report), "dx")


def _of_one_sample(target: Target, report: Report) -> Report:
    """The report on such a softmax where the rest of the file takes one sample at a time: a note."""
    said = "is a softmax of one sample, as the file around it; of several it would be none"
    return _noted(target, report, "judged-by-parts", said, _first_fault(report))


def _by_parts(target: Target, report: Report) -> Report:
    """The report on such a class where its parts were judged: a note."""
    said = "was not run by itself; what stands beside it was judged one by one"
    report.understood, report.verdicts = "", []  # what is wrong is said of the parts
    return _noted(target, report, "judged-by-parts", said, start(target))


def _first_fault(report: Report) -> tuple[str | None, int | None]:
    return next((each.file, each.line) for each in report.findings if each.is_fault)


def _noted(
    target: Target,
    report: Report,
    cause: str,
    said: str,
    place: tuple[str | None, int | None],
    quantity: str = "",
) -> Report:
    """The report with one note in place of its findings."""
    message = f"{target.name} {said}"
    report.findings = [Finding(CODES[cause], "note", target.name, quantity, cause, message, *place)]
    return report


def _nothing(loaded: Loaded) -> Report:
    made = ", ".join(loaded.definitions) or "no class and no function"
    return uncheckable(
        loaded.path.name,
        "nothing-to-judge",
        f"nothing to judge in {loaded.path}. Looked for: a class with loss(x, t) and gradient(x, t), a class with "
        f"forward(x) and backward(dout), a function with its derivative (relu and relu_grad). Found: {made}",
    )


if __name__ == "__main__":
    serve(program)
