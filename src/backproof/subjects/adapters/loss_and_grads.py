"""A network whose `loss(X, y)` returns the loss and its gradients, and without labels the scores (cs231n).

The method may have any name that says so, and give the gradients one by one: `return loss, dW, db`.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import INPUT, OUTPUT
from backproof.subjects.shapes import IMAGE_SIZES, STEPS
from backproof.subjects.signatures import parameters
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial.fitting import try_input
from backproof.subjects.trial.layouts import images
from backproof.subjects.trial.loss_and_grads import gives_loss_and_grads, loss_and_grads, names_of_answer
from backproof.subjects.trial.matching import SIZES
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.roles import SHRINKING
from backproof.subjects.trial.way import Way

_PENALTY = 0.3  # what the loss is told to weigh the squares of the weights with


def matches(item: object) -> bool:
    """`loss(X, y=None)` and no `gradient`."""
    return not (inspect.isclass(item) or inspect.isroutine(item)) and gives_loss_and_grads(type(item))


def ways(item: Any) -> Iterator[Way]:
    """One way: loss(X) for the scores where it gives those that loss(X, y), with its gradients, is the loss of."""
    own = loss_and_grads(type(item))
    assert own is not None
    name, slopes = own.__name__, names_of_answer(type(item), own)[1:]
    both = getattr(item, name)
    rest: list[float] = []
    for extra, needed in list(parameters(both).items())[2:]:
        if not (needed or SHRINKING.fullmatch(extra)):
            break
        rest.append(_PENALTY if SHRINKING.fullmatch(extra) else 0.0)
    with_scores = Way(
        name=type(item).__name__,
        described=f"a network whose {name}(X, y) returns loss and gradients",
        owner=item,
        roots=(item,),
        forward=both,
        backward=lambda x, t: _gradients(slopes, both(x, t, *rest)),
        losses={name: lambda x, t: both(x, t, *rest)[0]},
        single=False,
        penalised=_PENALTY in rest,
        source={"gradient": both, "loss": both},
    )
    for shape in _image_shapes(item):
        scores = _scores(item, both, shape)
        if scores is not None:
            sized = replace(with_scores, layouts=(images(shape),), widths=(math.prod(shape),))
            yield _by_loss(sized, scores.shape[-1]) if _has_two_modes(item, both, shape) else sized
            return
    scores = try_input(item, both)
    if isinstance(scores, np.ndarray):
        width = next((a.shape[0] for a in reach(item).values() if a.ndim == 2), INPUT)
        yield _by_loss(with_scores, scores.shape[-1]) if _has_two_modes(item, both, (width,)) else with_scores
        return
    widths = [a.shape[-1] for a in reach(item).values() if a.ndim == 2]  # no scores: the loss alone tells
    classes = OUTPUT if OUTPUT in widths else widths[-1] if widths else 1
    alone = _by_loss(with_scores, classes)
    yield alone

    def tokens(t: Any) -> Any:
        """A sequence of classes a sample in place of its class."""
        first = np.argmax(t, axis=1) if np.ndim(t) == 2 else np.asarray(t)
        return (first[:, None] + np.arange(STEPS)) % classes

    yield replace(
        alone,
        described=f"{with_scores.described}, its labels sequences",
        backward=lambda x, t: _gradients(slopes, both(x, tokens(t), *rest)),
        losses={name: lambda x, t: both(x, tokens(t), *rest)[0]},
    )


def _by_loss(way: Way, classes: int) -> Way:
    """The same without its scores: there are none, or they are those of another function than its loss is of."""
    return replace(way, forward=lambda x: None, classes=classes)


def _image_shapes(item: Any) -> Iterator[tuple[int, ...]]:
    """Images that its first kernel may be for, (filters, channels, ...) or (..., channels, filters)."""
    kernel = next((a for a in reach(item).values() if a.ndim == 4), None)
    for size in IMAGE_SIZES if kernel is not None else ():
        yield from ((kernel.shape[1], size, size), (size, size, kernel.shape[2]))  # type: ignore[union-attr]


def _scores(item: Any, both: Callable[..., Any], shape: tuple[int, ...]) -> Array | None:
    """The scores of images of this shape; None where it takes none."""
    here = Snapshot(item)
    try:
        scores = np.asarray(both(np.random.default_rng(0).standard_normal((SIZES[0], *shape))))
    except (Exception, SystemExit):  # another size
        return None
    finally:
        here.restore()
    return scores if scores.ndim == 2 and len(scores) == SIZES[0] else None


def _has_two_modes(item: Any, both: Callable[..., Any], shape: tuple[int, ...]) -> bool:
    """Whether loss(X, y) keeps a running mean or variance, which loss(X) goes by."""
    x = np.random.default_rng(0).standard_normal((SIZES[0], *shape))
    here = Snapshot(item)
    before = {path: (id(a), a.copy()) for path, a in reach(item).items()}
    with contextlib.suppress(Exception, SystemExit):  # it takes other labels
        both(x, np.zeros(len(x), dtype=np.int64))
    after = reach(item)
    kept = any(
        path in after and (id(after[path]), True) != (known, np.array_equal(after[path], was))
        for path, (known, was) in before.items()
    )
    here.restore()
    return kept or any(path not in before and _RUNNING.search(path) for path in after)


_RUNNING = re.compile(r"run|mov|mean|avg|average|mu\b|var", re.IGNORECASE)


def _gradients(names: list[str], answer: Any) -> Any:
    """What is returned after the loss: a dict, one array, or as many as are named."""
    _, *grads = answer
    if len(grads) == 1:
        return dict(grads[0]) if isinstance(grads[0], Mapping) else grads[0]
    return dict(zip(names, grads, strict=True)) if len(names) == len(grads) else grads
