"""Which of somebody's methods or functions goes forward, which back, which is the loss."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from backproof.subjects.own_source import text_around, text_of, tree_of
from backproof.subjects.signatures import parameters
from backproof.subjects.trial.reach import plain
from backproof.subjects.trial.results import returned_names
from backproof.subjects.trial.roles import LOSS, role, roles_of

TRIED = "a network in one object"  # how reports on these begin
_WHOLE = (
    r"((l|nn|net|network|model|l_model|l_layers?|full|deep|dnn|ann|mlp|do|run|perform|my)_?)?"  # of all layers
)
FORWARD = re.compile(
    rf"^{_WHOLE}(feed_?)?(for?w[ao]?rd|fwd|fprop)(s|_?pass|_?pro[pb]\w*|_?step|_?propagate|_?model|_?feed|_?run|_?all)?$"
    r"|^feed$|^prop$|^propagat(e|ion)(_(forward|avant|direct\w*))?$|^propaga(r|cao|cion)?$|^nn_?forward\w*$"
    r"|^forward_\w*(pro[pb]|net|pass|model)\w*$|^fp$|^propaga\w*_(hacia_)?(adelante|frente|directa?|avanti|avant|w_przod)$"
    r"|^(hacia_)?adelante$|^vorw(ae|a|ä)rts\w*$|^ileri\w*$|^av(a?nt)_?propag\w*$|^propagacja$",
    re.IGNORECASE,
)
SCORES = re.compile(
    r"^(predict(_proba)?|call|query|think|run|compute|activate|evaluate|output"
    r"|predecir|prediccion|prever|predizer|predire|vorhersag\w*|predykcja)$",
    re.IGNORECASE,
)
BACKWARD = re.compile(
    rf"^{_WHOLE}(back(ward|word)?|bwd|bprop|bp)s?(_?pass|_?pro[pb]\w*|_?step|_?propagate\w*|_?model|_?error|_?all)?$"
    r"|^backward_?(delta|error|input)$|^(compute|calc|calculate|get|loss|cost)_?grad\w*$|^gradients?$|^propagate_?back\w*$"
    r"|^propaga\w*_(hacia_)?(atras|tras|reversa|inversa|indietro|wstecz\w*|arriere)$|^r(ue|u|ü)ckw(ae|a|ä)rts\w*$"
    r"|^geri\w*$|^(hacia_)?atras$|^retro_?propag\w*$|^retropropag\w*$|^backward_\w*(pro[pb]|net|pass|model)\w*$",
    re.IGNORECASE,
)
TRAIN = re.compile(
    r"^(train|training|fit|learn|update|train_?(step|on_?batch|one|batch|once|iteration|sample)|step|update_(weights|mini_batch))$",
    re.IGNORECASE,
)
NO_LOSS = re.compile(
    r"deriv|prime|grad|delta|back|plot|print|hist|show|num|_d$|^d_|diff|_der|loss_?list|set_|rmse|der$",
    re.IGNORECASE,
)


def methods(item: object) -> dict[str, Callable[..., Any]]:
    """The methods of an object's own classes, or of a class, by the names their author gave them."""
    found: dict[str, Callable[..., Any]] = {}
    for cls in item.__mro__ if isinstance(item, type) else type(item).__mro__:
        if cls.__module__ == "builtins":
            continue
        for name, value in vars(cls).items():
            if inspect.isfunction(getattr(value, "__func__", value)):
                found.setdefault(plain(name), getattr(item, name))
    return found


def goes_both_ways(cls: type) -> bool:
    """Whether a class has something that goes forward and something that goes back, or trains."""
    found = methods(cls)
    back = going_back(found)
    return bool(forwards(found) and (back or (matching(found, TRAIN) and learns(cls))))


def learns(item: Any) -> bool:
    """Whether a class or a function speaks of a learning rate, or changes an attribute by adding to it."""
    return _LEARNS.search(text_of(item)) is not None


def only_goes_forward(cls: type) -> bool:
    """Whether a class goes forward by its names and leaves the way back to a function beside it."""
    found = methods(cls)
    return bool(matching(found, FORWARD)) and not going_back(found)


_LEARNS = re.compile(
    r"learn|\b(self\.)?_*(lr|eta|alpha|n_?iter\w*|step_?size|rate)\b|taxa|tasa|taux|self\.\w+(\[\w+\])? *[-+]=",
    re.I,
)


def forwards(found: Mapping[str, Callable[..., Any]]) -> list[Callable[..., Any]]:
    """Those that go forward by their names; else, beside one that takes labels, those that take x alone."""
    named = matching(found, FORWARD, SCORES)
    backs = going_back(found) or matching(found, TRAIN)
    if named or not any("t" in roles_of_backward(back).values() for back in backs):
        return named
    return [f for name, f in found.items() if f not in backs and _takes_x_alone(name, f) and gives(f)]


def forward_of_layer(found: Mapping[str, Callable[..., Any]]) -> Callable[..., Any] | None:
    """A layer's way forward by its name, else `__call__`, else what takes an input, by its name, alone."""
    named = matching(found, FORWARD) or [f for name, f in found.items() if name == "__call__"]
    backs = matching(found, BACKWARD)
    silent = [f for n, f in found.items() if f not in backs and _takes_x_alone(n, f) and gives(f)] if backs else []
    own = [f for f in silent if role(next(n for n in parameters(f) if n != "self")) == "x"]
    return next(iter([*named, *own]), None)


def _takes_x_alone(name: str, function: Callable[..., Any]) -> bool:
    taken = [each for each, needed in parameters(function).items() if needed and each != "self"]
    silent = name.startswith("__") or NO_LOSS.search(name) or LOSS.search(name) or _HELPER.search(name)
    return len(taken) == 1 and not silent and role(taken[0]) in ("x", "")


def goes_in_one(cls: type) -> bool:
    """Whether a class has weights of its own and a method that is given, or holds, all that training takes."""
    return _CHANGES_WEIGHTS.search(text_of(cls)) is not None and bool(in_one(cls))


def in_one(item: object) -> list[Callable[..., Any]]:
    """The methods of an object, or of a class, that train or go back and have inputs and labels at hand."""
    found = methods(item)
    text = text_of(item if isinstance(item, type) else type(item))
    held = {role(name) for name in re.findall(r"\bself\.(\w+)\s*=", text)}
    both = {"x", "t"}
    chosen = []
    for function in [*matching(found, TRAIN, _TRAINS), *going_back(found)]:
        given = set(roles_in_one(function).values())
        if function not in chosen and (both <= given or (both <= held and not given & (both | {"upstream"}))):
            chosen.append(function)
    return chosen


def roles_in_one(function: Callable[..., Any]) -> dict[str, str]:
    """The roles of what such a method takes: before labels, what has no name that is known is the input."""
    found = roles_of_backward(function)
    first = next((name for name in found if name != "self"), None)
    if first is not None and not found[first] and "t" in found.values() and "x" not in found.values():
        found[first] = "x"
    return found


_TRAINS = re.compile(
    r"^(train|fit|learn|study|entren|trein|lern|entrain|uczen|egit|addestra)\w*$|^(sgd|gradient_?descent|gd)$",
    re.IGNORECASE,
)
_CHANGES_WEIGHTS = re.compile(
    r"self\.\w*(w|weights?|synaps\w*|theta|params?|pesos?|poids|wagi|gewichte?|bias\w*|b)(_\w+|\d+)?(\[[^\]=]*\])*"
    r"\s*[-+]?=|self\.\w+(\[[^\]]*\])*\s*[-+]=.*(rate|lr|alpha|eta)\b",
    re.IGNORECASE,
)
_HELPER = re.compile(r"sigm|relu|tanh|softm|activ|one_?hot|accur|normal|split|load|save|test|eval|reset", re.I)


def gives_loss_and_grads(cls: type) -> bool:
    """Whether a class has `loss(X, y=None)`, as cs231n's networks, which without labels gives the scores."""
    loss = getattr(cls, "loss", None)
    names = list(parameters(loss).items())[1:] if inspect.isfunction(loss) else []
    if len(names) < 2 or [role(n) for n, _ in names[:2]] != ["x", "t"] or callable(getattr(cls, "gradient", None)):
        return False
    returned = returned_names(loss) if loss is not None else []
    return not names[1][1] or (len(returned) == 2 and _GRADIENTS.fullmatch(returned[1]) is not None)


_GRADIENTS = re.compile(r"d?grads?|g|gradients?|grad_dict", re.IGNORECASE)


def is_odd(cls: type) -> bool:
    """Whether a class may be a layer under other names, or a loss with its gradient."""
    found = methods(cls)
    if forward_of_layer(found) is not None and matching(found, BACKWARD):
        return True
    values = {"loss", "fn", "__call__", "calculate", "compute", "forward", "calc", "compute_loss", "cost", "value"}
    return bool(values & set(found)) and any(_OF_LOSS.match(name) for name in found)


def hands_on(cls: type) -> bool:
    """Whether a class loops over layers that it was given and calls their methods: it computes nothing itself."""
    source = text_of(cls)
    loops = re.findall(r"for\s+([\w, ]+?)\s+in\s+[^:\n]*(?:layers|modules|blocks)\b[^:\n]*:", source)
    names = {name.strip() for names in loops for name in names.split(",")}
    called = r"\b{}(\.\w*(?:for?wa?rd|feed|back|propag|__call__|gradient)\w*)?\("
    return any(re.search(called.format(name), source) for name in names if name)


def gives(function: Callable[..., Any]) -> bool:
    """Whether it returns something, as far as its source says."""
    tree = tree_of(function)
    given = (node.value for node in ast.walk(tree) if isinstance(node, (ast.Return, ast.Yield)))
    return not tree.body or any(value is not None for value in given)


def refuses(function: Callable[..., Any]) -> bool:
    """Whether a function does nothing but raise, or nothing at all: it is left to others."""
    body = next((node.body for node in tree_of(function).body if isinstance(node, ast.FunctionDef)), [])
    words = [s for s in body if isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)]
    return bool(body) and all(isinstance(s, ast.Pass | ast.Raise) for s in body if s not in words)


def is_to_come(function: Callable[..., Any]) -> bool:
    """Whether a function only says that it is not implemented; the way back of a softmax may be its loss's."""
    left = "softmax" in type(getattr(function, "__self__", None)).__name__.lower()
    return refuses(function) and (left or "implement" in text_of(function).lower())


def gives_slope(cls: type) -> tuple[str, str] | None:
    """The methods of an activation: `forward(z)` with `gradient(z)`, `f` with `df`; None without such a pair."""
    found = {
        name: f
        for name, f in methods(cls).items()
        if sum(list(parameters(f).values())[_own_self(cls, name) :]) == 1
    }
    value = next((name for name in _FUNCTIONS if name in found), None)
    slope = next((name for name in found if _SLOPE.match(name)), None)
    return (
        (value, slope)
        if value and slope and not {"backward", "backprop", "train", "fit"} & set(methods(cls))
        else None
    )


def _own_self(cls: type, name: str) -> int:
    """1 where the first parameter is the object itself."""
    return 0 if isinstance(inspect.getattr_static(cls, name, None), (staticmethod, classmethod)) else 1


_OF_LOSS = re.compile(r"^(delta|prime|d\w*v\w*t\w*|deriv|der|d|df|diff|d_?loss|(loss_?)?grad\w*)$", re.IGNORECASE)
_FUNCTIONS = (
    "forward",
    "__call__",
    "activate",
    "activation",
    "f",
    "fn",
    "func",
    "function",
    "compute",
    "call",
    "apply",
    "value",
)
_SLOPE = re.compile(r"^_*(d?grad(ient)?|deriv\w*|d|df|prime|\w*_prime|\w*_deriv\w*|d_\w+|diff\w*|dfn|dfunc)$")


def value_back(cls: type) -> Callable[..., Any] | None:
    """The method of such values that takes the whole graph back: `backward`, else `backprop`."""
    found = methods(cls)
    names = ("backward", "backprop", "back_prop", "backpropagate", "back_propagate", "back")
    longer = [name for name in found if _RUNS_BACK.fullmatch(name)]
    return next((found[name] for name in (*names, *longer) if name in found), None)


_RUNS_BACK = re.compile(r"(calc\w*|run|do|full|start|compute)_?back_?(wards?|prop\w*)", re.IGNORECASE)


def is_value(cls: type) -> bool:
    """Whether objects of a class remember how they were made and go back: automatic differentiation."""
    found = methods(cls)
    back = value_back(cls)
    if back is None or matching(found, FORWARD) or "__call__" in found:
        return False
    if sum(list(parameters(back).values())[1:]) > 1:
        return False
    return {"__add__", "__mul__"} <= set(found) or _REMEMBERS.search(text_of(cls)) is not None


_REMEMBERS = re.compile(r"self\.\w*(creator|creation|_prev\b|parents?\b|_backward\b|grad_fn)")


def is_whole(cls: type) -> bool:
    """Whether a class that goes both ways is a network rather than a layer: its way back takes labels."""
    found = methods(cls)
    if _holds_its_data(cls, found) or _keeps_its_loss(cls, found):
        return True
    backs = [f for f in going_back(found) if not f.__name__.startswith("_" + cls.__name__)]
    if not backs:
        return goes_both_ways(cls)
    named = set(roles_of_backward(backs[0]).values())
    forwards = matching(found, FORWARD)
    if forwards and "t" in list(roles_of(forwards[0]).values())[1:]:
        return False  # a loss, not a network
    gives_back = named - {""} == {"x"} and any(
        set(roles_of(f).values()) <= {"", "x"} for f in losses(found).values()
    )
    trains = any(len(parameters(found[n])) > 2 for n in ("train", "fit", "learn", "train_step") if n in found)
    return goes_both_ways(cls) and ("t" in named or gives_back or trains)


def _holds_its_data(cls: type, found: Mapping[str, Callable[..., Any]]) -> bool:
    """Whether its constructor takes inputs and labels, and its `forward()` and `backward()` no labels."""
    both = [*matching(found, FORWARD)[:1], *going_back(found)[:1]]
    given = {what for f in both for name, what in roles_of(f).items() if name != "self"}
    bare = len(both) == 2 and given <= {"rate", "once", "zero", "cache", "x"}
    return bare and {"x", "t"} <= set(roles_of(cls.__init__).values())  # type: ignore[misc]


def _keeps_its_loss(cls: type, found: Mapping[str, Callable[..., Any]]) -> bool:
    """Whether `backward()` goes by what a loss of its own, `compute_loss(y, label)`, has kept."""
    back = going_back(found)[:1]
    own = [list(roles_of(f).values())[1:] for f in losses(found).values()]
    forward = [list(parameters(f)) for f in matching(found, FORWARD)[:1]]
    bare = len(back) == 1 and len(parameters(back[0])) <= 1
    return bare and any("t" in roles for roles in own) and any(len(names) == 2 for names in forward)


def matching(names: Mapping[str, Callable[..., Any]], *patterns: re.Pattern[str]) -> list[Callable[..., Any]]:
    """The functions whose names fit, in the order of the patterns."""
    return [f for pattern in patterns for name, f in names.items() if pattern.match(name.strip("_") or name)]


def going_back(names: Mapping[str, Callable[..., Any]]) -> list[Callable[..., Any]]:
    """The functions that go back: by their names, else by the names of what they return (`return dW1, db1`)."""
    return matching(names, BACKWARD) or [f for f in names.values() if _returns_gradients(f)]


def ways_back(cls: type) -> list[Callable[..., Any]]:
    """The methods of a layer or of a loss that by their names give gradients."""
    found = methods(cls)
    return [*matching(found, BACKWARD), *(f for name, f in found.items() if _OF_LOSS.match(name))]


_GRADIENT = re.compile(
    r"(d|g|grad|nabla|delta)_?(w|b|u|v|theta|weights?|bias(es)?)_?\w{0,2}|grads|gradients", re.IGNORECASE
)


def _returns_gradients(function: Callable[..., Any]) -> bool:
    names = returned_names(function, attributes=True)
    found = [name for name in names if _GRADIENT.fullmatch(name)]
    return len(found) > 1 or (len(names) == 1 and len(found) == 1 and names[0].lower() in ("grads", "gradients"))


def turns_gradients(back: Callable[..., Any]) -> bool:
    """Whether the code beside this backward transposes what by its name is a gradient: `w -= eta * dw.T`."""
    turned = r"\b(d|g|grad|nabla|delta)\w*(\[\w+\])?\.(T\b|transpose\()"
    return re.search(turned, text_around(back), re.IGNORECASE) is not None


def losses(names: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The functions that by their names give a loss, and not its derivative."""
    return {name: f for name, f in names.items() if LOSS.search(name) and not NO_LOSS.search(name)}


def roles_of_backward(back: Callable[..., Any]) -> dict[str, str]:
    """The roles of what a whole network's backward takes: where nothing else is the labels, `output` is.

    One argument alone whose name says nothing is what comes from the loss; `d` of `train(x, d)` is desired.
    """
    found = roles_of(back)
    roles = list(found.values())
    if found.get("A") == "x" and "t" in roles and "y" not in roles:  # backward(A, Y)
        found = found | {"A": "y"}
        roles = list(found.values())
    if TRAIN.match(back.__name__) and "x" in roles and "t" not in roles:
        found = {name: "t" if what == "upstream" else what for name, what in found.items()}
        roles = list(found.values())
    if roles == [""]:
        return dict.fromkeys(found, "upstream")
    if roles.count("y") == 1 and not {"t", "upstream"} & set(roles):
        found = {name: "t" if what == "y" else what for name, what in found.items()}
    return found
