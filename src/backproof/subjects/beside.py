"""Objects for a constructor that asks for some, made of the classes that stand beside it in its module."""

from __future__ import annotations

import inspect
import re
import sys
from typing import Any

from backproof.subjects.argument_roles import HIDDEN, INPUT, OUTPUT, words_of


def object_for(cls: type, name: str) -> Any:
    """Layers, a loss or an optimizer for this parameter, from the classes that the module knows; None: no such."""
    words = words_of(name)
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    classes = [c for c in known.values() if isinstance(c, type) and c is not cls and not issubclass(cls, c)]
    if words & {"layers", "modules", "camadas", "capas", "couches", "schichten", "strati", "warstwy"}:
        both = [c for c in classes if all(callable(getattr(c, m, None)) for m in ("forward", "backward"))]
        made = {c.__name__: [made_of(c, *sizes) for sizes in ((INPUT, HIDDEN), (HIDDEN, OUTPUT))] for c in both}
        dense = next((pair for pair in made.values() if None not in pair), None)
        bend = next(
            (one for c in both if (one := made_of(c)) is not None and "loss" not in c.__name__.lower()), None
        )
        return None if dense is None else [dense[0], *([bend] if bend is not None else []), dense[1]]
    if words & {"activation", "act", "threshold", "nonlinearity", "transfer"}:
        usual = re.compile("sigm|tanh|relu", re.IGNORECASE)
        own = [v for n, v in known.items() if usual.search(n) and isinstance(v, tuple(classes))]
        return next(iter(own), None) or next(
            (made for c in classes if usual.search(c.__name__) and (made := made_of(c)) is not None), None
        )
    for what, hints in (("loss", ("loss", "mse", "entropy", "cost")), ("optimizer", ("sgd", "optimi", "descent"))):
        if words & {
            what,
            what[:5],
            "criterion" if what == "loss" else "optim",
            "cost" if what == "loss" else "opt",
        }:
            fitting = [c for c in classes if any(hint in c.__name__.lower() for hint in hints)]
            tries = (made_of(c, *a) for c in fitting for a in ((), (0.1,)))
            return next((one for one in tries if one is not None), None)
    return next((_as_given(c) for c in _called_like(classes, words)), None)


def _called_like(classes: list[type], words: set[str]) -> list[type]:
    """The classes whose names have a word of the parameter's name in them: SigmoidNeuron for `neuron`."""
    found = [c for c in classes if any(len(word) > 3 and word in c.__name__.lower() for word in words)]
    return sorted(found, key=lambda c: not re.search("sigm|tanh", c.__name__, re.IGNORECASE))


def _as_given(cls: type) -> Any:
    """The class itself where all its methods are static, else an object of it."""
    own = [member for name, member in vars(cls).items() if not name.startswith("__")]
    return cls if own and all(isinstance(member, staticmethod) for member in own) else made_of(cls)


def node_for(cls: type) -> Any:
    """A node of the same family that is made of nothing: a graph's input; None where there is none."""
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    own = [c for c in known.values() if isinstance(c, type) and c is not cls and c not in cls.__mro__]
    family = {base for base in cls.__mro__[1:] if base.__module__ == cls.__module__}
    made = (made_of(c) for c in own if family & set(c.__mro__))
    return next((one for one in made if one is not None), None)


def made_of(cls: type, *arguments: Any) -> Any:
    """The object, of a class whose required parameters are these many; None where it does not construct."""
    try:
        needed = [p for p in inspect.signature(cls).parameters.values() if p.default is p.empty]
        named = [p for p in needed if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        return cls(*arguments) if len(named) == len(arguments) else None
    except (Exception, SystemExit):  # it wants something else
        return None
