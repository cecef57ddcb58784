"""Arguments for constructors: small, unequal sizes, inferred from the parameters' names, defaults and use.

Widths are never 3, 5, 6 or 10, the numbers of samples that a check uses, so that no wrong axis fits by chance.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import re
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from backproof.errors import BackproofError
from backproof.protocols import Array
from backproof.subjects.definitions import describe

INPUT, HIDDEN, SECOND_HIDDEN, OUTPUT = 7, 8, 9, 4
CHANNELS, FILTERS, KERNEL = 2, 8, 3


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
    """Every object that a proposal constructs, best proposal first; raises ConstructError where none does."""
    failures: list[str] = []
    built = False
    for proposal in propose(cls):
        try:
            instance = proposal.build(cls)
            _second_step(instance)
        except (Exception, SystemExit) as error:
            failures.append(f"{proposal.text} raised {describe(error)}")
            continue
        built = True
        yield instance, proposal
    if not built:
        raise ConstructError(
            f"{cls.__name__} could not be constructed: "
            f"{'; '.join(failures[:3]) or 'its constructor cannot be read'}. "
            f'Say how: --make "{cls.__name__}(...)"'
        )


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


class _Descent:
    """An optimizer for layers that hand their gradients to one at once: w − rate · g, so that g can be seen."""

    learning_rate = lr = 0.01

    def update(self, w: Any, grad: Any) -> Any:
        """The next value of one parameter."""
        return w - self.lr * grad


_STEPS = re.compile(
    r"_*(build|compile|set_?up|init(iali[sz]e)?)(_?(params?|parameters|weights?|layer|variables|self))?$", re.I
)


def _second_step(instance: Any) -> None:
    """Layers that get their weights later: `build(input_dim)` and the like, where there are no arrays yet."""
    held = vars(instance) if hasattr(instance, "__dict__") else {}
    if any(isinstance(v, np.ndarray) for v in held.values()):
        return
    for name in dir(type(instance)):
        if any(isinstance(v, np.ndarray) for v in vars(instance).values()):
            return
        method = getattr(instance, name, None) if _STEPS.match(name) else None
        if not inspect.ismethod(method):
            continue
        taken = [p for p in inspect.signature(method).parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
        needed = [p for p in taken if p.default is p.empty or words_of(p.name) & {"optimizer", "opt", "optim"}]
        for size in (INPUT, (None, INPUT), (INPUT,)):
            for attribute in ("input_shape", "input_size", "input_dim"):  # set by the network that holds the layer
                if attribute in held and held[attribute] is None:
                    setattr(instance, attribute, (INPUT,) if attribute.endswith("shape") else INPUT)
            with contextlib.suppress(Exception):  # another form of size; the forward will say what is missing
                method(*(_step_argument(p, size) for p in needed))
                break


def _step_argument(parameter: inspect.Parameter, size: Any) -> Any:
    words = words_of(parameter.name)
    if words & {"optimizer", "opt", "optim"}:
        return _Descent()
    if words & {"method", "mode", "initializer", "initialization", "scheme"}:
        return "xavier"
    return False if parameter.annotation in (bool, "bool") else size


def made_class(text: str) -> str:
    """The name that the call in `--make` calls, without arguments; "" where it is no call."""
    found = re.match(r"\s*([\w.]+)\s*\(", text)
    return found[1].rpartition(".")[2] if found else ""


# Names of parameters, by their words. Earlier entries win.

_LIST = {
    "sizes",
    "dims",
    "layers",
    "list",
    "structure",
    "architecture",
    "topology",
    "shape",
    "nodes",
    "dimensions",
}
_IN = {"in", "input", "inputs", "features", "fan", "nin", "prev", "d", "dim", "x"}
_HIDDEN = {"hidden", "hid", "middle", "mid", "h", "hiddens"}
_OUT = {"out", "output", "outputs", "classes", "class", "labels", "units", "neurons", "nodes", "nout", "k", "m"}


def words_of(name: str) -> set[str]:
    """The words in an identifier: `n_hiddenUnits2` → {n, hidden, units}."""
    return set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().replace("_", " ")))


def role(name: str) -> str:
    """What a constructor's parameter is for, by its name; "" where it does not say."""
    words = words_of(name)
    tests: list[tuple[str, bool]] = [
        ("weight std", bool(words & {"std", "scale", "sigma", "init"})),
        ("rate", bool(words & {"lr", "rate", "eta"}) and not words & {"dropout", "drop", "keep"}),
        ("ratio", bool(words & {"ratio", "dropout", "drop", "keep", "prob", "p"})),
        ("decay", bool(words & {"decay", "lambda", "lambd", "reg", "l"}) and not words & {"layer", "layers"}),
        ("momentum", "momentum" in words),
        ("epsilon", bool(words & {"eps", "epsilon"})),
        ("activation", bool(words & {"activation", "activations", "act", "nonlinearity"})),
        ("seed", bool(words & {"seed", "state", "rng"})),
        ("stride", bool(words & {"stride", "strides"})),
        ("pad", bool(words & {"pad", "padding"})),
        ("pool", "pool" in words),
        ("conv param", bool(words & {"conv", "convolution"}) and bool(words & {"param", "params"})),
        (
            "filter size",
            bool(words & {"filter", "kernel"}) and bool(words & {"size", "h", "w", "height", "width"}),
        ),
        ("filters", bool(words & {"filter", "filters", "fn"}) or ("channels" in words and bool(words & _OUT))),
        ("kernel", bool(words & {"kernel"})),
        ("channels", bool(words & {"channels", "channel", "c"})),
        ("gamma", "gamma" in words),
        ("beta", "beta" in words),
        ("hidden list", bool(words & _HIDDEN) and bool(words & (_LIST | {"units"})) and words != {"hidden"}),
        ("bias", bool(words & {"b", "bias", "biases"})),
        ("weight", bool(words & {"w", "weight", "weights", "wx", "wh"})),
        ("image", bool(words & {"image", "img"}) or words == {"input", "shape"}),
        ("hidden", bool(words & _HIDDEN)),
        ("input", bool(words & _IN) and not words & {"out", "output"}),
        ("sizes", bool(words & _LIST)),
        ("output", bool(words & _OUT)),
        ("width", words <= {"size", "n", "num", "width", "length"}),
    ]
    return next((name for name, holds in tests if holds), "")


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
    column: bool = False  # weights (out, in), biases (out, 1)
    row_bias: bool = False  # biases (1, out)
    callables: bool = False  # an activation is a function, beside it its derivative
    objects: bool = False  # layers, a loss, an optimizer are objects of the classes beside it
    data: bool = False  # x and y are arrays, not sizes
    nodes: bool = False  # what is asked for are nodes of the same family, without inputs of their own
    counts: bool = False  # "hidden layers" is their number, not their list
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))


def propose(cls: type) -> Iterator[Proposal]:
    """Calls that may construct the class, the most telling one first.

    Convolutions get more than one channel, an image that is not square, padding and overlapping windows; networks
    get two hidden layers where they take a list. The last proposals use the class's own defaults.
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
    seen: set[str] = set()
    for style in _styles(cls, parameters):
        proposal = _fill(cls, parameters, style)
        if proposal.text not in seen:
            seen.add(proposal.text)
            yield proposal


def _styles(cls: type, parameters: list[inspect.Parameter]) -> list[_Style]:
    kernels = any(
        count == 4 for name, count in unpacked(cls).items() if role(name) in ("weight", "filters", "kernel")
    )
    first = _Style(kernels=kernels)
    styles = [
        first,
        replace(first, bend=False),
        replace(first, row_bias=True),
        replace(first, column=True),
        replace(first, counts=True),
        replace(first, callables=True),
        replace(first, data=True),
        replace(first, objects=True),
        replace(first, nodes=True),
    ]
    if any(role(parameter.name) == "weight" for parameter in parameters):
        styles += [replace(style, kernels=not kernels) for style in styles[:2]]
    return styles + [replace(style, shrink=False, bend=False) for style in styles]


def _fill(cls: type, parameters: list[inspect.Parameter], style: _Style) -> Proposal:
    roles = {parameter.name: role(parameter.name) for parameter in parameters}
    convolves = style.kernels or bool({"filters", "filter size", "kernel"} & set(roles.values()))
    pools = "pool" in roles.values()
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    shown: list[str] = []
    hints = Hints()
    for parameter in parameters:
        required = parameter.default is parameter.empty
        default = None if required else parameter.default
        value = _object(cls, parameter.name) if style.objects else _node(cls) if style.nodes and required else None
        value = _value(parameter, roles, style, convolves, pools) if value is None else value
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


_KEEP = object()  # leave the parameter at its default


def _value(
    parameter: inspect.Parameter, roles: Mapping[str, str], style: _Style, convolves: bool, pools: bool
) -> Any:
    """A value for one parameter, or _KEEP."""
    kind = roles[parameter.name]
    required = parameter.default is parameter.empty
    default = None if required else parameter.default
    words = words_of(parameter.name)
    if (
        required
        and style.callables
        and (kind == "activation" or words & {"f", "function", "func", "nonlinearity"})
    ):
        return _tanh_slope if words & {"prime", "derivative", "deriv", "grad", "gradient", "d", "der"} else np.tanh
    if (
        required
        and style.data
        and words <= {"x", "y", "train", "input", "inputs", "data", "output", "target", "targets"}
    ):
        return style.rng.random((3, INPUT if words & {"x", "input", "inputs", "data"} else 1))
    if not required:
        return _smaller(kind, default, style, convolves, pools)
    if kind in ("weight", "bias", "gamma", "beta"):
        return _array(parameter.name, kind, roles, style)
    plain: dict[str, Any] = {
        "weight std": 0.1, "rate": 0.1, "ratio": 0.5, "decay": 0.0, "momentum": 0.9, "epsilon": 1e-5,
        "activation": "relu", "seed": 0, "pool": 2, "filter size": KERNEL, "filters": FILTERS, "kernel": KERNEL,
        "channels": CHANNELS, "hidden list": 2 if style.counts else [HIDDEN, SECOND_HIDDEN],
        "image": (CHANNELS, 8, 8), "hidden": HIDDEN, "output": OUTPUT, "width": INPUT,
        "sizes": 2 if style.counts else [INPUT, HIDDEN, SECOND_HIDDEN, OUTPUT],
        "stride": 2 if pools or (convolves and style.bend) else 1,
        "pad": 1 if convolves and style.bend else 0,
        "conv param": {"filter_num": FILTERS, "filter_size": KERNEL, "pad": 0, "stride": 1},
    }  # fmt: skip
    if kind == "input":
        return CHANNELS if convolves else INPUT
    if kind in plain:
        return plain[kind]
    by_annotation = {"int": OUTPUT, "float": 0.5, "bool": True, "str": "relu", "list": [INPUT, HIDDEN, OUTPUT]}
    annotation = getattr(parameter.annotation, "__name__", str(parameter.annotation))
    return by_annotation.get(annotation, OUTPUT)


def _tanh_slope(z: Any) -> Any:
    return 1 - np.tanh(z) ** 2


def _object(cls: type, name: str) -> Any:
    """Layers, a loss or an optimizer for this parameter, from the classes that the module knows; None: no such."""
    words = words_of(name)
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    classes = [c for c in known.values() if isinstance(c, type) and c is not cls and not issubclass(cls, c)]
    if words & {"layers", "modules"}:
        both = [c for c in classes if all(callable(getattr(c, m, None)) for m in ("forward", "backward"))]
        made = {c.__name__: [_made(c, *sizes) for sizes in ((INPUT, HIDDEN), (HIDDEN, OUTPUT))] for c in both}
        dense = next((pair for pair in made.values() if None not in pair), None)
        bend = next(
            (one for c in both if (one := _made(c)) is not None and "loss" not in c.__name__.lower()), None
        )
        return None if dense is None else [dense[0], *([bend] if bend is not None else []), dense[1]]
    if words & {"activation", "act", "threshold", "nonlinearity", "transfer"}:
        usual = re.compile("sigm|tanh|relu", re.IGNORECASE)
        own = [v for n, v in known.items() if usual.search(n) and isinstance(v, tuple(classes))]
        return next(iter(own), None) or next(
            (made for c in classes if usual.search(c.__name__) and (made := _made(c)) is not None), None
        )
    for what, hints in (("loss", ("loss", "mse", "entropy", "cost")), ("optimizer", ("sgd", "optimi", "descent"))):
        if words & {
            what,
            what[:5],
            "criterion" if what == "loss" else "optim",
            "cost" if what == "loss" else "opt",
        }:
            fitting = [c for c in classes if any(hint in c.__name__.lower() for hint in hints)]
            tries = (_made(c, *a) for c in fitting for a in ((), (0.1,)))
            return next((one for one in tries if one is not None), None)
    return None


def _node(cls: type) -> Any:
    """A node of the same family that is made of nothing: a graph's input; None where there is none."""
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    own = [c for c in known.values() if isinstance(c, type) and c is not cls and c not in cls.__mro__]
    family = {base for base in cls.__mro__[1:] if base.__module__ == cls.__module__}
    made = (_made(c) for c in own if family & set(c.__mro__))
    return next((one for one in made if one is not None), None)


def _made(cls: type, *arguments: Any) -> Any:
    """The object, of a class whose required parameters are these many; None where it does not construct."""
    try:
        needed = [p for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
        named = [p for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        return cls(*arguments) if len(named) == len(arguments) else None
    except Exception:  # it wants something else
        return None


def _smaller(kind: str, default: Any, style: _Style, convolves: bool, pools: bool) -> Any:
    """A small size in place of a large default; _KEEP where the default serves."""
    if style.bend and pools and kind == "stride" and type(default) is int:
        return 2
    if style.bend and convolves and kind in ("stride", "pad") and type(default) is int:
        return 2 if kind == "stride" else 1
    if not style.shrink:
        return _KEEP
    sizes = {"input": INPUT, "hidden": HIDDEN, "output": OUTPUT, "width": INPUT, "filters": FILTERS}
    if type(default) is int and default > 2 and kind in sizes:
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
    weights = [other for other, what in roles.items() if what == "weight"]
    widths = [INPUT, *[HIDDEN, SECOND_HIDDEN, 11, 13][: max(len(weights) - 1, 0)], OUTPUT]
    same = [other for other, what in roles.items() if what == kind]
    place = min(same.index(name), len(widths) - 2)
    rows, columns = widths[place], widths[place + 1]
    shape: tuple[int, ...]
    if kind in ("gamma", "beta"):
        shape = (1, INPUT) if style.row_bias else (INPUT, 1) if style.column else (INPUT,)
    elif kind == "weight":
        shape = (FILTERS, CHANNELS, KERNEL, KERNEL + 1) if style.kernels else (rows, columns)
        shape = shape[::-1] if style.column and not style.kernels else shape
    else:
        width = FILTERS if style.kernels else columns
        shape = (1, width) if style.row_bias else (width, 1) if style.column else (width,)
    return style.rng.normal(size=shape)


def _shown(name: str, value: Any) -> str:
    return f"{name}{value.shape}" if isinstance(value, np.ndarray) else repr(value)


def unpacked(subject: Any, method: str | None = None) -> dict[str, int]:
    """How many axes the code takes arrays to have: `FN, C, FH, FW = self.W.shape` → {"W": 4}.

    Of all methods of a class (or of one), or of a function; {} where there is no source.
    """
    try:
        tree = ast.parse(
            textwrap.dedent(inspect.getsource(subject if method is None else getattr(subject, method)))
        )
    except (OSError, TypeError, SyntaxError, AttributeError):
        return {}
    counts: dict[str, int] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign([ast.Tuple(elts)], ast.Attribute(array, "shape")):
                name = array.attr if isinstance(array, ast.Attribute) else getattr(array, "id", "")
                counts[name] = len(elts)
    return counts
