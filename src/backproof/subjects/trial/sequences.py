"""Functions that go through a sequence step by step: which go forward, which back, what each argument is for.

`lossFun(inputs, targets, hprev)`; `rnn_forward(X, Y, a0)` with `rnn_backward(X, Y, cache)`; `loss(ps, targets)`
with `forward(inputs, hprev)` and `backward(xs, hs, ps, targets)`. Sources: Karpathy, min-char-rnn; Ng, Deep
Learning Specialization, course 5; Britz, Recurrent Neural Networks Tutorial, part 2.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from backproof.subjects.argument_roles import words_of
from backproof.subjects.own_source import text_of, tree_of
from backproof.subjects.signatures import parameters
from backproof.subjects.trial import entries, results
from backproof.subjects.trial.roles import LOSS, key, role

_STATE = re.compile(
    r"(h|c|a|s|hidden|cell|hiddenstate|cellstate|state|memory)s?(prev|previous|0|init|initial|last|old|start|t1)"
    r"|(prev|previous|init|initial|last|old)(h|c|a|s|hidden|cell|state|activation)(state)?"
    r"|h|c|hidden|cell|h?state|hiddenstate|cellstate"
)
_SEQUENCE = re.compile(
    r"(input)?seq(uence)?|sentence|tokens?|indices|ids|tokenids|chars|words|inputids|inputindices"
)
_OTHER = re.compile(
    r"num|check|test|plot|clip|sample|generat|predict|train|optimi[sz]e|sgd|step$|update|fit|total", re.I
)
_BACK = re.compile(r"backward|back_?prop|bptt|through_?time|gradients?$", re.IGNORECASE)
_GRADIENT = re.compile(r"d_?[A-Za-z]\w*|\w*grads?|gradients?|nabla\w*")
_SAYS_SO = re.compile(r"loss|cost|grad", re.IGNORECASE)
_HELD = ("rate", "once", "optimizer")  # what is given to a training, or to a way back that updates


@dataclass(frozen=True)
class Steps:
    """Functions of one file, or methods of one object, that go through a sequence together.

    forward: takes the inputs, and may take the labels. back: takes what forward returned; None where forward
    returns the gradients, or leaves them, itself. owner: the object whose methods they are.
    own: all of the functions beside them. others: which of those may go together in their stead.
    """

    name: str
    forward: Callable[..., Any]
    back: Callable[..., Any] | None
    owner: Any = None
    own: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    others: tuple[Steps, ...] = ()

    @property
    def functions(self) -> list[Callable[..., Any]]:
        """The one or the two."""
        return [self.forward] if self.back is None else [self.forward, self.back]


def steps_in(name: str, own: Mapping[str, Callable[..., Any]], owner: Any = None) -> Iterator[Steps]:
    """Those among a file's functions or an object's methods: one that does all first, then pairs."""
    usable = {n: f for n, f in own.items() if not (_OTHER.search(n) or n.startswith("__"))}
    trains = [f for f in usable.values() if set(argument_roles(f).values()) & set(_HELD)]
    forwards = [f for f in usable.values() if goes_through(f) and f not in trains]
    for forward in forwards:
        names = results.returned_names(forward)
        told = _gives_loss(names) or _gives_gradients(names) or _SAYS_SO.search(forward.__name__)
        if _takes_both(forward) and len(names) > 1 and told:
            yield Steps(name, forward, None, owner, own)
    backs = [f for n, f in usable.items() if _BACK.search(n) and _takes_labels_or_cache(f) and _has_loop(f)]
    for forward in forwards:
        if forward in backs or not (_gives_loss(results.returned_names(forward)) or _goes_forward(forward)):
            continue
        for back in backs:
            both = set(argument_roles(forward).values()) | set(argument_roles(back).values())
            if "t" in both:
                yield Steps(name, forward, back, owner, own)


def networks_of_steps(name: str, own: Mapping[str, Callable[..., Any]]) -> list[Steps]:
    """Those among a file's functions, one for each network: others that share a function with it are in it."""
    networks: list[list[Steps]] = []
    free = {n: f for n, f in own.items() if next(iter(parameters(f)), "") != "self"}  # others become methods
    for steps in steps_in(name, free):
        kin = next((each for each in networks if any(_share(other, steps) for other in each)), None)
        if kin is None:
            networks.append([steps])
        else:
            kin.append(steps)
    names = [name] if len(networks) == 1 else [each[0].forward.__name__ for each in networks]
    return [
        replace(first, name=called, others=tuple(rest))
        for called, (first, *rest) in zip(names, networks, strict=True)
    ]


def _share(one: Steps, other: Steps) -> bool:
    """Whether they have a function in common, or the first calls the way back of the second."""
    called = {node.id for node in ast.walk(tree_of(one.forward)) if isinstance(node, ast.Name)}
    back = other.back
    return one.forward is other.forward or (back is not None and (one.back is back or back.__name__ in called))


def argument_roles(function: Callable[..., Any]) -> dict[str, str]:
    """The role of each parameter, "state" among them: what a recurrent network is handed from before."""
    found: dict[str, str] = {}
    for name in parameters(function):
        plain = key(name)
        words = words_of(name)
        if _STATE.fullmatch(plain):
            found[name] = "state"
        elif words & {"vocab", "vocabulary"} and words & {"size", "len", "length", "n", "dim"}:
            found[name] = "vocabulary"
        elif _SEQUENCE.fullmatch(plain):
            found[name] = "x"
        else:
            found[name] = role(name)
    return found


def goes_through(function: Callable[..., Any]) -> bool:
    """Whether it takes inputs and loops over them, rather than over layers."""
    taken = [name for name, what in argument_roles(function).items() if what == "x"]
    over = "|".join(map(re.escape, taken))
    counted = re.compile(rf"\b(len|enumerate|zip|reversed)\([^)\n]*\b({over})\b|\bin ({over})\b")
    return bool(taken) and _has_loop(function) and counted.search(text_of(function)) is not None


def _takes_both(function: Callable[..., Any]) -> bool:
    roles = list(argument_roles(function).values())
    return roles.count("x") == 1 and roles.count("t") == 1


def _takes_labels_or_cache(function: Callable[..., Any]) -> bool:
    return bool({"t", "cache"} & set(argument_roles(function).values()))


def _goes_forward(function: Callable[..., Any]) -> bool:
    name = function.__name__
    known = entries.matching({name: function}, entries.FORWARD, entries.SCORES) or re.search("forward", name, re.I)
    return bool(known) and entries.gives(function)


def _has_loop(function: Callable[..., Any]) -> bool:
    return any(isinstance(node, ast.For | ast.While) for node in ast.walk(tree_of(function)))


def _gives_loss(names: list[str]) -> bool:
    return len(names) > 1 and any(map(is_loss_name, names))


def is_loss_name(name: str) -> bool:
    """Whether a returned value is one loss by its name."""
    return name in ("J", "L", "E") or bool(LOSS.search(name) and not entries.NO_LOSS.search(name))


def _gives_gradients(names: list[str]) -> bool:
    return sum(_GRADIENT.fullmatch(name) is not None for name in names) > 1


def may_be_a_part(steps: Steps) -> bool:
    """Whether nothing says that it gives gradients: it may only measure the loss."""
    alone = steps.back is None and not steps.others
    return alone and not _gives_gradients(results.returned_names(steps.forward))


def hands_state(steps: Steps) -> bool:
    """Whether a state from before is handed over: no layer and no loss is asked for one together with labels."""
    return any("state" in argument_roles(f).values() for f in steps.functions)


def of_class(cls: type) -> bool:
    """Whether the methods of a class go through a sequence in this way."""
    if inspect.isabstract(cls):
        return False
    return next(steps_in(cls.__name__, entries.methods(cls)), None) is not None
