"""The program of the child process behind `backproof xray`: load a target, run it once, send the page.

Messages: {"begin": name}, {"notes": [...]}, then {"page", "name", "remarks", "error", "others",
"problems"} or {"refused": why}.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backproof.check.job import further
from backproof.datasets import load_mnist
from backproof.errors import BackproofError
from backproof.protocols import Array
from backproof.subjects.adapters import recognise
from backproof.subjects.child import Message, serve
from backproof.subjects.construct import build, made_class, make, seen
from backproof.subjects.definitions import describe
from backproof.subjects.hints import Hints
from backproof.subjects.load import Loaded, load
from backproof.subjects.proposal import Proposal
from backproof.subjects.select import Target, targets
from backproof.subjects.subject import Network
from backproof.xray.xray import Xray, xray

BATCH = 100
IMAGE = 784  # features for which the shipped digits stand in for random input


def program(job: Message, send: Callable[[Message], None]) -> None:
    """X-ray the first thing in job["target"] that works; job: target, make, report, seed."""
    random.seed(job["seed"])
    np.random.seed(job["seed"])
    try:
        loaded = load(job["target"])
        send({"notes": loaded.notes})
        with loaded.imports:
            picture, name, drawn, problems = _first_that_works(loaded, job, send)
            others = [] if loaded.requested else [t.name for t in targets(loaded) if t.name != drawn.name]
            answer = {"page": picture.to_html(), "name": name, "remarks": _remarks(picture)}
            send(answer | {"error": picture.error, "others": others, "problems": problems})
    except BackproofError as error:
        send({"refused": str(error)})
    except SystemExit as error:
        send({"refused": f"{job['target']} called exit({error.code})"})
    except Exception as error:  # of the user's code, where no recording was listening
        send({"refused": f"{job['target']} raised {describe(error)}"})


def _remarks(picture: Xray) -> list[str]:
    return [f"wrong: {finding.message}" for finding in picture.findings] + [r.text for r in picture.stands_out]


def _first_that_works(
    loaded: Loaded, job: Message, send: Callable[[Message], None]
) -> tuple[Xray, str, Target, list[str]]:
    """The picture, how its subject reads, what it is of, and why what stands before it was not drawn."""
    problems: list[str] = []
    for target in _wanted(loaded, job["make"]):
        send({"begin": target.name})
        problem: BackproofError | None = None
        try:
            for item, proposal in _items(target, loaded, job["make"]):
                try:
                    picture, name = _xrayed(target, item, proposal, job)
                    return picture, name, target, problems
                except BackproofError as error:
                    problem = problem or error
        except BackproofError as error:
            problem = problem or error
        problems.append(f"{target.name} was not drawn: {problem}")
    if problems:
        raise BackproofError(problems[0].partition(" was not drawn: ")[2])
    raise BackproofError(
        f"nothing to x-ray in {loaded.path}. Looked for: a class with loss(x, t) and gradient(x, t), a class with "
        "forward(x) and backward(dout), a function with its derivative. "
        f"Found: {', '.join(loaded.definitions) or 'no class and no function'}"
    )


def _wanted(loaded: Loaded, text: str | None) -> list[Target]:
    """What may be drawn, in order; with `--make` only what that makes."""
    found = targets(loaded) or list(further(loaded))
    if text is None:
        return found
    chosen = [target for target in found if getattr(target.item, "__name__", "") == made_class(text)]
    if not chosen:
        names = ", ".join(target.name for target in found if isinstance(target.item, type))
        raise BackproofError(
            f"--make {text!r} makes none of the classes to draw in {loaded.path}: {names or 'there is none'}"
        )
    return chosen


def _items(target: Target, loaded: Loaded, text: str | None) -> Iterator[tuple[Any, Proposal]]:
    """The object or functions, with how it reads and what is known of its input, for every way to make it."""
    if target.kind == "pair":
        yield (target.item, target.back), Proposal((), {}, target.name, Hints())
    elif target.kind in ("function", "functions", "object"):
        yield target.item, Proposal((), {}, target.name, Hints())
    elif text and made_class(text) == target.item.__name__:
        yield make(text, vars(loaded.module))
    else:
        yield from build(target.item)


def _xrayed(target: Target, first: Any, made: Proposal, job: Message) -> tuple[Xray, str]:
    """The picture, and how its subject reads."""
    gradient = target.back if target.kind in ("network", "object") else None
    x: Any = None
    t: Array | None = None
    item, proposal, subject = seen(
        target.item, first, made, lambda one, how: recognise(one, gradient=gradient, hints=how.hints)
    )
    wants_digits = isinstance(subject, Network) and subject.x.shape[1:] == (IMAGE,)
    if isinstance(subject, Network) and wants_digits and subject.t.shape[1:] in ((), (10,)):
        x, t = _digits(one_hot=subject.t.ndim == 2)
    # What is drawn by its functions is passed on as it is: the X-ray looks at them too.
    picture = xray(item if target.kind == "pair" else subject, x, t, report=job["report"])
    if x is not None:
        picture.notes.append(f"The input is the first {BATCH} of the shipped digits.")
    return picture, proposal.text


def _digits(*, one_hot: bool) -> tuple[Array, Array]:
    (x, t), _ = load_mnist(name="mnist-sample", one_hot_label=one_hot)
    return x[:BATCH].astype(np.float64), t[:BATCH]


if __name__ == "__main__":
    serve(program)
