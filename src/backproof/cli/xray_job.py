"""The program of the child process behind `backproof xray`: load a target, run it once, send the page.

Messages: {"begin": name}, {"notes": [...]}, then {"page", "name", "remarks", "error"} or {"refused": why}.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backproof.datasets import load_mnist
from backproof.errors import BackproofError
from backproof.protocols import Array
from backproof.subjects.child import Message, serve
from backproof.subjects.construct import Hints, build, made_class, make
from backproof.subjects.load import Loaded, load
from backproof.subjects.samples import find_inputs, find_sample
from backproof.subjects.select import Target, targets
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
            picture, name = _first_that_works(loaded, job, send)
            send({"page": picture.to_html(), "name": name, "remarks": _remarks(picture), "error": picture.error})
    except BackproofError as error:
        send({"refused": str(error)})
    except SystemExit as error:
        send({"refused": f"{job['target']} called exit({error.code})"})


def _remarks(picture: Xray) -> list[str]:
    return [f"wrong: {finding.message}" for finding in picture.findings] + [r.text for r in picture.stands_out]


def _first_that_works(loaded: Loaded, job: Message, send: Callable[[Message], None]) -> tuple[Xray, str]:
    problem: BackproofError | None = None
    for target in targets(loaded):
        send({"begin": target.name})
        try:
            for item, name, hints in _items(target, loaded, job["make"]):
                try:
                    return _xrayed(target, item, hints, job), name
                except BackproofError as error:
                    problem = problem or error
        except BackproofError as error:
            problem = problem or error
    raise problem or BackproofError(
        f"nothing to x-ray in {loaded.path}. Looked for: a class with loss(x, t) and gradient(x, t), a class with "
        "forward(x) and backward(dout), a function with its derivative. "
        f"Found: {', '.join(loaded.definitions) or 'no class and no function'}"
    )


def _items(target: Target, loaded: Loaded, text: str | None) -> Iterator[tuple[Any, str, Hints]]:
    """(the object or functions, how it reads, what is known of its input), for every way to make it."""
    if target.kind == "pair":
        yield (target.item, target.back), target.name, Hints()
    elif target.kind in ("function", "functions", "object"):
        yield target.item, target.name, Hints()
    elif text and made_class(text) == target.item.__name__:
        instance, proposal = make(text, vars(loaded.module))
        yield instance, proposal.text, proposal.hints
    else:
        for instance, proposal in build(target.item):
            yield instance, proposal.text, proposal.hints


def _xrayed(target: Target, item: Any, hints: Hints, job: Message) -> Xray:
    x: Any = None
    t: Array | None = None
    note = ""
    if target.kind in ("network", "object"):
        loss = getattr(item, "loss", None)
        if callable(loss):
            sample = find_sample(loss, hints, holder=item)
            x, t = sample.x, sample.t
            if x.shape[1:] == (IMAGE,) and t.shape[1:] in ((), (10,)):
                x, t = _digits(sample.form)
                note = f"The input is the first {BATCH} of the shipped digits."
    elif target.kind == "layer" and callable(getattr(item, "forward", None)):
        x = find_inputs(item.forward, hints, holder=item)
    picture = xray(
        item, x, t, gradient=target.back if target.kind in ("network", "object") else None, report=job["report"]
    )
    if x is not None:
        picture.notes.append(note or "The input is small random numbers of a shape that works.")
    return picture


def _digits(form: str) -> tuple[Array, Array]:
    (x, t), _ = load_mnist(name="mnist-sample", one_hot_label=form != "indices")
    return x[:BATCH].astype(np.float64), t[:BATCH]


if __name__ == "__main__":
    serve(program)
