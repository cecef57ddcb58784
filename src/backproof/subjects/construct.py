"""Arguments for constructors: small, unequal sizes, inferred from the parameters' names, defaults and use."""

from __future__ import annotations

import ast
import inspect
import keyword
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from backproof.errors import BackproofError
from backproof.protocols import Array
from backproof.subjects.argument_roles import (
    CHANNELS,
    FILTERS,
    HIDDEN,
    INPUT,
    KERNEL,
    OUTPUT,
    SECOND_HIDDEN,
    SLOPE,
    role,
    unpacked,
    words_of,
)
from backproof.subjects.beside import node_for, object_for
from backproof.subjects.calls import OPEN, own_calls
from backproof.subjects.container import filled, is_empty
from backproof.subjects.definitions import describe
from backproof.subjects.own_source import text_of
from backproof.subjects.plain_numbers import to_arrays
from backproof.subjects.second_step import in_training, rates, second_step
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.trial.roles import role as trial_role
from backproof.subjects.uses import (
    called,
    choices,
    fields,
    gone_through,
    halved,
    speaks_of_digits,
    speaks_of_ten,
    spelling,
    spread,
    taken_out,
)


class ConstructError(BackproofError):
    """No arguments were found with which the class constructs; lists what was tried."""


@dataclass(frozen=True)
class Hints:
    """What is known of the data; None: unknown.

    features of a sample, classes, image (C, H, W): from the constructor's arguments. x (N, ...), t, loss (a name
    in `trial.implied.NAMES`) and layout ("rows", "columns"): told by a person.
    """

    features: int | None = None
    classes: int | None = None
    image: tuple[int, int, int] | None = None
    x: Array | None = field(default=None, compare=False)
    t: Array | None = field(default=None, compare=False)
    loss: str | None = None
    layout: str | None = None


@dataclass(frozen=True)
class Proposal:
    """One call that may construct the class; `text` is how a person would write it."""

    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    text: str
    hints: Hints

    def build(self, cls: Callable[..., Any]) -> Any:
        """The object; whatever the constructor raises comes through."""
        return cls(*self.args, **self.kwargs)


def build(cls: type) -> Iterator[tuple[Any, Proposal]]:
    """Every object that a proposal constructs, best proposal first; raises ConstructError where none does.

    Weights that are Python's own numbers are arrays first, then as they were.
    """
    failures: list[str] = []
    built = False
    for proposal in propose(cls):
        try:
            instance = prepared(proposal.build(cls))
        except (Exception, SystemExit) as error:
            failures.append(f"{proposal.text} raised {describe(error)}")
            continue
        built = True
        if is_empty(instance):
            whole = proposal.build(cls)
            if filled(whole):
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


def prepared(instance: Any) -> Any:
    """The object, with what its users do to it before they use it: a second step of making, training, a rate."""
    second_step(instance)
    in_training(instance)
    rates(instance)
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
                hints = _learn(hints, name, value)
    except (Exception, SystemExit) as error:
        raise ConstructError(f"--make {text!r} raised {describe(error)}") from error
    return instance, Proposal((), {}, text.strip(), hints)


def made_class(text: str) -> str:
    """The name that the call in `--make` calls, without arguments; "" where it is no call."""
    found = re.match(r"\s*([\w.]+)\s*\(", text)
    return found[1].rpartition(".")[2] if found else ""


def _learn(hints: Hints, name: str, value: Any) -> Hints:
    """What one argument says about the data."""
    kind = role(name)
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        if kind in ("input", "width"):
            return replace(hints, features=int(value))
        if kind == "output":
            return replace(hints, classes=int(value))
    if isinstance(value, list | tuple) and value and all(isinstance(size, int) for size in value):
        if kind in ("image", "input") and len(value) == 3:
            return replace(hints, image=tuple(value))
        if kind == "sizes" and len(value) > 1:
            return replace(hints, features=value[0], classes=value[-1])
    if isinstance(value, np.ndarray) and kind == "weight":
        if value.ndim == 4:
            return replace(hints, image=(value.shape[1], 2 * value.shape[2] + 1, 2 * value.shape[3] + 2))
        if value.ndim == 2 and hints.features is None:
            return replace(hints, features=value.shape[0])
    if isinstance(value, np.ndarray) and kind == "gamma":
        return replace(hints, features=value.size)
    return hints


# Proposals


@dataclass(frozen=True)
class _Style:
    """One way to fill all parameters; the alternatives of `propose`."""

    shrink: bool = True  # put small sizes where the defaults are large
    bend: bool = True  # stride 2 and padding 1 where a convolution lets one choose
    kernels: bool = False  # weights are convolution kernels
    square: bool = False  # and as wide as high
    column: bool = False  # weights (out, in), biases (out, 1)
    row_bias: bool = False  # biases (1, out)
    callables: bool = False  # an activation is a function, beside it its derivative
    objects: bool = False  # layers, a loss, an optimizer are objects of the classes beside it
    data: str = ""  # x and y are arrays, not sizes: "rows", "columns", "indices" (rows, and labels of one axis)
    nodes: bool = False  # what is asked for are nodes of the same family, without inputs of their own
    counts: bool = False  # "hidden layers" is their number, not their list
    pairs: bool = False  # "size" is (in, out), "hidden" a list
    one: bool = False  # one output
    equal: bool = False  # hidden layers as wide as the input
    from_one: bool = False  # a list of activations is counted from the first layer of weights, at 1
    flat: bool = False  # "shapes" are widths
    nones: bool = False  # what is None by default has to be given
    spelled: Mapping[str, str] = field(default_factory=lambda: {"relu": "relu", "sigmoid": "sigmoid"})
    features: int = INPUT  # of a sample
    classes: int = OUTPUT
    gates: int = 0  # weights are those of a recurrent step with so many gates
    halved: frozenset[str] = frozenset()  # parameters that are inputs and labels
    gone_through: frozenset[str] = frozenset()  # parameters that are lists
    called: frozenset[str] = frozenset()  # parameters that are functions
    spread: frozenset[str] = frozenset()  # parameters that are handed on one by one, `(n, *size)`
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))


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
    if not parameters and any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):  # Net(*sizes)
        for sizes in ((INPUT, HIDDEN, SECOND_HIDDEN, OUTPUT), (INPUT, HIDDEN, OUTPUT)):
            hints = Hints(features=INPUT, classes=OUTPUT)
            yield Proposal(sizes, {}, f"{cls.__name__}({', '.join(map(str, sizes))})", hints)
    for style in _styles(cls, parameters):
        proposal = _fill(cls, parameters, style)
        if proposal.text not in seen:
            seen.add(proposal.text)
            yield proposal
    for given in own_calls(cls):
        for style in (_Style(), _Style(shrink=False, bend=False)):
            proposal = _fill(cls, parameters, style, given)
            if proposal.text not in seen:
                seen.add(proposal.text)
                yield proposal


def _styles(cls: type, parameters: list[inspect.Parameter]) -> list[_Style]:
    kernels = any(
        count == 4 for name, count in unpacked(cls).items() if role(name) in ("weight", "filters", "kernel")
    )
    first = _Style(
        kernels=kernels,
        halved=frozenset(halved(cls)),
        gone_through=frozenset(gone_through(cls)),
        called=frozenset(called(cls)),
        spread=frozenset(spread(cls)),
        spelled={name: spelling(cls, name) for name in ("relu", "sigmoid")},
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
    return styles + [replace(style, shrink=False, bend=False) for style in styles]


def _fill(
    cls: type, parameters: list[inspect.Parameter], style: _Style, given: Mapping[str, Any] | None = None
) -> Proposal:
    if style.nones:
        parameters = [
            p if p.default is not None else p.replace(default=p.empty, kind=p.KEYWORD_ONLY) for p in parameters
        ]
    roles = {parameter.name: role(parameter.name) for parameter in parameters}
    if not style.gone_through & set(roles):
        roles |= _by_place(parameters, roles)
    convolves = style.kernels or bool({"filters", "filter size", "kernel"} & set(roles.values()))
    pools = "pool" in roles.values()
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    shown: list[str] = []
    hints = Hints()
    for parameter in parameters:
        required = parameter.default is parameter.empty
        default = None if required else parameter.default
        kind = roles[parameter.name]
        value = (given or {}).get(parameter.name, OPEN)
        if value is OPEN and style.objects:
            value = object_for(cls, parameter.name)
        elif value is OPEN and style.nodes and required:
            value = node_for(cls)
        elif value is OPEN and required and kind in ("weight", "bias") and _walks(cls, parameter.name):
            value = _arrays(kind, style)
        elif value is OPEN and required and words_of(parameter.name) & _SETTINGS:
            value = _settings(cls, parameter.name, style)
        elif value is OPEN and required and (words := choices(cls, parameter.name)):
            alike = [word for word in words if word.lower() in ("relu", "sigmoid", "sgd")]
            value = (alike or words)[0]
        if value is OPEN or (value is None and (style.objects or style.nodes)):
            value = _value(parameter, roles, style, convolves, pools)
        if value is _KEEP and not required:
            hints = _learn(hints, parameter.name, default)
            continue
        hints = _learn(hints, parameter.name, value)
        if required and parameter.kind is not parameter.KEYWORD_ONLY:
            args.append(value)
            shown.append(_shown(parameter.name, value))
        else:
            kwargs[parameter.name] = value
            shown.append(f"{parameter.name}={_shown(parameter.name, value)}")
    images = hints.features is None and unpacked(cls, "forward").get("x") == 4
    if hints.image is None and (convolves or pools or images):
        hints = replace(hints, image=(CHANNELS, 6, 8) if pools else (CHANNELS, 7, 9))
    return Proposal(tuple(args), kwargs, f"{cls.__name__}({', '.join(shown)})", hints)


def _by_place(parameters: list[inspect.Parameter], roles: Mapping[str, str]) -> dict[str, str]:
    """Roles of required parameters whose names say nothing, where none says input: from input to output."""
    sizes = (inspect.Parameter.empty, int, "int")
    needed = [p for p in parameters if p.default is p.empty and p.annotation in sizes]
    silent = [p.name for p in needed if not roles[p.name]]
    if len(silent) < 2 or {"input", "sizes", "image", "weight"} & set(roles.values()):
        return {}
    return dict.fromkeys(silent, "hidden") | {silent[0]: "input", silent[-1]: "output"}


_KEEP = object()  # leave the parameter at its default


def _value(
    parameter: inspect.Parameter, roles: Mapping[str, str], style: _Style, convolves: bool, pools: bool
) -> Any:
    """A value for one parameter, or _KEEP."""
    kind = roles[parameter.name]
    required = parameter.default is parameter.empty
    default = None if required else parameter.default
    if required and style.data and parameter.name in style.halved:
        return style.rng.standard_normal((3, INPUT)), np.eye(OUTPUT)[[0, 1, 3]]
    words = words_of(parameter.name)
    if required and words & {"rng", "generator"}:
        return np.random.default_rng(0)
    if required and style.flat and "shape" in words:
        return OUTPUT if words & {"out", "output"} else INPUT
    if required and "shape" in words and words & {"out", "output", "target", "new"} and "image" in roles.values():
        return (math.prod((CHANNELS, 8, 8)), 1)  # a column of all that the image holds
    if required and "range" in words and parameter.name in style.gone_through:
        return (-0.5, 0.5)
    if required and kind == "filter size" and parameter.name in style.spread:
        return (KERNEL, KERNEL)
    if required and kind == "sizes" and parameter.name in style.spread:
        return (INPUT, OUTPUT)  # `randn(*shape)`: of one layer
    if required and style.pairs and kind == "width":
        return (INPUT, OUTPUT)
    if (
        required
        and style.callables
        and (kind == "activation" or words & {"f", "function", "func", "nonlinearity"})
    ):
        slope = words & SLOPE
        longer = any(other in parameter.name for other in roles if other != parameter.name)  # f and f_slope
        chosen = _tanh_slope if slope or longer else np.tanh
        return [chosen] * 3 if parameter.name in style.gone_through else chosen
    is_data = trial_role(parameter.name) in ("x", "t") or words <= {"output", "outputs"}
    if required and style.data and is_data:
        return _data(trial_role(parameter.name) == "x", style)
    if required and kind == "activation" and parameter.name in style.gone_through:  # each of the layers in "sizes"
        return [style.spelled["relu"]] * (3 if style.from_one else 2) + [style.spelled["sigmoid"]]
    if required and kind == "initialiser":
        return partial(_drawn, style.rng)
    if not required:
        return _smaller(kind, default, style, convolves, pools)
    if kind in ("weight", "bias", "gamma", "beta"):
        return _array(parameter.name, kind, roles, style)
    hidden, second = (INPUT, INPUT) if style.equal else (HIDDEN, SECOND_HIDDEN)
    several = style.pairs or parameter.name in style.gone_through
    plain: dict[str, Any] = {
        "weight std": 0.1, "rate": 0.1, "ratio": 0.5, "decay": 0.0, "momentum": 0.9, "epsilon": 1e-5,
        "activation": style.spelled["relu"], "seed": 0, "pool": 2, "filter size": KERNEL, "filters": FILTERS,
        "kernel": KERNEL, "channels": CHANNELS, "hidden list": 2 if style.counts else [hidden, second],
        "image": (CHANNELS, 8, 8), "hidden": [hidden, second] if several else hidden,
        "output": 1 if style.one else style.classes, "width": style.features,
        "sizes": 2 if style.counts else [style.features, hidden, second, 1 if style.one else style.classes],
        "stride": 2 if pools or (convolves and style.bend) else 1,
        "pad": 1 if convolves and style.bend else 0,
        "conv param": {"filter_num": FILTERS, "filter_size": KERNEL, "pad": 0, "stride": 1},
    }  # fmt: skip
    if kind == "input":
        return CHANNELS if convolves else style.features
    if kind in plain:
        return plain[kind]
    if not kind and parameter.name in style.called:
        return np.asarray  # what prepares the data, `standardize(x)`, may leave it as it is
    if not kind and parameter.name in style.gone_through:
        return plain["sizes"]
    by_annotation = {"int": OUTPUT, "float": 0.5, "bool": True, "str": "relu", "list": [INPUT, HIDDEN, OUTPUT]}
    annotation = getattr(parameter.annotation, "__name__", str(parameter.annotation))
    return by_annotation.get(annotation, OUTPUT)


_SETTINGS = {
    "config", "cfg", "conf", "configuration", "args", "opts", "opt", "options", "params", "hparams",
    "hyperparameters", "hyperparams", "settings", "parameters",
}  # fmt: skip


_EVERY = {"step", "steps", "every", "interval", "freq", "frequency"}  # rounds between two reports


def _settings(cls: type, name: str, style: _Style) -> Any:
    """An object or a dict with all that the class reads from this parameter; OPEN where it reads nothing."""
    attributes, keys = fields(cls, name)
    names = keys or attributes
    plain = [each for each in names if each.isidentifier() and not keyword.iskeyword(each)]
    as_parameters = [inspect.Parameter(each, inspect.Parameter.KEYWORD_ONLY) for each in plain]
    kinds = {each: role(each) for each in names}
    usual = {"once": 1, "rate": 0.1, "zero": 0.0}
    values = {p.name: _value(p, kinds, style, False, False) for p in as_parameters}
    held = {n: 4 if words_of(n) & _EVERY else usual.get(trial_role(n), value) for n, value in values.items()}
    held |= {each: usual.get(trial_role(each), OUTPUT) for each in names if each not in held}
    return OPEN if not names else held if keys else SimpleNamespace(**held)


def _data(inputs: bool, style: _Style) -> Array:
    """Three samples, or their labels."""
    if style.data == "indices" and not inputs:
        return np.array([1, OUTPUT, 2]) if style.features == INPUT else np.array([1, 9, 2])
    array = style.rng.random((3, style.features if inputs else 1))
    return array.T.copy() if style.data == "columns" else array


def _drawn(rng: np.random.Generator, *sizes: Any) -> Any:
    """Weights or biases for a layer that is given how to make them: `w_init(n_in, n_out)`, `b_init(n_out)`."""
    shape = sizes[0] if isinstance(sizes[0], tuple) else sizes
    return rng.normal(0, 0.5, shape if len(shape) > 1 else (1, *shape))


def _tanh_slope(z: Any) -> Any:
    return 1 - np.tanh(z) ** 2


def _smaller(kind: str, default: Any, style: _Style, convolves: bool, pools: bool) -> Any:
    """A small size in place of a large default; _KEEP where the default serves."""
    if style.bend and pools and kind == "stride" and type(default) is int:
        return 2
    if style.bend and convolves and kind in ("stride", "pad") and type(default) is int:
        return 2 if kind == "stride" else 1
    if not style.shrink:
        return _KEEP
    sizes = {"input": INPUT, "hidden": HIDDEN, "output": OUTPUT, "width": INPUT, "filters": FILTERS}
    if type(default) is int and (default > 2 or default == 0) and kind in sizes:
        return sizes[kind]
    if isinstance(default, tuple | list) and default and all(type(size) is int for size in default):
        small_sizes: dict[str, tuple[int, ...]] = {
            "hidden list": (HIDDEN, SECOND_HIDDEN),
            "sizes": (INPUT, HIDDEN, SECOND_HIDDEN, OUTPUT),
        }
        if len(default) == 3:
            small_sizes |= {"image": (CHANNELS, 8, 8), "input": (CHANNELS, 8, 8)}
        if kind in small_sizes:
            return tuple(small_sizes[kind]) if isinstance(default, tuple) else list(small_sizes[kind])
    if kind == "conv param" and isinstance(default, dict):
        small = {"filters": FILTERS, "filter size": KERNEL}
        return {key: small.get(role(str(key)), value) for key, value in default.items()}
    return _KEEP


def _array(name: str, kind: str, roles: Mapping[str, str], style: _Style) -> Any:
    """A parameter array. W1, b1, W2, b2 ... chain; one W has INPUT rows; kernels are (filters, channels, 3, 4)."""
    if style.gates:
        before = {"wx": (INPUT,), "wh": (HIDDEN,)}.get(name.lower(), ())
        return style.rng.normal(size=(*before, style.gates * HIDDEN))
    weights = [other for other, what in roles.items() if what == "weight"]
    widths = [INPUT, *[HIDDEN, SECOND_HIDDEN, 11, 13][: max(len(weights) - 1, 0)], OUTPUT]
    same = [other for other, what in roles.items() if what == kind]
    place = min(same.index(name), len(widths) - 2)
    rows, columns = widths[place], widths[place + 1]
    shape: tuple[int, ...]
    if kind in ("gamma", "beta"):
        shape = (1, INPUT) if style.row_bias else (INPUT, 1) if style.column else (INPUT,)
    elif kind == "weight":
        kernel = (FILTERS, CHANNELS, KERNEL, KERNEL + (not style.square))
        shape = kernel if style.kernels else (rows, columns)
        shape = shape[::-1] if style.column and not style.kernels else shape
    else:
        width = FILTERS if style.kernels else columns
        shape = (1, width) if style.row_bias else (width, 1) if style.column else (width,)
    return style.rng.normal(size=shape)


def _walks(cls: type, name: str) -> bool:
    """Whether the class goes through an argument that it keeps under its name: a list, one entry a layer."""
    loops = rf"(zip|enumerate)\([^)\n]*self\.{name}\b|\bfor .* in self\.{name}\b"
    return re.search(loops, text_of(cls)) is not None


def _arrays(kind: str, style: _Style) -> list[Any]:
    """The weights or the biases of two layers, as a list."""
    sizes = ((INPUT, HIDDEN), (HIDDEN, OUTPUT))
    if kind == "weight":
        shapes = [pair[::-1] if style.column else pair for pair in sizes]
    else:
        shapes = [(n, 1) if style.column else (1, n) if style.row_bias else (n,) for _, n in sizes]  # type: ignore[misc]
    return [style.rng.normal(size=shape) for shape in shapes]


def _has_arrays(value: tuple[Any, ...]) -> bool:
    return any(isinstance(part, np.ndarray) for part in value)


def _shown(name: str, value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(each, np.ndarray) for each in value):
        return f"{name}{[each.shape for each in value]}"
    if isinstance(value, np.random.Generator | partial) or (isinstance(value, tuple) and _has_arrays(value)):
        return name
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__).strip("_")
    if repr(value).endswith(f" object at {hex(id(value))}>"):
        return f"{type(value).__name__}(...)"
    return f"{name}{value.shape}" if isinstance(value, np.ndarray) else repr(value)
