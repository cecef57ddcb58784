"""Functions with parameters and caches handed from one to the other: `L_model_forward`, `backward_prop` ...

Free ones, or the methods of a class that keeps no parameters.
The parameters come from `initialize_parameters(...)` as a dict or a tuple; what forward returns goes into backward
by name. Source of the shape: Ng, Deep Learning Specialization, course 1.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import HIDDEN, INPUT, OUTPUT
from backproof.subjects.argument_roles import role as size_role
from backproof.subjects.trial import entries
from backproof.subjects.trial.fitting import try_input
from backproof.subjects.trial.functions import Functions, form_a_network, initial_functions
from backproof.subjects.trial.roles import fill, parameters, role, roles_of
from backproof.subjects.trial.way import Way

_TO_SCORES = 2  # forward functions tried


def matches(item: object) -> bool:
    """A file's functions, or an object whose forward is given the parameters: `forward(X, parameters)`."""
    if isinstance(item, Functions):
        return True
    if inspect.isclass(item) or inspect.isroutine(item):
        return False
    own = entries.methods(item)
    forward = next(iter(entries.matching(own, entries.FORWARD)), None)
    given = [name for name, needed in parameters(forward).items() if needed][1:] if forward else []
    return bool(form_a_network(own) and given and not any(role(name) in ("zero", "training") for name in given))


def ways(item: Any) -> Iterator[Way]:
    """Every start, forward and backward that go together."""
    if not isinstance(item, Functions):
        item = Functions(type(item).__name__, entries.methods(item))
    own = item.own
    backs = entries.going_back(own)
    backs = sorted(backs, key=lambda f: ("grad" in f.__name__, "model" not in f.__name__))
    forwards = entries.matching(own, entries.FORWARD, entries.SCORES)
    forwards = sorted(forwards, key=lambda f: "model" not in f.__name__)
    for initial in initial_functions(own)[:3]:
        for outputs in (OUTPUT, 1):
            start = _parameters(initial, outputs)
            if start is None:
                continue
            for forward in forwards[:_TO_SCORES]:
                for back in backs[:2]:
                    for way in _way(item, initial, start, forward, back):
                        yield replace(way, narrow=outputs == 1)


def _parameters(initial: Callable[..., Any], outputs: int) -> dict[str, Any] | None:
    """What the start gives for that many outputs, by name: W1, b1 ... or `parameters`."""
    sizes = [name for name, needed in parameters(initial).items() if needed]
    plain = {"input": INPUT, "hidden": HIDDEN, "output": outputs}
    by_name: list[Any] = []
    for name in sizes:
        if name.lower() in ("n_x", "nx", "input", "n_in", "n0"):
            by_name.append(INPUT)
        elif name.lower() in ("n_y", "ny", "n_out"):
            by_name.append(outputs)
        else:
            by_name.append(plain.get(size_role(name), HIDDEN))
    spec = [
        {"input_dim": 7, "output_dim": 8, "activation": "relu"},
        {"input_dim": 8, "output_dim": 1, "activation": "sigmoid"},
    ]
    lists: list[Any] = [[INPUT, HIDDEN, 9, outputs], [INPUT, HIDDEN, 9, 1], (INPUT, HIDDEN, outputs), spec]
    tries: list[list[Any]] = [by_name]
    if len(sizes) == 1:
        tries = [[one] for one in lists] + tries
    elif sizes:
        tries += [[first, *by_name[1:]] for first in lists]
    x, t = np.random.default_rng(0).standard_normal((INPUT, 3)), np.eye(outputs)[:, :3]
    if any(role(name) in ("x", "t") for name in sizes):
        tries = [
            [x if role(n) == "x" else t if role(n) == "t" else v for n, v in zip(sizes, by_name, strict=True)]
        ]
    for arguments in tries:
        try:
            made = initial(*arguments)
        except Exception:  # other sizes
            continue
        found = entries.named_results(initial, made) if isinstance(made, tuple) else {"": made}
        if isinstance(made, tuple) and len(found) < len(made):
            found = {f"p{i}": part for i, part in enumerate(made)}
        if any(True for _ in _arrays(found)):
            return found
    return None


def _arrays(value: Any) -> Iterator[Array]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _arrays(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _arrays(part)


def _way(
    item: Functions,
    initial: Callable[..., Any],
    start: dict[str, Any],
    forward: Callable[..., Any],
    back: Callable[..., Any],
) -> Iterator[Way]:
    """The trial's view of one such set, for every place that the scores may lie in."""
    whole = start.get("")
    last: dict[str, Any] = {}

    def known(function: Callable[..., Any], values: dict[str, Any], named: dict[str, Any]) -> list[Any] | None:
        """Arguments by name and role; the parameters, where they are one thing, go to what nothing else fits."""
        roles = roles_of(function)
        if whole is not None:
            inner = dict(whole) if isinstance(whole, Mapping) else {}
            named = {**{str(k): v for k, v in inner.items()}, **named}
            free = [n for n, w in roles.items() if n not in named and (w not in values or "param" in n.lower())]
            likely = [n for n in free if re.search(r"param|weight|theta|model|network|net|^w$|^ws$", n, re.I)]
            chosen = (likely or [n for n in free if parameters(function)[n]])[:1]
            named |= dict.fromkeys(chosen, whole)
        return fill(function, values, {**{k: v for k, v in start.items() if k}, **named}, roles)

    def call(x: Array) -> Any:
        arguments = known(forward, {"x": x, "training": True}, {})
        if arguments is None:
            raise TypeError(f"{forward.__name__} takes {', '.join(parameters(forward))}: not known what to give")
        last["returned"] = forward(*arguments)
        return last["returned"]

    def environment(x: Array, t: Any, y: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        returned = last["returned"]
        values = {"x": x, "t": t, "y": y, "count": x.shape[-1], "zero": 0.0, "rate": 0.01, "training": True}
        caches = (
            [p for p in returned if isinstance(p, (dict, list, tuple))]
            if isinstance(returned, tuple)
            else [returned]
        )
        rest = returned[1:] if isinstance(returned, tuple) else (returned,)
        values["cache"] = caches[-1] if caches else rest[0] if len(rest) == 1 else rest
        values["upstream"] = y - t if np.shape(y) == np.shape(t) else None
        named = {n: v for n, v in entries.named_results(forward, returned).items() if n and v is not None}
        return {k: v for k, v in values.items() if v is not None}, named

    def backward(pick: Callable[[Any], Any], x: Array, t: Any) -> Any:
        arguments = known(back, *environment(x, t, pick(last["returned"])))
        if arguments is None:
            raise TypeError(f"{back.__name__} takes {', '.join(parameters(back))}: not known what to give")
        return entries.by_name(back, back(*arguments))

    own = entries.losses(item.own)

    def loss_of(function: Callable[..., Any], pick: Callable[[Any], Any]) -> Callable[[Array, Any], Any]:
        def loss(x: Array, t: Any) -> Any:
            arguments = known(function, *environment(x, t, pick(last["returned"])))
            if not arguments:
                raise TypeError(f"{function.__name__} takes something else")
            value = np.asarray(function(*arguments), dtype=np.float64)
            if value.size > 1:
                raise TypeError(f"{function.__name__} gives no single number")
            return value

        return loss

    returned = try_input(start, call)
    if returned is None:
        return
    for pick in entries.score_picks(forward, returned)[:2]:
        yield Way(
            name=item.name,
            described=f"functions: {initial.__name__}, {forward.__name__}, {back.__name__}",
            owner=start,
            roots=(start if whole is None else whole,),
            forward=partial(_scores, call, pick),
            backward=partial(backward, pick),
            losses={name: loss_of(function, pick) for name, function in own.items()},
            single=False,
            source={"gradient": back, "predict": forward, **({"loss": next(iter(own.values()))} if own else {})},
        )


def _scores(call: Callable[[Array], Any], pick: Callable[[Any], Any], x: Array) -> Any:
    return pick(call(x))
