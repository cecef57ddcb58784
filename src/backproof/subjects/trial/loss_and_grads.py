"""Which method of a class gives the loss with its gradients: `loss(X, y)`, or one that by its names does."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from typing import Any

from backproof.subjects.own_source import tree_of
from backproof.subjects.signatures import parameters
from backproof.subjects.trial import entries
from backproof.subjects.trial.results import returned_names
from backproof.subjects.trial.roles import LOSS, role


def gives_loss_and_grads(cls: type) -> bool:
    """Whether a class has `loss(X, y=None)`, as cs231n's networks, which without labels gives the scores."""
    return loss_and_grads(cls) is not None


def loss_and_grads(cls: type) -> Callable[..., Any] | None:
    """The method `loss(X, y=None)` of cs231n's networks, else one that by its names gives loss and gradients.

    Or a forward that is given the labels, returns the loss and leaves the gradients.
    """
    if callable(getattr(cls, "gradient", None)):
        return None
    found = entries.methods(cls)
    loss = found.pop("loss", None)
    if loss is not None and _takes_two(loss) and _returns_a_dict_beside(loss):
        return loss
    if loss is not None and _takes_data(loss):
        answer = names_of_answer(cls, loss)
        optional = not list(parameters(loss).values())[2]
        if optional or (len(answer) == 2 and _GRADIENTS.fullmatch(answer[1])):
            return loss
    for function in found.values():
        first, *rest = names_of_answer(cls, function) or [""]
        both = LOSS.search(first) and not entries.NO_LOSS.search(first) and rest
        slopes = all(entries.GRADIENT.fullmatch(name) or _GRADIENTS.fullmatch(name) for name in rest)
        if both and slopes and _takes_data(function):
            return function
    alone = [] if entries.going_back(found) else entries.matching(found, entries.FORWARD)
    return next((f for f in alone if _leaves_gradients(f) and _takes_data(f)), None)


def _leaves_gradients(function: Callable[..., Any]) -> bool:
    """Whether it returns a loss first and leaves gradients in its object: `self.gradients["W1"] = ...`."""
    names = returned_names(function)
    found = {node.attr for node in ast.walk(tree_of(function)) if isinstance(node, ast.Attribute)}
    kept = any(_GRADIENTS.fullmatch(name) for name in found)
    return kept and bool(names) and LOSS.search(names[0]) is not None and not entries.NO_LOSS.search(names[0])


def _takes_data(function: Callable[..., Any]) -> bool:
    """Whether a method takes the object, inputs and labels first."""
    return [role(name) for name in list(parameters(function))[1:3]] == ["x", "t"]


def _takes_two(function: Callable[..., Any]) -> bool:
    """Whether a method wants two things, of which the first is not what a forward gave: `loss(source, target)`."""
    taken = list(parameters(function).items())[1:]
    return len(taken) == 2 and taken[1][1] and role(taken[0][0]) != "y"


def _returns_a_dict_beside(function: Callable[..., Any]) -> bool:
    """Whether it returns two values of which the second is a dict that it wrote: `return loss, {"W": dW}`."""
    tree = tree_of(function)
    made = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and _is_dict(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    given = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return)]
    pairs = [value.elts[1] for value in given if isinstance(value, ast.Tuple) and len(value.elts) == 2]
    return any(_is_dict(second) or (isinstance(second, ast.Name) and second.id in made) for second in pairs)


def _is_dict(node: ast.expr) -> bool:
    call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict"
    return call or isinstance(node, ast.Dict | ast.DictComp)


def names_of_answer(cls: type, method: Callable[..., Any]) -> list[str]:
    """By which names it returns more than one thing, else those by which the class takes its answer apart."""
    names = returned_names(method)
    if not names or (len(names) > 1 and all(names)) or entries.refuses(method):
        return names
    for each in cls.__mro__[:-1]:
        for node in ast.walk(tree_of(each)):
            match node:
                case ast.Assign([ast.Tuple(parts)], ast.Call(ast.Attribute(ast.Name("self"), name))):
                    if name == method.__name__:
                        return [getattr(part, "id", "") for part in parts]
    return names


_GRADIENTS = re.compile(r"d?grads?|g|gradients?|grad_dict", re.IGNORECASE)
