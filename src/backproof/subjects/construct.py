"""Arguments for constructors: small, unequal sizes, inferred from the parameters' names, defaults and use."""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.errors import BackproofError
from backproof.subjects.argument_roles import (
    CHANNELS,
    HIDDEN,
    INPUT,
    OUTPUT,
    SECOND_HIDDEN,
    role,
    unpacked,
    words_of,
)
from backproof.subjects.argument_values import KEEP, Style, arrays_for, call_text, settings_for, value_for, walks
from backproof.subjects.asked_for import with_what_was_asked_for
from backproof.subjects.beside import node_for, object_for
from backproof.subjects.calls import OPEN, own_calls
from backproof.subjects.container import filled, is_empty
from backproof.subjects.definitions import describe
from backproof.subjects.from_outside import lend
from backproof.subjects.given_settings import settings_class, values_of
from backproof.subjects.hints import Hints, learn
from backproof.subjects.layer_specs import layer_specs
from backproof.subjects.made_by_data import make_from_data
from backproof.subjects.parts import known_to, layers_of, loses_by_logarithms
from backproof.subjects.plain_numbers import to_arrays
from backproof.subjects.proposal import Proposal
from backproof.subjects.second_step import in_training, rates, second_step
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import NotRecognised, Subject
from backproof.subjects.tried import SampleError
from backproof.subjects.uses import (
    bending,
    called,
    choices,
    gone_through,
    halved,
    kept_in,
    own_functions,
    speaks_of_digits,
    speaks_of_ten,
    spelling,
    spread,
    taken_out,
)
from backproof.subjects.walked import walked


class ConstructError(BackproofError):
    """No arguments were found with which the class constructs; lists what was tried."""


def build(cls: type) -> Iterator[tuple[Any, Proposal]]:
    """Every object that a proposal constructs, best proposal first; raises ConstructError where none does.

    Weights that are Python's own numbers are arrays first, then as they were.
    """
    failures: list[str] = []
    built = False
    for first in propose(cls):
        try:
            instance, proposal = _made(cls, first)
        except (Exception, SystemExit) as error:
            failures.append(f"{first.text} raised {describe(error)}")
            continue
        built = True
        if is_empty(instance):
            for ending in (False, True):  # a way back may leave its last layer to the loss
                whole = proposal.build(cls)
                if filled(whole, ending=ending):
                    make_from_data(whole)
                    yield whole, replace(proposal, hints=Hints(features=INPUT, classes=OUTPUT))
        before = Snapshot(instance)
        if to_arrays(instance):
            yield instance, proposal
            before.restore()
        yield instance, proposal
    if not built:
        raise ConstructError(
            f"{cls.__name__} could not be constructed: "
            f"{'; '.join(failures[:3]) or 'its constructor cannot be read'}. "
            f'Say how: --make "{cls.__name__}(...)"'
        )


def _made(cls: type, proposal: Proposal) -> tuple[Any, Proposal]:
    """The object, with objects in place of what its constructor asks for more than plain values have."""
    for _ in range(_MOST_MENDS):
        try:
            return prepared(proposal.build(cls)), proposal
        except AttributeError as error:
            mended = with_what_was_asked_for(cls, proposal, error)
            if mended is None:
                raise
            proposal = mended
    return prepared(proposal.build(cls)), proposal


_MOST_MENDS = 5  # arguments that turn out, one after the other, to be wanted as objects


def seen(
    cls: Any, instance: Any, proposal: Proposal, see: Callable[[Any, Proposal], Subject]
) -> tuple[Any, Proposal, Subject]:
    """What `see` makes of the object, made otherwise where its code asks plain values for what they do not have.

    Raises the first SampleError or NotRecognised where nothing made of it is seen.
    """
    first: BackproofError | None = None
    for _ in range(_MOST_MENDS):
        try:
            return instance, proposal, see(instance, proposal)
        except (SampleError, NotRecognised) as error:
            first = first or error
            asked = error.error if isinstance(error, SampleError) and isinstance(cls, type) else None
            mended = with_what_was_asked_for(cls, proposal, asked)
            if mended is None:
                break
            try:
                instance, proposal = prepared(mended.build(cls)), mended
            except Exception:  # it does not construct so
                break
    assert first is not None
    raise first


def prepared(instance: Any) -> Any:
    """The object, with what its users do to it before they use it.

    A second step of making, weights as wide as their data, training, a rate, an optimizer.
    """
    second_step(instance)
    make_from_data(instance)
    in_training(instance)
    rates(instance)
    lend(instance)
    return instance


def make(text: str, namespace: Mapping[str, Any]) -> tuple[Any, Proposal]:
    """The object that a call written by a person makes, as `TwoLayerNet(6, 5, 4)`; `np` is known.

    Raises ConstructError where the text is no call, or where the call raises.
    """
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ConstructError(f"--make {text!r} is no Python expression: {error.msg}") from None
    if not isinstance(call, ast.Call):
        raise ConstructError(f"--make {text!r} is no call; write it as TwoLayerNet(6, 5, 4)")
    names = {"np": np, **namespace}
    hints = Hints()
    try:
        instance = eval(compile(ast.Expression(call), "--make", "eval"), names)
        function = eval(compile(ast.Expression(call.func), "--make", "eval"), names)
        if not any(isinstance(part, ast.Starred) for part in call.args) and isinstance(function, type):
            args = [eval(compile(ast.Expression(part), "--make", "eval"), names) for part in call.args]
            given = inspect.signature(function).bind_partial(*args).arguments
            for keyword in call.keywords:
                if keyword.arg is not None:
                    given[keyword.arg] = eval(compile(ast.Expression(keyword.value), "--make", "eval"), names)
            for name, value in given.items():
                hints = learn(hints, name, value)
    except (Exception, SystemExit) as error:
        raise ConstructError(f"--make {text!r} raised {describe(error)}") from error
    return instance, Proposal((), {}, text.strip(), hints)


def made_class(text: str) -> str:
    """The name that the call in `--make` calls, without arguments; "" where it is no call."""
    found = re.match(r"\s*([\w.]+)\s*\(", text)
    return found[1].rpartition(".")[2] if found else ""


# Proposals


def propose(cls: type) -> Iterator[Proposal]:
    """Calls that may construct the class, the most telling one first.

    Convolutions get more than one channel, an image that is not square, padding and overlapping windows; networks
    get two hidden layers where they take a list. The last proposals use the class's own defaults, then what the
    code itself gives the class.
    """
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):
        return
    parameters = [
        parameter
        for parameter in signature.parameters.values()
        if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
        for p in signature.parameters.values()
        if p.kind is p.VAR_KEYWORD
        for name in taken_out(cls, p.name)
    ]
    seen: set[str] = set()
    if any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
        yield from _one_by_one(cls, parameters)
    for style in _styles(cls, parameters):
        proposal = _fill(cls, parameters, style)
        if proposal.text not in seen:
            seen.add(proposal.text)
            yield proposal
    for given in own_calls(cls):
        for style in (Style(), Style(shrink=False, bend=False)):
            proposal = _fill(cls, parameters, style, given)
            if proposal.text not in seen:
                seen.add(proposal.text)
                yield proposal


def _one_by_one(cls: type, parameters: list[inspect.Parameter]) -> Iterator[Proposal]:
    """Calls of a class that takes its layers, or their sizes, one by one: `Chain(*layers)`, `Net(*sizes)`."""
    hints = Hints(features=INPUT, classes=OUTPUT)
    has_loss = any(words_of(p.name) & {"loss", "cost", "criterion"} for p in parameters)
    layers = layers_of(known_to(cls), with_head=has_loss) if walked(cls) else None
    named = all(p.kind is p.KEYWORD_ONLY for p in parameters)
    if layers is not None and named:
        rest = _fill(cls, parameters, replace(Style(), objects=True))
        text = call_text(cls, [""] * len(layers), layers, rest.kwargs)
        yield Proposal(tuple(layers), rest.kwargs, text, hints)
    for sizes in ((INPUT, HIDDEN, SECOND_HIDDEN, OUTPUT), (INPUT, HIDDEN, OUTPUT)) if not parameters else ():
        yield Proposal(sizes, {}, f"{cls.__name__}({', '.join(map(str, sizes))})", hints)


def _styles(cls: type, parameters: list[inspect.Parameter]) -> list[Style]:
    kernels = any(
        count == 4 for name, count in unpacked(cls).items() if role(name) in ("weight", "filters", "kernel")
    )
    first = Style(
        kernels=kernels,
        halved=frozenset(halved(cls)),
        gone_through=frozenset(gone_through(cls)),
        called=frozenset(called(cls)),
        bending=frozenset(bending(cls)),
        spread=frozenset(spread(cls)),
        spelled={name: spelling(cls, name) for name in ("relu", "sigmoid")},
        own=own_functions(cls),
    )
    styles = [
        first,
        replace(first, bend=False),
        replace(first, row_bias=True),
        replace(first, column=True),
        replace(first, counts=True),
        replace(first, pairs=True),
        replace(first, callables=True),
        *(replace(first, data=layout) for layout in ("rows", "columns", "indices")),
        replace(first, objects=True),
        replace(first, nodes=True),
        replace(first, one=True),
        replace(first, equal=True),
        replace(first, from_one=True),
        replace(first, flat=True),
        replace(first, spoken=True),
        replace(first, nones=True),
    ]
    if {"wx", "wh"} <= {parameter.name.lower() for parameter in parameters}:
        styles = [replace(first, gates=gates) for gates in (1, 4, 3)] + styles  # plain, LSTM, GRU
    if speaks_of_digits(cls):
        styles.append(replace(first, features=784))
    if speaks_of_ten(cls):
        styles += [replace(style, classes=10) for style in (first, *styles[-1:])]
    if any(role(parameter.name) == "weight" for parameter in parameters):
        styles += [replace(style, kernels=not kernels) for style in styles[:2]]
        styles.append(replace(first, kernels=True, square=True))
    own = walked(cls)
    if any(attribute in own for attribute in kept_in(cls)):  # a container of the layers that it is given
        both = [replace(first, objects=True), replace(first, objects=True, ending=True)]
        styles = [*(both[::-1] if loses_by_logarithms(cls) else both), *styles]
    return styles + [replace(style, shrink=False, bend=False) for style in styles]


def _fill(
    cls: type, parameters: list[inspect.Parameter], style: Style, given: Mapping[str, Any] | None = None
) -> Proposal:
    if style.nones:
        parameters = [
            p if p.default is not None else p.replace(default=p.empty, kind=p.KEYWORD_ONLY) for p in parameters
        ]
    roles = {parameter.name: role(parameter.name) for parameter in parameters}
    if not style.gone_through & set(roles):
        roles |= _by_place([p for p in parameters if p.name not in style.called], roles)
    convolves = style.kernels or bool({"filters", "filter size", "kernel"} & set(roles.values()))
    pools = "pool" in roles.values()
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    placed: list[str] = []  # the names of args
    hints = Hints()
    for parameter in parameters:
        required = parameter.default is parameter.empty
        default = None if required else parameter.default
        kind = roles[parameter.name]
        value = (given or {}).get(parameter.name, OPEN)
        own_settings = settings_class(cls, parameter) if value is OPEN and not style.objects else None
        if own_settings is not None and (made := _settings(own_settings)) is not None:
            value = made
            for name, each in values_of(made).items():
                hints = learn(hints, name, each)
        elif value is OPEN and style.objects:
            value = object_for(cls, parameter.name, ending=style.ending)
        elif value is OPEN and style.nodes and required:
            value = node_for(cls)
        elif value is OPEN and required and kind in ("weight", "bias") and walks(cls, parameter.name):
            value = arrays_for(kind, style)
        elif value is OPEN and required and (specs := layer_specs(cls, parameter.name, roles, style)) is not OPEN:
            value = specs
            hints = replace(hints, features=INPUT, classes=1 if style.one else style.classes)
        elif value is OPEN and required and (several := settings_for(cls, parameter.name, style)) is not OPEN:
            value = several
        elif value is OPEN and required and (words := choices(cls, parameter.name)):
            alike = [word for word in words if word.lower() in ("relu", "sigmoid", "sgd")]
            value = (alike or words)[0]
        if value is OPEN or (value is None and (style.objects or style.nodes)):
            value = value_for(parameter, roles, style, convolves, pools)
        if value is KEEP and not required:
            hints = learn(hints, parameter.name, default)
            continue
        hints = learn(hints, parameter.name, value)
        if required and parameter.kind is not parameter.KEYWORD_ONLY:
            args.append(value)
            placed.append(parameter.name)
        else:
            kwargs[parameter.name] = value
    images = hints.features is None and unpacked(cls, "forward").get("x") == 4
    if hints.image is None and (convolves or pools or images):
        hints = replace(hints, image=(CHANNELS, 6, 8) if pools else (CHANNELS, 7, 9))
    return Proposal(tuple(args), kwargs, call_text(cls, placed, args, kwargs), hints)


def _settings(cls: type) -> Any:
    """An object of a class of settings, by the first call that constructs one."""
    for proposal in propose(cls):
        with contextlib.suppress(Exception):  # the next call
            return proposal.build(cls)
    return None


def _by_place(parameters: list[inspect.Parameter], roles: Mapping[str, str]) -> dict[str, str]:
    """Roles of required parameters whose names say nothing, where none says input: from input to output."""
    sizes = (inspect.Parameter.empty, int, "int")
    needed = [p for p in parameters if p.default is p.empty and p.annotation in sizes]
    silent = [p.name for p in needed if not roles[p.name]]
    if len(silent) < 2 or {"input", "sizes", "image", "weight"} & set(roles.values()):
        return {}
    return dict.fromkeys(silent, "hidden") | {silent[0]: "input", silent[-1]: "output"}
