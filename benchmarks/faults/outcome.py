"""What a checker said about a variant, what was true, and whether the one fits the other."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from .causes import about_forward, is_symptom


@dataclass(frozen=True)
class Truth:
    """What counts as right; empty tuples for a variant without a fault.

    `cause` and `line` are for people; `causes` holds the slugs and `lines` the lines that are right.
    """

    variant: str
    program: str
    category: str
    kinds: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    quantities: tuple[str, ...] = ()
    cause: str = ""
    line: int = 0
    causes: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()

    @property
    def faulty(self) -> bool:
        return bool(self.layers)


@dataclass
class Outcome:
    """One checker's answer: its first finding, and what it spent.

    `evaluations` counts calls of a forward (of a layer, a pair or the loss); `tried` those of forward and backward
    that went beside them into trying changes of lines, `share_of_time` is the time of these to that of all else.
    `unjudged` says why a checker gave no verdict at all.
    """

    checker: str
    detected: bool
    layer: str = ""
    kind: str = ""
    quantity: str = ""
    cause: str = ""
    also: list[str] = field(default_factory=list)  # causes that fit as well, the likelier first; two at most
    line: int = 0
    findings: int = 0
    evaluations: int = 0
    seconds: float = 0.0
    tried: int = 0
    share_of_time: float = 0.0
    unjudged: str = ""
    detail: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def layer_fits(said: str, truth: Truth) -> bool:
    """The name in the network, its class or function; either half of a pair (`f_forward`, `f_backward`)."""
    accepted = {name for layer in truth.layers for name in _names(layer)}
    return bool(_names(said) & accepted)


def _names(name: str) -> set[str]:
    return {name, re.sub(r"_(forward|backward|grad)$", "", name)}


def kind_fits(said: str, truth: Truth) -> bool:
    return said in truth.kinds


def quantity_fits(said: str, truth: Truth) -> bool:
    """`dW`, `W` and `W2` are one quantity; so are a layer's output and its loss."""
    return _quantity(said) in {_quantity(quantity) for quantity in truth.quantities}


def _quantity(name: str) -> str:
    name = name.rpartition(".")[2]
    name = re.sub(r"^(grad_|d_?)(?=\w)", "", name)
    name = re.sub(r"\d+$", "", name).lower()
    return {"loss": "output", "weight": "w", "bias": "b", "out": "output", "y": "output"}.get(name, name)


def cause_answer(outcome: Outcome, truth: Truth) -> str:
    """ "right", "unknown" or "wrong": a cause named on another layer, or one that is not the truth's.

    A symptom counts as "unknown", but as "wrong" where it blames a forward that is right.
    """
    if outcome.cause in truth.causes and layer_fits(outcome.layer, truth):
        return "right"
    if is_symptom(outcome.cause) and ("forward" in truth.kinds or not about_forward(outcome.cause)):
        return "unknown"
    return "wrong"


def among_three(outcome: Outcome, truth: Truth) -> bool:
    """Whether the cause, or one of the two that the report says fit as well, is right."""
    named = any(cause in truth.causes for cause in (outcome.cause, *outcome.also))
    return named and layer_fits(outcome.layer, truth)


def line_fits(outcome: Outcome, truth: Truth) -> bool:
    return outcome.line in truth.lines
