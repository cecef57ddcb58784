"""Values for a constructor's parameters: small, unequal sizes, arrays, words, functions, by what they are for."""

from __future__ import annotations

import inspect
import keyword
import math
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import (
    CHANNELS,
    COUNT,
    FILTERS,
    HIDDEN,
    INPUT,
    KERNEL,
    OUTPUT,
    SECOND_HIDDEN,
    SLOPE,
    role,
    words_of,
)
from backproof.subjects.calls import OPEN
from backproof.subjects.own_source import text_of
from backproof.subjects.trial.roles import role as trial_role
from backproof.subjects.uses import (
    fields,
)


@dataclass(frozen=True)
class Style:
    """One way to fill all parameters; the alternatives of `propose`."""

    shrink: bool = True  # put small sizes where the defaults are large
    bend: bool = True  # stride 2 and padding 1 where a convolution lets one choose
    kernels: bool = False  # weights are convolution kernels
    square: bool = False  # and as wide as high
    column: bool = False  # weights (out, in), biases (out, 1)
    row_bias: bool = False  # biases (1, out)
    callables: bool = False  # an activation is a function, beside it its derivative
    objects: bool = False  # layers, a loss, an optimizer are objects of the classes beside it
    ending: bool = False  # the last of the layers gives probabilities
    data: str = ""  # x and y are arrays, not sizes: "rows", "columns", "indices" (rows, and labels of one axis)
    nodes: bool = False  # what is asked for are nodes of the same family, without inputs of their own
    counts: bool = False  # "hidden layers" is their number, not their list
    pairs: bool = False  # "size" is (in, out), "hidden" a list
    one: bool = False  # one output
    equal: bool = False  # hidden layers as wide as the input
    from_one: bool = False  # a list of activations is counted from the first layer of weights, at 1
    flat: bool = False  # "shapes" are widths
    spoken: bool = False  # an activation of the last layer is one of the words that the code compares with
    nones: bool = False  # what is None by default has to be given
    spelled: Mapping[str, str] = field(default_factory=lambda: {"relu": "relu", "sigmoid": "sigmoid"})
    own: Mapping[str, Callable[..., Any]] = field(default_factory=dict)  # functions of the file: "hidden", "last"
    features: int = INPUT  # of a sample
    classes: int = OUTPUT
    gates: int = 0  # weights are those of a recurrent step with so many gates
    halved: frozenset[str] = frozenset()  # parameters that are inputs and labels
    gone_through: frozenset[str] = frozenset()  # parameters that are lists
    called: frozenset[str] = frozenset()  # parameters that are functions
    bending: frozenset[str] = frozenset()  # of these such as are an activation and its derivative
    spread: frozenset[str] = frozenset()  # parameters that are handed on one by one, `(n, *size)`
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))


KEEP = object()  # leave the parameter at its default


def value_for(
    parameter: inspect.Parameter, roles: Mapping[str, str], style: Style, convolves: bool, pools: bool
) -> Any:
    """A value for one parameter, or KEEP."""
    kind = roles[parameter.name]
    required = parameter.default is parameter.empty
    default = None if required else parameter.default
    if required and style.data and parameter.name in style.halved:
        return style.rng.standard_normal((3, INPUT)), np.eye(OUTPUT)[[0, 1, 3]]
    words = words_of(parameter.name)
    several = style.pairs or parameter.name in style.gone_through
    if required and words & {"name", "title"}:
        return "one"
    if required and kind == "sizes" and words & COUNT and words & {"layer", "layers"} and not several:
        return 3 if "hidden list" in roles.values() else 2
    if required and words & {"rng", "generator"}:
        return np.random.default_rng(0)
    if required and style.flat and "shape" in words:
        return OUTPUT if words & {"out", "output"} else INPUT
    if required and "shape" in words and words & {"out", "output", "target", "new"} and "image" in roles.values():
        return (math.prod((CHANNELS, 8, 8)), 1)  # a column of all that the image holds
    if required and _VOCABULARY.fullmatch(parameter.name):
        return dict(_TOKENS)
    if required and "range" in words and parameter.name in style.gone_through:
        return (-0.5, 0.5)
    if required and kind == "filter size" and parameter.name in style.spread:
        return (KERNEL, KERNEL)
    if required and kind == "sizes" and parameter.name in style.spread:
        return (INPUT, OUTPUT)  # `randn(*shape)`: of one layer
    if required and style.pairs and kind == "width":
        return (INPUT, OUTPUT)
    bends = parameter.name in style.bending or (style.callables and _is_activation(kind, words))
    if required and bends:
        slope = words & SLOPE
        longer = any(other in parameter.name for other in roles if other != parameter.name)  # f and f_slope
        paired = longer or any(words_of(other) & SLOPE for other in roles)
        bend, its_slope = (
            style.own.get(what, usual) for what, usual in (("bend", np.tanh), ("slope", _tanh_slope))
        )
        chosen = its_slope if slope or longer else bend if paired else style.own.get("hidden", np.tanh)
        last = chosen if paired else style.own.get("last", chosen)
        return [chosen, chosen, last] if parameter.name in style.gone_through else chosen
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


_VOCABULARY = re.compile(r"(word|char|ch|token|w|c)s?_?(to|2)_?(idx|index|ix|id|i)", re.IGNORECASE)
_TOKENS = {"<NULL>": 0, "<START>": 1, "<END>": 2, "<UNK>": 3}  # OUTPUT of them


_SETTINGS = {
    "config", "cfg", "conf", "configuration", "args", "opts", "opt", "options", "params", "hparams",
    "hyperparameters", "hyperparams", "settings", "parameters",
}  # fmt: skip


_EVERY = {"step", "steps", "every", "interval", "freq", "frequency"}  # rounds between two reports


def _is_activation(kind: str, words: Set[str]) -> bool:
    return kind == "activation" or bool(words & {"f", "function", "func", "nonlinearity"})


def settings_for(cls: type, name: str, style: Style) -> Any:
    """An object or a dict with all that the class reads from its settings; OPEN for what is no such thing."""
    if not words_of(name) & _SETTINGS:
        return OPEN
    attributes, keys = fields(cls, name)
    names = keys or attributes
    plain = [each for each in names if each.isidentifier() and not keyword.iskeyword(each)]
    as_parameters = [inspect.Parameter(each, inspect.Parameter.KEYWORD_ONLY) for each in plain]
    kinds = {each: role(each) for each in names}
    usual = {"once": 1, "rate": 0.1, "zero": 0.0}
    values = {p.name: value_for(p, kinds, style, False, False) for p in as_parameters}
    held = {n: 4 if words_of(n) & _EVERY else usual.get(trial_role(n), value) for n, value in values.items()}
    held |= {each: usual.get(trial_role(each), OUTPUT) for each in names if each not in held}
    return OPEN if not names else held if keys else SimpleNamespace(**held)


def _data(inputs: bool, style: Style) -> Array:
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


def _smaller(kind: str, default: Any, style: Style, convolves: bool, pools: bool) -> Any:
    """A small size in place of a large default; KEEP where the default serves."""
    if style.bend and pools and kind == "stride" and type(default) is int:
        return 2
    if style.bend and convolves and kind in ("stride", "pad") and type(default) is int:
        return 2 if kind == "stride" else 1
    if not style.shrink:
        return KEEP
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
    return KEEP


def _array(name: str, kind: str, roles: Mapping[str, str], style: Style) -> Any:
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


def walks(cls: type, name: str) -> bool:
    """Whether the class goes through an argument that it keeps under its name: a list, one entry a layer."""
    loops = rf"(zip|enumerate)\([^)\n]*self\.{name}\b|\bfor .* in self\.{name}\b"
    return re.search(loops, text_of(cls)) is not None


def arrays_for(kind: str, style: Style) -> list[Any]:
    """The weights or the biases of two layers, as a list."""
    sizes = ((INPUT, HIDDEN), (HIDDEN, OUTPUT))
    if kind == "weight":
        shapes = [pair[::-1] if style.column else pair for pair in sizes]
    else:
        shapes = [(n, 1) if style.column else (1, n) if style.row_bias else (n,) for _, n in sizes]  # type: ignore[misc]
    return [style.rng.normal(size=shape) for shape in shapes]


def _has_arrays(value: tuple[Any, ...]) -> bool:
    return any(isinstance(part, np.ndarray) for part in value)


def shown_as(name: str, value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(each, np.ndarray) for each in value):
        return f"{name}{[each.shape for each in value]}"
    if isinstance(value, list):
        return f"[{', '.join(shown_as(name, each) for each in value)}]"
    if isinstance(value, np.random.Generator | partial) or (isinstance(value, tuple) and _has_arrays(value)):
        return name
    if callable(value) and hasattr(value, "__name__"):
        return str(value.__name__).strip("_")
    if isinstance(value, np.ndarray):
        return f"{name}{value.shape}"
    plain = type(value).__module__ in (
        "builtins",
        "numpy",
        "types",
    )  # else its `__repr__` is somebody's, which may raise
    return repr(value) if plain else f"{type(value).__name__}(...)"


def call_text(cls: type, names: Sequence[str], args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The call as a person would write it; names: of the parameters, by place."""
    placed = [shown_as(name, value) for name, value in zip(names, args, strict=False)]
    named = [f"{name}={shown_as(name, value)}" for name, value in kwargs.items()]
    return f"{cls.__name__}({', '.join([*placed, *named])})"
