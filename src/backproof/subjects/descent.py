"""Optimizers for layers that hand their gradients to one at once: w − rate · g, so that g can be seen."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.subjects.own_source import tree_of
from backproof.subjects.signatures import parameters
from backproof.subjects.trial.roles import role


class Descent:
    """An optimizer that goes down the gradient as it is."""

    learning_rate = lr = 0.01

    def update(self, w: Any, grad: Any) -> Any:
        """The next value of one parameter."""
        return w - self.lr * grad

    __call__ = update


class DescentBy(Descent):
    """One whose method has another name: `optimizador.paso(self.W, dW)`."""

    def __init__(self, method: str) -> None:
        setattr(self, method, self.update)


class DescentAtOnce(Descent):
    """One that is handed more at once, as the code of a layer's backward hands it: what is an attribute there are
    parameters, then states of the optimizer; what is a variable are gradients.

    `self.W, self.b, self.v = optimizer.minimize(self.W, self.b, dW, db, self.v, rate)` gets the next W and b, and
    the v that it gave.
    """

    def __init__(self, call: ast.Call, results: int) -> None:
        self._held = [isinstance(argument, ast.Attribute) for argument in call.args]
        self._results = results
        self._names = [getattr(argument, "id", "") for argument in call.args]
        setattr(self, getattr(call.func, "attr", "update"), self._at_once)

    def _at_once(self, *arguments: Any) -> Any:
        given = zip(arguments, self._held, self._names, strict=True)
        arrays = [(a, held) for a, held, name in given if isinstance(a, np.ndarray) and role(name) != "rate"]
        gradients = [a for a, held in arrays if not held]
        kept = [a for a, held in arrays if held]
        stepped = [w - self.lr * g for w, g in zip(kept, gradients, strict=False)]
        answer = (stepped + kept[len(stepped) :])[: self._results]
        return tuple(answer) if self._results > 1 else answer[0]


class DescentInPlace(Descent):
    """One whose answer is not asked for: it changes the parameter that it is handed."""

    def __init__(self, method: str) -> None:
        setattr(self, method, self._in_place)

    def _in_place(self, *arguments: Any) -> None:
        w, grad, *_ = [a for a in arguments if isinstance(a, np.ndarray)]
        w -= self.lr * grad


class DescentOnOwner(Descent):
    """One that is handed the network with the number of a layer: `optimizer.step(self, layer, dW, db)`."""

    def __init__(self, call: ast.Call) -> None:
        self._names = [getattr(argument, "id", "") for argument in call.args]
        setattr(self, getattr(call.func, "attr", "step"), self._on_owner)

    def _on_owner(self, owner: Any, *arguments: Any) -> None:
        layer = next((a for a in arguments if isinstance(a, int)), 0)
        for name, grad in zip(self._names[1:], arguments, strict=True):
            if isinstance(grad, np.ndarray):
                w = self._parameter(owner, layer, name, grad.shape)
                w -= self.lr * grad

    def _parameter(self, owner: Any, layer: int, name: str, shape: tuple[int, ...]) -> Any:
        """What `dW` is the gradient of: of this layer, of its shape, its name begins with the same letter."""
        letter = name.removeprefix("grad").strip("_").removeprefix("d").strip("_").lower()[:1]
        several = (v for n, v in vars(owner).items() if n.strip("_").lower()[:1] == letter)
        found = [v[layer] for v in several if isinstance(v, list) and np.shape(v[layer]) == shape]
        if not found:
            raise TypeError(
                f"{type(owner).__name__} has no parameter of layer {layer} that {name} is the gradient of"
            )
        return found[0]


def descent_for(back: Callable[..., Any]) -> Descent:
    """The optimizer that this backward can use."""
    known = optimizers_of(back)
    for node in ast.walk(tree_of(back)):
        match node:
            case ast.Expr(
                ast.Call(ast.Attribute(owner), [ast.Name("self"), ast.Name(), ast.Name(), *_]) as call
            ) if _optimizes(owner, known):
                return DescentOnOwner(call)
            case ast.Expr(ast.Call(ast.Attribute(owner, method), [_, _, *_])) if _optimizes(owner, known):
                return DescentInPlace(method)
            case ast.Assign([target], ast.Call(ast.Attribute(owner), [_, _, _, *_]) as call) if _optimizes(
                owner, known
            ):
                return DescentAtOnce(call, len(target.elts) if isinstance(target, ast.Tuple) else 1)
            case ast.Assign([_], ast.Call(ast.Attribute(ast.Name(owner), method), [_, _])) if owner in known:
                return DescentBy(method)
    return Descent()


def optimizers_of(back: Callable[..., Any]) -> set[str]:
    """The parameters that say nothing by their names and step: `self.W = optimizador.aktualisiere(self.W, dW)`."""
    silent = {name for name in parameters(back) if not role(name)}
    found: set[str] = set()
    for node in ast.walk(tree_of(back)):
        match node:
            case ast.Assign([target], ast.Call(ast.Attribute(ast.Name(owner)), [_, _, *_] as given)):
                written = {ast.unparse(each) for each in ast.walk(target) if isinstance(each, ast.Attribute)}
                if owner in silent and written & {ast.unparse(each) for each in given}:
                    found.add(owner)
    return found


def _optimizes(owner: ast.expr, known: set[str]) -> bool:
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return "optim" in name.lower() or role(name) == "optimizer" or name in known
