"""One variant, every checker, each under a time limit: what a worker process does."""

from __future__ import annotations

import contextlib
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import benchmarks.faults.environment  # noqa: F401 - before NumPy, which reads it once
from benchmarks.faults import corpus, correct, ours
from benchmarks.faults import later as written_later
from benchmarks.faults.outcome import Outcome, Truth
from benchmarks.faults.peers import PEERS
from benchmarks.faults.subjects import PROGRAM, Program, load
from benchmarks.faults.tables import Judged
from benchmarks.faults.truth import quiet

LIMIT = 60.0  # seconds for one checker on one variant


class TimeUp(BaseException):
    """Not an Exception, so that no checker takes it for a failure of the code it checks."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    def stop(*_: Any) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def guarded(checker: str, ask: Callable[[], Outcome]) -> Outcome:
    """The answer, or why there is none: out of time, or an error of the checker itself."""
    try:
        with time_limit(LIMIT), quiet():
            return ask()
    except TimeUp:
        return Outcome(checker, False, seconds=LIMIT, unjudged=f"no answer in {LIMIT:.0f} s")
    except Exception as error:
        return Outcome(
            checker,
            False,
            unjudged=f"{type(error).__name__}: {error}",
            detail={"traceback": traceback.format_exc()},
        )


def ask_peers(program: Program, path: Path) -> dict[str, Outcome]:
    """Every peer on a freshly built subject each, so that none sees what another left behind."""

    def fresh(name: str) -> Outcome:
        return PEERS[name](program.build(load(path)))

    return {name: guarded(name, lambda name=name: fresh(name)) for name in PEERS}


def in_file(group: str, truth: Truth, text: str, peers: bool) -> Judged:
    """A variant as a file of its own, through the command line."""
    with corpus.written(text, truth.program) as path:
        outcomes = {ours.NAME: ours.check_file(path, LIMIT)}
        if peers:
            outcomes |= ask_peers(PROGRAM[truth.program], path)
    return Judged(group, truth, outcomes)


def hand(place: int, peers: bool) -> Judged:
    fault = corpus.hand_faults()[place]
    return in_file("hand", corpus.hand_truth(fault), fault.text, peers)


def base(name: str, peers: bool) -> Judged:
    return in_file("base", corpus.base_truth(PROGRAM[name]), PROGRAM[name].text, peers)


def later(place: int, _: bool) -> Judged:
    fault, causes = written_later.FAULTS[place]
    return in_file("later", written_later.truth(fault, causes), fault.text, peers=False)


def later_base(name: str, _: bool) -> Judged:
    return in_file("later base", Truth(name, name, "correct"), written_later.text_of(name), peers=False)


def mutant(entry: corpus.Survey, peers: bool) -> Judged:
    """A mutant in this process: its network, layers and pairs as objects."""
    program = PROGRAM[entry.program]
    change = corpus.mutants_of(entry.program)[entry.place]
    truth = entry.truth or Truth(change.name, change.program, change.operator)
    with corpus.written(change.text, entry.program) as path:
        outcomes = {ours.NAME: guarded(ours.NAME, lambda: ours.check_subject(program.build(load(path))))}
        if peers and entry.truth:
            outcomes |= ask_peers(program, path)
    return Judged("mutant" if entry.truth else "equivalent", truth, outcomes)


def network(serial: int, _: bool) -> Judged:
    case = correct.network(serial)
    truth = Truth(f"{serial}: {case.settings}", "network", case.settings.partition(", batch")[0])
    return Judged(
        "network", truth, {ours.NAME: guarded(ours.NAME, lambda: ours.check_object(case.subject, case.x, case.t))}
    )


def torch_layer(place: tuple[str, int], _: bool) -> Judged:
    case = correct.torch_layer(*place)
    truth = Truth(case.settings, "torch", "PyTorch's layers")
    return Judged(
        "torch", truth, {ours.NAME: guarded(ours.NAME, lambda: ours.check_object(case.subject, case.x, case.t))}
    )
