"""In which mode a way back runs its network, with dropout or without: the loss and the forward go in the same.

The flags that the way back's code sets are set in the loss alike; a `loss(X, y)` that calls `self.forward(X)`
without a word of training is made to go forward as in training.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from backproof.subjects.own_source import tree_of
from backproof.subjects.trial import roles

Flags = Mapping[str, bool]

_MOST_FLAGS = 3  # of one method, in all their combinations
_DEEPEST = 6  # calls inside calls


def as_gone_back(item: Any, method: Callable[..., Any], back: Callable[..., Any] | None) -> dict[str, bool]:
    """The flags with which a method of this object computes what its way back computes.

    By the calls in the code of both, whatever the flags' names; else the flags for training, set.
    """
    own = _flags(method)
    if not own or len(own) > _MOST_FLAGS:
        return {}
    reached: dict[str, Flags] = {}
    if back is not None:
        _follow(item, back, _flags(back), reached)
    if (told := reached.get(method.__name__)) is not None and told.keys() == own.keys():
        return dict(told)
    for values in itertools.product((False, True), repeat=len(own)):
        chosen = dict(zip(own, values, strict=True))
        mine: dict[str, Flags] = {}
        _follow(item, method, chosen, mine)
        common = [name for name in mine.keys() & reached.keys() if mine[name]]
        if common and all(mine[name] == reached[name] for name in common):
            return chosen
    return {name: True for name in own if _is_for_training(name)}


@contextmanager
def as_in_training(item: Any, forward: Callable[..., Any]) -> Iterator[None]:
    """Whoever calls the object's forward inside, calls it as in training, whatever is said of that."""
    name = forward.__name__
    flag = next((each for each in _flags(forward) if _is_for_training(each)), None)
    if flag is None or not hasattr(item, "__dict__") or name in vars(item) or not hasattr(item, name):
        yield
        return

    @functools.wraps(forward)
    def trained(*given: Any, **words: Any) -> Any:
        told = inspect.signature(forward).bind_partial(*given, **words)
        told.arguments[flag] = True
        return forward(*told.args, **told.kwargs)

    vars(item)[name] = trained
    try:
        yield
    finally:
        vars(item).pop(name, None)


def _flags(method: Callable[..., Any]) -> dict[str, bool]:
    """The parameters that are on or off, as they are by default."""
    try:
        given = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return {}
    return {
        p.name: p.default is True
        for p in given
        if isinstance(p.default, bool) or (_is_for_training(p.name) and _says_nothing(p))
    }


def _says_nothing(parameter: inspect.Parameter) -> bool:
    return any(parameter.default is each for each in (parameter.empty, None, 0, 1))


def _is_for_training(name: str) -> bool:
    return roles.role(name) == "training" and name != "mode"  # that is a word, "train" or "test"


def _follow(
    item: Any, method: Callable[..., Any], known: Flags, reached: dict[str, Flags], depth: int = 0
) -> None:
    """Note the flags of every method of the object that this one calls, given its own; those that are known."""
    function = next((node for node in tree_of(method).body if isinstance(node, ast.FunctionDef)), None)
    if function is None or not function.args.args or depth > _DEEPEST:
        return
    me = function.args.args[0].arg
    for node in ast.walk(function):
        match node:
            case ast.Call(ast.Attribute(ast.Name(owner), name)) if owner == me and name not in reached:
                called = getattr(item, name, None)
                if inspect.ismethod(called):
                    reached[name] = _given(called, node, known)
                    _follow(item, called, reached[name], reached, depth + 1)


def _given(method: Callable[..., Any], call: ast.Call, known: Flags) -> dict[str, bool]:
    """What a call gives to the flags of a method; without those that only the running code knows."""
    names = list(inspect.signature(method).parameters)
    plain = [] if any(isinstance(each, ast.Starred) for each in call.args) else call.args
    given = dict(zip(names, plain, strict=False)) | {each.arg: each.value for each in call.keywords if each.arg}
    found: dict[str, bool] = {}
    for name, default in _flags(method).items():
        match given.get(name):
            case None:
                found[name] = default
            case ast.Constant(bool(value)):
                found[name] = value
            case ast.Name(other) if other in known:
                found[name] = known[other]
    return found
