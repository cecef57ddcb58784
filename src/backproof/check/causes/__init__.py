"""What would make exactly this difference? One family of named hypotheses a file.

A hypothesis is an array that a known mistake would have produced. It is believed where it reproduces the code's
own gradient at every point looked at, batch sizes apart, to FITS of its size, alone or times a plain factor.
Nothing fits: the answer is "unknown", with the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from backproof.check.causes import (
    activations,
    affine,
    case,
    convolution,
    losses,
    normalization,
    patterns,
    shapes,
    unknown,
    wiring,
)
from backproof.check.causes.case import Case, Hypothesis, Named, fits, plain_factor

FAMILIES: tuple[Callable[[Case], Iterator[Hypothesis]], ...] = (
    losses.hypotheses,
    activations.hypotheses,
    affine.hypotheses,
    convolution.hypotheses,
    normalization.hypotheses,
    patterns.hypotheses,
)


FURTHER = 2  # causes that fit as well and are told

__all__ = ["FURTHER", "Named", "case", "name", "shapes", "wiring"]


def name(cases: list[Case]) -> Named:
    """The first cause that explains all cases of one wrong quantity; then the same with a plain factor.

    What else explains them is in its evidence, under "also fits".
    """
    lists = [[list(family(each)) for family in FAMILIES] for each in cases]
    explicit = [_flat(families[:-1]) for families in lists]
    general = [families[-1] for families in lists]
    found = [*_believed(cases, explicit, with_factor=False)]
    found += [each for each in [patterns.factor(cases)] if each is not None]
    found += _believed(cases, general, with_factor=False)
    first, *others = found or [*_believed(cases, explicit, with_factor=True)] or [_unknown(cases)]
    also = [cause for cause in dict.fromkeys(each.cause for each in others) if cause != first.cause]
    return Named(first.cause, first.evidence | ({"also fits": also[:FURTHER]} if also else {}))


def _unknown(cases: list[Case]) -> Named:
    return Named("unknown", unknown.pattern(cases[0]))


def _flat(families: list[list[Hypothesis]]) -> list[Hypothesis]:
    return [hypothesis for family in families for hypothesis in family]


def _believed(cases: list[Case], lists: list[list[Hypothesis]], *, with_factor: bool) -> Iterator[Named]:
    """The causes that every case's list names and that fit each; a list may name one cause several times."""
    for cause in dict.fromkeys(h.cause for h in lists[0]):
        words: list[str] = []
        for each, hypotheses in zip(cases, lists, strict=True):
            found = None
            for h in (h for h in hypotheses if h.cause == cause):
                if not with_factor and fits(each, h.array):
                    found = "1"
                elif with_factor:
                    found = plain_factor(each, h.array)
                if found:
                    break
            if not found:
                break
            words.append(found)
        else:
            evidence: dict[str, object] = {}
            if with_factor:
                evidence["times"] = words[0]
            yield Named(cause, evidence)
