"""Objects for a constructor that asks for some, made of the classes that stand beside it."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Set
from typing import Any

from backproof.subjects.argument_roles import words_of
from backproof.subjects.parts import descent_of, known_to, layers_of, loss_of, made_of
from backproof.subjects.uses import called, kept_in
from backproof.subjects.walked import walked

_LAYERS = {"layers", "modules", "blocks", "camadas", "capas", "couches", "schichten", "strati", "warstwy"}


def object_for(cls: type, name: str, *, ending: bool = False) -> Any:
    """Layers, a loss or an optimizer for this parameter, of the classes beside it; None: no such.

    ending: the last of the layers gives probabilities.
    """
    words = words_of(name)
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    classes = [c for c in known.values() if isinstance(c, type) and c not in cls.__mro__]
    if words & _LAYERS or next((a for a, p in kept_in(cls).items() if p == name), None) in walked(cls):
        return layers_of(known_to(cls), ending=ending)
    if words & {"activation", "act", "threshold", "nonlinearity", "transfer"}:
        usual = re.compile("sigm|tanh|relu", re.IGNORECASE)
        own = [v for n, v in known.items() if usual.search(n) and type(v) in classes]
        further = [c for c in known_to(cls).values() if isinstance(c, type) and c not in classes]
        fitting = (c for c in (*classes, *further) if usual.search(c.__name__))
        return next(iter(own), None) or next((one for c in fitting if (one := made_of(c)) is not None), None)
    if words & {"loss", "losses", "criterion", "cost"}:
        found = loss_of(known_to(cls))
        makes_it = name in called(cls) and not inspect.isroutine(found)  # `self.loss = loss()`
        return type(found) if found is not None and makes_it else found
    if words & {"optimizer", "optimiser", "optim", "opt"}:
        return descent_of(known_to(cls))
    return next((as_given(c) for c in _called_like(classes, words)), None)


def _called_like(classes: list[type], words: Set[str]) -> list[type]:
    """The classes whose names have a word of the parameter's name in them: SigmoidNeuron for `neuron`."""
    found = [c for c in classes if any(len(word) > 3 and word in c.__name__.lower() for word in words)]
    return sorted(found, key=lambda c: not re.search("sigm|tanh", c.__name__, re.IGNORECASE))


def as_given(cls: type) -> Any:
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
