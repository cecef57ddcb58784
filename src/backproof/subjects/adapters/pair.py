"""Function pairs: `f(x, w, b) -> (out, cache)` with `f_backward(dout, cache)`, and `f` with its derivative."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters.layer import LABEL_NAMES
from backproof.subjects.recording import copied
from backproof.subjects.subject import Operation


def cached_pair(
    forward: Callable[..., Any], backward: Callable[..., Any], arguments: tuple[Any, ...]
) -> Operation:
    """cs231n's pair: (out, cache) = forward(*arguments); backward(dout, cache) → gradients in argument order."""
    names = _names(forward, len(arguments))
    inputs = [i for i, a in enumerate(arguments) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    cache: list[Any] = [None]

    def run(*values: Any) -> Any:
        filled = list(copied(arguments))
        for i, value in zip(inputs, values, strict=True):
            filled[i] = value
        out, cache[0] = forward(*filled)
        return out

    def back(dout: Any) -> dict[str, Any]:
        returned = backward(dout, cache[0])
        several = list(returned) if isinstance(returned, (tuple, list)) else [returned]
        several += [None] * (len(inputs) - len(several))
        return {f"d{names[i]}": g for i, g in zip(inputs, several, strict=False)}

    return Operation(
        name=forward.__name__.removesuffix("_forward"),
        forward=run,
        backward=back,
        parameters=dict,
        inputs=tuple(names[i] for i in inputs),
        source={"forward": forward, "backward": backward},
        words=(forward.__name__.removesuffix("_forward"),),
        x=tuple(np.array(arguments[i], dtype=np.float64) for i in inputs),
    )


def loss_with_gradient(function: Callable[..., Any], x: Array, t: Array) -> Operation:
    """`f(x, t) -> (loss, dx)` in one function."""

    def both(value: Array) -> tuple[Any, Any]:
        loss, dx = function(value, copied(t))
        return loss, dx

    last: list[Array] = [x]

    def run(value: Array) -> Any:
        last[0] = value
        return both(value)[0]

    return Operation(
        name=function.__name__,
        forward=run,
        backward=lambda dout: {"dx": both(last[0])[1]},
        parameters=dict,
        is_loss=True,
        source={"forward": function, "backward": function},
        constants={"t": t},
        words=(function.__name__,),
        x=(np.array(x, dtype=np.float64),),
    )


def derivative_pair(function: Callable[..., Any], derivative: Callable[..., Any], x: Array) -> Operation:
    """`f` and its derivative: elementwise where f keeps the shape, the gradient where f gives one number.

    A derivative written in terms of the output y = f(x), such as y (1 − y), is taken as such where that fits.
    """
    last: list[Array] = [x]
    y = np.asarray(function(x.copy()))
    of_output = y.shape == x.shape and _fits(function, derivative, y, x) and not _fits(function, derivative, x, x)

    def run(value: Array) -> Any:
        last[0] = value.copy()
        return function(value)

    def back(dout: Any) -> dict[str, Any]:
        slope = derivative(np.asarray(function(last[0].copy())) if of_output else last[0].copy())
        return {"dx": dout * slope}

    return Operation(
        name=getattr(derivative, "__name__", "derivative"),
        forward=run,
        backward=back,
        parameters=dict,
        is_loss=y.size == 1 and x.size > 1,
        source={"forward": function, "backward": derivative},
        words=(getattr(function, "__name__", "f"),),
        x=(np.array(x, dtype=np.float64),),
    )


def lone_function(function: Callable[..., Any], arguments: tuple[Array, ...]) -> Operation:
    """A function without a way back: only what its name promises can be judged."""
    names = _names(function, len(arguments))
    y = np.asarray(function(*copied(arguments)))
    is_loss = y.size == 1 and len(arguments) > 1
    return Operation(
        name=function.__name__,
        forward=lambda x: function(x, *copied(arguments[1:])),
        backward=None,
        parameters=dict,
        is_loss=is_loss,
        source={"forward": function},
        constants=dict(zip(names[1:], arguments[1:], strict=True)),
        words=(function.__name__,),
        x=(np.array(arguments[0], dtype=np.float64),),
    )


def takes_labels(function: Callable[..., Any]) -> bool:
    """Whether the second argument goes by a name that labels go by."""
    names = _names(function, 2)
    return names[1] in (*LABEL_NAMES, "y")


def _fits(function: Callable[..., Any], derivative: Callable[..., Any], at: Array, x: Array) -> bool:
    h = 1e-6
    try:
        slope = (np.asarray(function(x + h)) - np.asarray(function(x - h))) / (2 * h)
        return bool(np.allclose(derivative(at.copy()), slope, rtol=1e-4, atol=1e-6))
    except Exception:  # the user's code may refuse; the proof itself will say so with its place
        return False


def _names(function: Callable[..., Any], count: int) -> list[str]:
    try:
        names = [p.name for p in inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):
        names = []
    return [*names, *(f"x{i}" for i in range(len(names), count))][: max(count, 2)]
