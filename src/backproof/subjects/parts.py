"""What networks are put together from: layers, losses and optimizers of a module and of the files beside it."""

from __future__ import annotations

import contextlib
import functools
import importlib
import inspect
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from backproof.subjects.argument_roles import HIDDEN, INPUT, OUTPUT, SLOPE, role, words_of
from backproof.subjects.imports import taken_from
from backproof.subjects.own_source import text_of
from backproof.subjects.signatures import required
from backproof.subjects.trial import entries
from backproof.subjects.trial.roles import LOSS
from backproof.subjects.uses import choices

_BENDS = re.compile(r"elu|sigm|tanh|logistic|soft_?plus|soft_?sign|swish|silu|mish", re.IGNORECASE)
_NO_LAYER = re.compile(
    r"loss|cost|entropy|mse|error|soft_?max|drop|flat|pool|conv|norm|rnn|lstm|gru|embed|input|activ", re.I
)
_LOSS = re.compile(r"mse|mean_?sq|squared|loss|entropy|cost", re.IGNORECASE)
_DESCENT = re.compile(r"sgd|descent|^gd$|optimi[sz]er|vanilla", re.IGNORECASE)
_SLOPES = re.compile(r"(_?(prime|deriv\w*|grad\w*|der|backward))$|^d_?", re.IGNORECASE)
_MOST_FILES = 60


@functools.cache
def known_to(cls: type) -> dict[str, Any]:
    """The classes and functions of the class's module, then of the files beside it, then of its bases' files."""
    module = sys.modules.get(cls.__module__)
    if module is None:
        return {}
    found = {name: item for name, item in vars(module).items() if _is_part(item) and item is not cls}
    bases = (sys.modules[base.__module__] for base in cls.__mro__[1:-1] if base.__module__ in sys.modules)
    for beside in itertools.chain(_beside(module), *(taken_from(base) for base in bases if base is not module)):
        own = {n: item for n, item in vars(beside).items() if _is_part(item) and item.__name__ != cls.__name__}
        found = found | {name: item for name, item in own.items() if name not in found}
    return found


def _is_part(item: Any) -> bool:
    return isinstance(item, type) or inspect.isfunction(item)


def _beside(module: ModuleType) -> Iterator[ModuleType]:
    path = getattr(module, "__file__", None)
    if path is None:
        return
    yield from taken_from(module)
    package = module.__package__ or ""
    here = Path(path).parent
    for file in [*sorted(here.glob("*.py")), *sorted(here.glob("*/*.py"))][:_MOST_FILES]:
        inside = file.relative_to(here).with_suffix("").parts
        if file.resolve() == Path(path).resolve() or not all(map(str.isidentifier, inside)):
            continue
        if inside[-1].startswith("__") or "test" in inside[0]:
            continue
        name = ".".join([package, *inside] if package else inside)
        with contextlib.suppress(Exception, SystemExit):  # a file that does not load has no part to give
            yield _imported(module, name)


def _imported(module: ModuleType, name: str) -> ModuleType:
    """The module by an import statement of the user's own module: only those are looked for beside it."""
    if name in sys.modules:
        return sys.modules[name]
    space = vars(module)
    exec(
        compile(f"import {name}", str(module.__file__), "exec"),
        {**{k: space[k] for k in _IMPORTING if k in space}},
    )
    return importlib.import_module(name)


_IMPORTING = ("__name__", "__spec__", "__package__", "__file__", "__builtins__")


def layers_of(known: dict[str, Any], *, with_head: bool = True, ending: bool = False) -> list[Any] | None:
    """Two layers with weights, and between them one that bends; None where there are none.

    with_head: a softmax behind them, where the loss beside them takes probabilities. ending: something behind them
    that gives probabilities, whatever the loss takes.
    """
    classes = {name: item for name, item in known.items() if isinstance(item, type) and _goes(item)}
    dense: list[Any] = []
    for name, cls in classes.items():
        if not (_NO_LAYER.search(name) or _BENDS.search(name)):
            for make in (by_roles, _by_place):
                dense = [make(cls, *sizes, known) for sizes in ((INPUT, HIDDEN), (HIDDEN, OUTPUT))]
                if None not in dense:
                    break
        if dense and None not in dense:
            break
    if not dense or None in dense:
        return None
    own = _ways(type(dense[0]))
    alike = {name: cls for name, cls in classes.items() if _ways(cls) == own}  # called as the others are
    bend = next(
        (one for n, c in alike.items() if _BENDS_BY_WORD.search(n) and (one := _bent(c)) is not None), None
    )
    wants_head = with_head and takes_probabilities(loss_of(known))
    head = _to_probabilities(alike, softmax_alone=not ending) if ending or wants_head else None
    if ending and head is None:
        return None
    return [dense[0], *([bend] if bend is not None else []), dense[1], *([head] if head is not None else [])]


def _bent(cls: type) -> Any:
    """An activation: of a class of its own, by a word, by two functions."""
    return first_of(cls, *_offered(cls), *_TANH)


def _to_probabilities(classes: dict[str, type], *, softmax_alone: bool) -> Any:
    """A softmax, else a sigmoid: by the name of its class, or by a word that this offers."""
    made = (first_of(c, ()) for n, c in classes.items() if _SOFTMAX.fullmatch(n))
    found = next((one for one in made if one is not None), None)
    if found is not None or softmax_alone:
        return found
    named = (first_of(c, ()) for n, c in classes.items() if _LOGISTIC.search(n))
    words = [(c, word) for c in classes.values() for word in _offered(c) if _LOGISTIC.search(word[0])]
    return next((one for one in (*named, *(first_of(c, word) for c, word in words)) if one is not None), None)


def _offered(cls: type) -> list[tuple[str]]:
    """The activations that a class offers by a word, the smooth ones first."""
    words = [word for name in required(cls)[:1] for word in choices(cls, name) if _BENDS.search(word)]
    return [(word,) for word in sorted(words, key=lambda word: re.search("tanh|sigm", word, re.I) is None)]


_SOFTMAX = re.compile(r"_*soft_?max(_?(layer|activation))?|activation_?softmax", re.IGNORECASE)


def takes_probabilities(loss: Any) -> bool:
    """Whether a loss is a cross-entropy that makes no probabilities of scores itself."""
    name = getattr(loss, "__name__", type(loss).__name__).lower()
    text = text_of(loss if inspect.isroutine(loss) else type(loss))
    return _OF_PROBABILITIES.search(name) is not None and "softmax" not in name and "exp(" not in text


def loses_by_logarithms(cls: type) -> bool:
    """Whether a class's own loss takes the logarithm of what its layers give, and makes no probabilities first."""
    text = text_of(cls)
    return re.search(r"\blog\w*\(", text) is not None and re.search(r"exp\(|soft_?max|sigm", text, re.I) is None


def _ways(cls: type) -> set[str]:
    """The names by which a layer goes forward and back, and how many inputs it takes."""
    found = entries.methods(cls)
    forwards, backs = (entries.matching(found, names) for names in (entries.FORWARD, entries.BACKWARD))
    return {f.__name__ for f in (*forwards, *backs)} | {str(len(required(f))) for f in forwards[:1]}


def _goes(cls: type) -> bool:
    return (entries.goes_both_ways(cls) or entries.is_odd(cls)) and not entries.hands_on(cls)


def by_roles(cls: type, size_in: int, size_out: int, known: dict[str, Any]) -> Any:
    """The layer with its sizes by the names of the constructor's parameters."""
    try:
        given: dict[str, Any] = {}
        for parameter in inspect.signature(cls).parameters.values():
            what, needed = role(parameter.name), parameter.default is parameter.empty
            if what == "input":
                given[parameter.name] = size_in
            elif words_of(parameter.name) == {"input", "shape"}:
                given[parameter.name] = (size_in,)
            elif what in ("output", "hidden", "width") and (needed or parameter.default is None):
                given[parameter.name] = size_out
            elif what == "activation" and needed:
                slope = words_of(parameter.name) & SLOPE
                both = slope or any(words_of(other) & SLOPE for other in inspect.signature(cls).parameters)
                given[parameter.name] = (
                    (logistic, logistic_slope)[bool(slope)] if both else _bend_for(parameter, known)
                )
            elif needed and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                plain = {"rate": 0.1, "seed": 0, "decay": 0.0, "weight std": 0.1, "ratio": 0.5}
                given[parameter.name] = plain[what]
        sizes = [value for value in given.values() if value in (size_in, (size_in,), size_out)]
        return cls(**given) if sizes else None
    except (Exception, SystemExit):
        return None


def _by_place(cls: type, size_in: int, size_out: int, known: dict[str, Any]) -> Any:
    return made_of(cls, size_in, size_out)


def _bend_for(parameter: inspect.Parameter, known: dict[str, Any]) -> Any:
    if parameter.annotation in (str, "str"):
        return "tanh"
    made = (made_of(item) for name, item in known.items() if isinstance(item, type) and _BENDS.search(name))
    return next((one for one in made if one is not None), "tanh")


def logistic(z: Any) -> Any:
    """A sigmoid: what follows may want numbers between 0 and 1."""
    return 1 / (1 + np.exp(-z))


def logistic_slope(z: Any) -> Any:
    """Its derivative at z."""
    return logistic(z) * (1 - logistic(z))


_OF_PROBABILITIES = re.compile("entropy|likelihood|bce|^c?ce$|nll")
_BENDS_BY_WORD = re.compile(f"{_BENDS.pattern}|activation|^act$|nonlinear|ativac|activac", re.IGNORECASE)
_LOGISTIC = re.compile("sigm|logistic", re.IGNORECASE)
_TANH = ((), ("tanh",), (np.tanh, lambda z: 1 - np.tanh(z) ** 2))  # a class of its own, by name, by two functions


def first_of(cls: type, *choices: tuple[Any, ...]) -> Any:
    """An object of the class, made with the first of these arguments that it takes."""
    return next((one for arguments in choices if (one := made_of(cls, *arguments)) is not None), None)


def loss_of(known: dict[str, Any]) -> Any:
    """A loss object, of squares where there is a choice in one module; else a loss function."""
    classes = [c for n, c in known.items() if isinstance(c, type) and _LOSS.search(n) and n.lower() != "loss"]
    homes = {home: i for i, home in enumerate(dict.fromkeys(c.__module__ for c in classes))}
    classes.sort(key=lambda c: (homes[c.__module__], not re.search("mse|sq", c.__name__, re.IGNORECASE)))
    made = next((one for c in classes if (one := made_of(c)) is not None), None)
    return made if made is not None else next(iter(_loss_functions(known)), None)


def descent_of(known: dict[str, Any]) -> Any:
    """An optimizer that goes down the gradient as it is; None where there is none."""
    fitting = (item for name, item in known.items() if isinstance(item, type) and _DESCENT.search(name))
    return next((one for cls in fitting if (one := first_of(cls, (), (0.01,))) is not None), None)


def _loss_functions(known: dict[str, Any]) -> list[Callable[..., Any]]:
    """Functions that give a loss and have a derivative beside them."""
    slopes = {_SLOPES.sub("", n): f for n, f in known.items() if inspect.isfunction(f) and _SLOPES.search(n)}
    return [f for n, f in known.items() if inspect.isfunction(f) and n in slopes and LOSS.search(n)]


def slope_of(known: dict[str, Any]) -> Any:
    value = next(iter(_loss_functions(known)), None)
    return next(
        (f for n, f in known.items() if value and _SLOPES.search(n) and _SLOPES.sub("", n) == value.__name__), None
    )


def made_of(cls: type, *arguments: Any) -> Any:
    """The object, of a class whose required parameters are these many; None where it does not construct."""
    try:
        needed = [p for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
        named = [p for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        return cls(*arguments) if len(named) == len(arguments) else None
    except (Exception, SystemExit):  # it wants something else
        return None
