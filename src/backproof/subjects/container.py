"""Networks that are given their layers after their constructor: `add(layer)`, then `compile(loss, optimizer)`.

The layers, the loss and the optimizer are made of the classes that the module knows, or of those in the files
beside it.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.subjects.argument_roles import INPUT, role, words_of
from backproof.subjects.descent import Descent
from backproof.subjects.own_source import tree_of
from backproof.subjects.parts import (
    descent_of,
    known_to,
    layers_of,
    loses_by_logarithms,
    loss_of,
    made_of,
    slope_of,
    takes_probabilities,
)
from backproof.subjects.trial import entries
from backproof.subjects.walked import walked

_ADD = re.compile(r"^(add|append|push|stack|insert)(_?(layer|module|block)s?)?$", re.IGNORECASE)
_SETTLE = re.compile(
    r"^(compile|use|set(_?(up|loss\w*|cost\w*|optimi\w*|params?))?|config\w*|prepare|build|finali[sz]e|init\w*)$",
    re.IGNORECASE,
)


def is_empty(instance: object) -> bool:
    """Whether this hands on to layers, of which it holds none yet."""
    held = vars(instance) if hasattr(instance, "__dict__") else {}
    empty = any(isinstance(value, list) and not value for value in held.values())
    return empty and _add(instance) is not None and not any(isinstance(v, np.ndarray) for v in held.values())


def filled(instance: Any, *, ending: bool = False) -> bool:
    """Add layers from 7 to 4 values, one that bends, a loss and an optimizer; whether all went well.

    ending: the last layer gives probabilities, which a loss that it holds may ask for.
    """
    add = _add(instance)
    known = known_to(instance.__class__)
    held = (value for value in vars(instance).values() if hasattr(value, "__dict__"))
    asked = loses_by_logarithms(type(instance)) or any(map(takes_probabilities, held))
    layers = layers_of(known, ending=ending) if ending or not asked else None
    if add is None or layers is None:
        return False
    try:
        for layer in layers:
            add(layer)
        for name, method in entries.methods(instance).items():
            arguments = _settings(method, known) if _SETTLE.match(name) else None
            if arguments is not None:
                method(**arguments)
    except (Exception, SystemExit):
        return False
    return True


def beside_loss(cls: type) -> Any:
    """A loss object for a backward that is given one."""
    found = loss_of(known_to(cls))
    return None if inspect.isfunction(found) else found


def _add(instance: object) -> Callable[[Any], Any] | None:
    """The method that takes one layer, by its name, or by what it does with it: `self.camadas.append(camada)`."""
    into = walked(type(instance))
    for name, method in entries.methods(instance).items():
        needed = [p.name for p in inspect.signature(method).parameters.values() if p.default is p.empty]
        if len(needed) == 1 and (_ADD.match(name) or _appends(method, needed[0], into)):
            return method
    return None


def _appends(method: Callable[..., Any], taken: str, into: set[str]) -> bool:
    for node in ast.walk(tree_of(method)):
        match node:
            case ast.Call(ast.Attribute(ast.Attribute(ast.Name("self"), held), "append"), [ast.Name(given)]):
                if given == taken and held in into:
                    return True
    return False


# What there is to fill it with


def _settings(method: Callable[..., Any], known: dict[str, Any]) -> dict[str, Any] | None:
    """Arguments for `compile` and the like; None where one is not known or nothing is there to be set."""
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(method).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if isinstance(parameter.default, str):  # a word that the class looks up by itself
            continue
        words = words_of(name)
        value: Any = None
        if words & {"loss", "cost", "criterion", "lossfunction", "losses"}:
            value = (
                slope_of(known)
                if words & {"prime", "derivative", "grad", "deriv", "gradient", "d"}
                else loss_of(known)
            )
        elif words & {"optimizer", "optimiser", "opt", "optim"}:
            value = descent_of(known)
            value = value if value is not None else Descent()
        elif words & {"lr", "rate", "alpha", "eta"}:
            value = 0.01
        elif role(name) == "input" or words & {"shape"}:
            value = (INPUT,) if words & {"shape"} else INPUT
        if value is None and parameter.default is parameter.empty:
            if not words & {"accuracy", "metrics", "metric"}:
                return None
            value = next((o for n, c in known.items() if "accuracy" in n.lower() and (o := made_of(c))), None)
        if value is not None:
            given[name] = value
    return given
