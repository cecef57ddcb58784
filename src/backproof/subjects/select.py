"""What in a file is to be judged: its networks, then its layers, then function pairs and well-known functions."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Any, Literal

from backproof.subjects.flagged import slope_by_flag
from backproof.subjects.imports import taken_from
from backproof.subjects.load import Loaded
from backproof.subjects.subject import Layerlike, Network
from backproof.subjects.trial import entries
from backproof.subjects.trial.asking import asking
from backproof.subjects.trial.functions import Functions, form_a_network, initial_functions
from backproof.subjects.trial.fused_heads import is_fused_head
from backproof.subjects.trial.loops import of_function as loops_of_function
from backproof.subjects.trial.loops import of_script as loop_of_script
from backproof.subjects.trial.loss_and_grads import gives_loss_and_grads
from backproof.subjects.trial.loss_functions import loss_functions
from backproof.subjects.trial.sequences import argument_roles, networks_of_steps, of_class
from backproof.subjects.uses import chosen_by_word, looks_up
from backproof.subjects.walked import trains_layers

Kind = Literal["network", "layer", "functions", "pair", "function", "object"]

DERIVATIVES = (
    "{}_grad", "{}_gradient", "{}_derivative", "{}_deriv", "{}_der", "{}_prime", "{}_diff", "{}_backward",
    "{}_back", "d_{}", "d{}", "grad_{}", "gradient_{}", "derivative_{}", "deriv_{}", "diff_{}", "{}_d",
)  # fmt: skip
BACKWARDS = ("{}_backward", "{}_bwd", "{}_bak", "{}_back", "{}_bprop", "{}_backprop", "{}_backw")
# Functions whose names promise something that can be judged without a derivative.
WELL_KNOWN = {
    "identity_function", "step_function", "sigmoid", "relu", "tanh", "softmax", "log_softmax", "leaky_relu",
    "softplus", "cross_entropy_error", "cross_entropy", "cross_entropy_loss", "mean_squared_error",
    "sum_squared_error", "mse", "mse_loss", "softmax_loss",
}  # fmt: skip
_NETWORK_METHODS = ("gradient", "predict", "backward", "backprop", "numerical_gradient")


@dataclass(frozen=True)
class Target:
    """One thing to judge: a class to construct, an object, or a function; `back` is its separate way back.

    back: the free `gradient(network, x, t)` of a network, or a function's derivative or backward.
    """

    kind: Kind
    name: str
    item: Any
    back: Callable[..., Any] | None = None


def targets(loaded: Loaded) -> list[Target]:
    """What to judge in the file, in order; with a requested name that alone."""
    if loaded.requested is not None:
        return [_named(loaded, loaded.requested)]
    told = [
        Target("object", name, value)
        for name, value in vars(loaded.module).items()
        if isinstance(value, Network | Layerlike)
    ]
    if told:  # the file says itself how it is to be seen
        return told
    classes = [item for item in loaded.definitions.values() if isinstance(item, type) and not _abstract(item)]
    values = [cls for cls in classes if entries.is_value(cls)]
    classes = [cls for cls in classes if cls not in values]
    networks = [cls for cls in classes if _is_network(cls) or entries.is_whole(cls) or gives_loss_and_grads(cls)]
    layers = [
        cls
        for cls in classes
        if cls not in networks
        and (_is_layer(cls) or entries.is_odd(cls) or entries.gives_slope(cls) or _is_unusual_layer(cls))
    ]
    in_one = [cls for cls in classes if entries.goes_in_one(cls) or trains_layers(cls) or of_class(cls)]
    networks += [cls for cls in in_one if cls not in networks + layers]
    layers = sorted(layers, key=lambda cls: not _uses_any(cls, layers))  # what is made of layers before the layers
    gradient = _free_gradient(loaded.definitions)
    if gradient is not None:
        networks += [cls for cls in classes if cls not in networks + layers and entries.only_goes_forward(cls)]
    found = [Target("network", cls.__name__, cls, _gradient_for(cls, gradient)) for cls in networks]
    found += [Target("layer", cls.__name__, cls) for cls in layers]
    own = {name: item for name, item in loaded.definitions.items() if inspect.isfunction(item)}
    if entries.matching(own, entries.BACKWARD) and not entries.matching(own, entries.FORWARD):
        own = _beside(loaded) | own  # its forward may lie in a file that it imports from
    with_loss = [each for each in loss_functions(own) if "state" not in argument_roles(each.loss).values()]
    if form_a_network(own) and (initial_functions(own) or not with_loss):
        found.append(Target("functions", loaded.path.name, Functions(loaded.path.name, own)))
    else:
        found += [Target("functions", each.name, each) for each in with_loss]
        if not with_loss:
            found += [Target("functions", each.name, each) for each in networks_of_steps(loaded.path.name, own)]
    if not any(target.kind in ("network", "functions") for target in found):
        loops = [*map(loops_of_function, own.values()), loop_of_script(loaded.module)]
        found += [Target("functions", each.name, each) for each in loops if each is not None]
    found += [Target("layer", cls.__name__, cls) for cls in values]
    return found + list(_functions(loaded.definitions))


def _beside(loaded: Loaded) -> dict[str, Any]:
    """The functions of the user's own files that this one imports from."""
    return {n: f for m in taken_from(loaded.module) for n, f in vars(m).items() if inspect.isfunction(f)}


def _named(loaded: Loaded, name: str) -> Target:
    item = loaded.definitions.get(name, getattr(loaded.module, name, None))
    if isinstance(item, type):
        if _is_network(item):
            return Target("network", name, item, _gradient_for(item, _free_gradient(loaded.definitions)))
        return Target("layer", name, item)
    if inspect.isroutine(item):
        every = {key: value for key, value in vars(loaded.module).items() if inspect.isroutine(value)}
        pairs = list(_functions(every))
        as_forward = next((t for t in pairs if t.item is item), None)
        as_back = next((t for t in pairs if t.back is item), None)
        return as_forward or as_back or Target("function", name, item)
    return Target("object", name, item, _gradient_for(type(item), _free_gradient(loaded.definitions)))


def classes_inside(instance: object) -> dict[str, type]:
    """The classes of all objects inside an object, itself among them, by name."""
    found: dict[str, type] = {}
    seen: set[int] = set()
    stack: list[tuple[object, int]] = [(instance, 0)]
    while stack:
        value, depth = stack.pop()
        if id(value) in seen or depth > 6:
            continue
        seen.add(id(value))
        if isinstance(value, Mapping):
            stack += [(member, depth + 1) for member in value.values()]
        elif isinstance(value, list | tuple):
            stack += [(member, depth + 1) for member in value]
        elif isinstance(value, type):  # `self.cost = CrossEntropyCost`, which has static methods alone
            found[value.__name__] = value
        elif hasattr(value, "__dict__") and not inspect.isroutine(value):
            found[type(value).__name__] = type(value)
            stack += [(member, depth + 1) for member in vars(value).values()]
    return found


def functions_used(items: list[Any], namespace: Mapping[str, Any]) -> set[str]:
    """The names of the module's functions that these classes and functions call, directly or through others."""
    used: set[str] = set()
    stack = [code for item in items for code in _codes(item)]
    while stack:
        for name in names_in(stack.pop()):
            function = namespace.get(name)
            if name not in used and inspect.isfunction(function):
                used.add(name)
                stack.append(function.__code__)
    return used


def _is_network(cls: type) -> bool:
    return callable(getattr(cls, "loss", None)) and any(callable(getattr(cls, m, None)) for m in _NETWORK_METHODS)


def _is_layer(cls: type) -> bool:
    return all(callable(getattr(cls, method, None)) for method in ("forward", "backward"))


def _is_unusual_layer(cls: type) -> bool:
    return asking(cls) is not None or is_fused_head(cls)


def _abstract(cls: type) -> bool:
    """A base class or a protocol: its `forward` or `loss`, or else all that it has, does nothing but refuse."""
    if inspect.isabstract(cls) or getattr(cls, "_is_protocol", False):
        return True
    method = getattr(cls, "forward", None) or getattr(cls, "loss", None)
    if method is None:
        own = [f for name, f in entries.methods(cls).items() if name == "__call__" or not name.startswith("__")]
        return bool(own) and all(map(entries.refuses, own))
    return inspect.isfunction(method) and entries.refuses(method)


def _uses_any(cls: type, layers: list[type]) -> bool:
    return any(speaks_of(cls, layer) for layer in layers if layer is not cls) or speaks_of(cls, "layers")


def speaks_of(cls: type, other: type | str) -> bool:
    """Whether the code of a class has the name of another in it."""
    name = other if isinstance(other, str) else other.__name__
    return any(name in names_in(code) for code in _codes(cls))


def _free_gradient(definitions: Mapping[str, Any]) -> Callable[..., Any] | None:
    """A function `gradient(network, x, t)`, or `backprop(net, x, y)`, beside the network."""
    for name, item in definitions.items():
        named = ("grad" in name and not _NO_WAY_BACK.search(name)) or entries.BACKWARD.match(name)
        if inspect.isfunction(item) and named:
            parameters = list(inspect.signature(item).parameters)
            if len(parameters) >= 3 and parameters[0].lower() in ("network", "net", "model", "nn", "mlp", "self"):
                return item
    return None


_NO_WAY_BACK = re.compile("numeric|check|test|verif|compare|descent|plot|clip", re.IGNORECASE)


def _gradient_for(cls: type, gradient: Callable[..., Any] | None) -> Callable[..., Any] | None:
    return None if callable(getattr(cls, "gradient", None)) else gradient


def _functions(definitions: Mapping[str, Any]) -> Iterator[Target]:
    functions = {name: item for name, item in definitions.items() if inspect.isroutine(item)}
    functions = _held_by_classes(definitions) | functions
    paired: set[str] = set()
    alone: list[Target] = []
    for name, function in functions.items():
        base = re.sub(r"_?(forward|fwd|fprop|forw)$", "", name)
        patterns = BACKWARDS if base != name else DERIVATIVES
        named = (functions[p.format(base)] for p in patterns if p.format(base) in functions)
        back: Callable[..., Any] | None = next(named, None)
        other = re.sub("_forward_", "_backward_", name, count=1)  # max_pool_forward_naive
        back = back or (functions.get(other) if other != name else None) or slope_by_flag(function)
        if back is not None and not chosen_by_word(function):
            paired |= {name, back.__name__}
            yield Target("pair", name, function, back)
        elif looks_up(function):
            continue
        elif name in WELL_KNOWN or (name.endswith("_loss") and not re.match("plot|show|print|draw", name)):
            alone.append(Target("function", name, function))
    yield from (target for target in alone if target.name not in paired)


def _held_by_classes(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The functions of classes that hold nothing but those: `Activation.sigmoid`, `Batch().norm_forward`."""
    found: dict[str, Any] = {}
    for item in definitions.values():
        if isinstance(item, type) and "__init__" not in vars(item) and not (_is_layer(item) or _is_network(item)):
            methods = {n: m for n, m in vars(item).items() if inspect.isfunction(m)}
            if any(re.search(r"\w_(forward|fwd|fprop|forw)$", name) for name in methods):
                one = item()
                found |= {name: getattr(one, name) for name in methods}
        own = {n: m for n, m in vars(item).items() if not n.startswith("__")} if isinstance(item, type) else {}
        if own and "forward" not in own and all(isinstance(member, staticmethod) for member in own.values()):
            found |= {name: member.__func__ for name, member in own.items()}
    return found


def _codes(item: Any) -> list[CodeType]:
    if inspect.isfunction(item):
        return [item.__code__]
    if isinstance(item, type):
        members = [member for cls in item.__mro__ if cls is not object for member in vars(cls).values()]
        unwrapped = [getattr(member, "__func__", getattr(member, "fget", member)) for member in members]
        return [member.__code__ for member in unwrapped if inspect.isfunction(member)]
    return _codes(type(item)) if type(item).__module__ != "builtins" else []


def names_in(code: CodeType) -> set[str]:
    """The names of globals and attributes that the code uses, and that the functions inside it use."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= names_in(constant)
    return names
