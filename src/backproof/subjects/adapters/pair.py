"""Function pairs: `f(x, w, b) -> (out, cache)` with `f_backward(dout, cache)`, and `f` with its derivative."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters import averaged
from backproof.subjects.adapters.layer import LABEL_NAMES, resampled
from backproof.subjects.definitions import describe
from backproof.subjects.inputs import sums_over_steps
from backproof.subjects.recording import copied
from backproof.subjects.resample import are_indices, more_indices
from backproof.subjects.shapes import STEPS
from backproof.subjects.side_by_side import apart, joined
from backproof.subjects.signatures import argument_names, required
from backproof.subjects.subject import Layerlike, NotRecognised, Operation
from backproof.subjects.trial import entries, results

_UPSTREAM = re.compile(r"d[A-Z_]|d(out|y|z|a|x)?$|.*grad|delta|upstream", re.IGNORECASE)


def pair_subject(
    forward: Callable[..., Any], backward: Callable[..., Any], arguments: tuple[Any, ...]
) -> Layerlike:
    """An (out, cache) pair, or a function with its derivative, on arguments like these."""
    cached = isinstance(forward(*copied(arguments)), tuple)
    names = argument_names(forward, len(arguments))
    handed_on = len(names) > 1 and bool(set(names) & set(required(backward)))  # f_backward(dout, x, w, b)
    looked_up = are_indices(lambda x: forward(x, *copied(arguments[1:])), arguments[0])

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        again = _redrawn(arguments, names, samples, rng)
        if looked_up:
            again = (more_indices(arguments[0], samples, rng), *again[1:])
        if cached or handed_on:
            return cached_pair(forward, backward, again)
        return derivative_pair(forward, backward, again[0])

    shape = "an (out, cache) pair" if cached else "a function with its derivative"
    shape = "a function and its way back" if handed_on and not cached else shape
    both = f"{_name(forward)} and {_name(backward)}"
    if (cached or handed_on) and averaged.averages(operation):
        understood = f"{shape}: {both}{averaged.WORDS}"
        return Layerlike(_name(forward), understood, averaged.summed(operation), arguments=arguments)
    return Layerlike(_name(forward), f"{shape}: {both}", operation, arguments=arguments)


def slope_subject(item: Any, arguments: tuple[Any, ...]) -> Layerlike:
    """An activation object: a method for its value and one for its slope; or a penalty and its gradient."""
    names = entries.gives_slope(type(item))
    assert names is not None
    value, slope = (getattr(item, name) for name in names)
    x = np.array(arguments[0], dtype=np.float64)
    try:
        shapes = np.shape(value(x.copy())), np.shape(slope(x.copy()))
    except Exception as error:
        raise NotRecognised(f"{type(item).__name__}.{names[1]} raised {describe(error)}") from error
    ends = shapes == ((), x.shape)
    if not (ends or shapes == (x.shape, x.shape)) or "softmax" in type(item).__name__.lower():
        raise NotRecognised(
            f"{type(item).__name__}.{names[1]} is no slope entry by entry: how it is used is not known"
        )

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        again = resampled(arguments, ["x"], samples, rng)
        return replace(derivative_pair(value, slope, again[0]), name=type(item).__name__, owner=item)

    words = "one number of all weights" if ends else "an activation"
    return Layerlike(type(item).__name__, f"{words}: {names[0]} and {names[1]}", operation, item)


def goes_back(item: Any, arguments: tuple[Any, ...]) -> bool:
    """Whether what has the name of a slope is a layer's way back: `grad(g)`, which goes with what it is given."""
    names = entries.gives_slope(type(item))
    assert names is not None
    value, back = (getattr(item, name) for name in names)
    x = np.array(arguments[0], dtype=np.float64)
    if not entries.is_given_slope(back) or _fits(value, back, x, x):
        return False
    try:
        g = np.random.default_rng(0).standard_normal(np.shape(value(x.copy())))
        once, twice = np.asarray(back(g.copy())), np.asarray(back(2 * g))
        return bool(np.allclose(twice, 2 * once, rtol=1e-6, atol=1e-9))
    except Exception:  # it is no slope at what goes in, and says so as a layer with its place
        return True


def kept_slope_subject(item: Any, arguments: tuple[Any, ...]) -> Layerlike | None:
    """An activation whose `backward()` takes nothing and gives the slope where forward was; None for another."""
    x = np.array(arguments[0], dtype=np.float64)

    def slope(z: Any) -> Any:
        item.forward(z)
        return np.broadcast_to(item.backward(), np.shape(z))

    try:
        shapes = np.shape(item.forward(x.copy())), np.shape(slope(x.copy()))
    except Exception:  # the examination of the layer says so with its place
        return None
    if shapes != (x.shape, x.shape) or "softmax" in type(item).__name__.lower():
        return None

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        again = resampled(arguments, ["x"], samples, rng)
        found = derivative_pair(item.forward, slope, again[0])
        return replace(
            found,
            name=type(item).__name__,
            owner=item,
            source={"forward": item.forward, "backward": item.backward},
        )

    words = "an activation: forward, and backward() that gives the slope where forward was"
    return Layerlike(type(item).__name__, words, operation, item)


def one_way(item: Any, arguments: tuple[Any, ...]) -> Layerlike:
    """A layer whose `backward` only raises: its forward can be judged by the layer's name."""
    name = type(item).__name__
    names = argument_names(item.forward, len(arguments))

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        alone = lone_function(item.forward, resampled(arguments, names, samples, rng))
        return replace(alone, name=name, owner=item, words=(name,))

    return Layerlike(name, f"a layer without a way back: forward({', '.join(names)})", operation, item, arguments)


def function_subject(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Layerlike:
    """A function by itself: `f(x, t) -> (loss, dx)`, or one whose forward alone can be judged by its name."""
    names = argument_names(function, len(arguments))
    with_gradient = gives_gradient(function(*copied(arguments)), arguments[0])

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        again = resampled(arguments, names, samples, rng)
        return loss_with_gradient(function, *again[:2]) if with_gradient else lone_function(function, again)

    shape = "a loss that returns its gradient too" if with_gradient else "a function without a way back"
    return Layerlike(
        _name(function), f"{shape}: {_name(function)}({', '.join(names)})", operation, arguments=arguments
    )


def in_sequences(
    forward: Callable[..., Any], backward: Callable[..., Any], arguments: tuple[Any, ...]
) -> tuple[Any, ...]:
    """These arguments; where the way back is for a sequence a sample, and rows are given, with such sequences."""
    x = arguments[0]
    if np.ndim(x) != 2 or (_goes_back(forward, backward, arguments) and not sums_over_steps(backward)):
        return arguments
    longer = np.random.default_rng(0).normal(size=(len(x), STEPS, x.shape[1]))
    again = tuple(longer if np.shape(a) == x.shape else a for a in arguments)
    return again if _goes_back(forward, backward, again) else arguments


def _goes_back(forward: Callable[..., Any], backward: Callable[..., Any], arguments: tuple[Any, ...]) -> bool:
    try:
        operation = cached_pair(forward, backward, arguments)
        y = operation.forward(*operation.x)
        operation.backward(np.ones(np.shape(y)))  # type: ignore[misc]
    except Exception:  # the examination says so with its place
        return False
    return True


def cached_pair(
    forward: Callable[..., Any], backward: Callable[..., Any], arguments: tuple[Any, ...]
) -> Operation:
    """cs231n's pair: (out, cache) = forward(*arguments); backward(dout, cache) → the gradients.

    Of several outputs, (h, c, cache) and backward(dh, dc, cache), y is one array, side by side. In the place of a
    cache, or beside it, backward may be given forward's own arguments by name.
    The gradients come in the order of the arguments, unless the names in `return dW, db, dx` say another. Arrays
    of the first argument's length and dimensions are inputs, all other float arrays parameters.
    """
    names = argument_names(forward, len(arguments))
    floats = [i for i, a in enumerate(arguments) if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
    first = arguments[floats[0]]
    inputs = [i for i in floats if arguments[i].ndim == first.ndim and len(arguments[i]) == len(first)]
    wanted = required(backward)
    own = [name for name in wanted if name not in names]  # upstream gradients, then the cache
    alone = len(wanted) == 1  # backward(cache): a loss's, to which nothing comes from above
    if alone:
        floats = inputs = floats[:1]  # beside the scores there are the labels
    order = _by_name(backward, [names[i] for i in floats])
    if order is not None:  # a state that the sequence begins with may have no gradient
        floats = [i for i in floats if names[i] in order or not _STATE.match(names[i])]
        inputs = [i for i in inputs if i in floats]
    live = {names[i]: np.array(arguments[i], dtype=np.float64) for i in floats if i not in inputs}
    given: list[Any] = []
    kept: list[Any] = []  # what forward returned
    cached = isinstance(forward(*copied(arguments)), tuple)
    outputs = len(own) - 1 if cached and len(own) > 2 else 1

    def run(*values: Any) -> Any:
        filled = list(copied(arguments))
        for i, value in zip(inputs, values, strict=True):
            filled[i] = value
        for i in floats:
            filled[i] = live.get(names[i], filled[i])
        given[:] = filled
        returned = forward(*filled)
        kept[:] = returned if cached else [returned, None]
        return joined(kept[:outputs])

    def back(dout: Any) -> dict[str, Any]:
        cache = kept[outputs] if len(kept) == outputs + 1 else tuple(kept[outputs:])
        told = dict(zip(own, [cache] if alone else [*apart(dout, kept[:outputs]), cache], strict=False))
        told |= {name: copied(given[names.index(name)]) for name in wanted if name in names}
        returned = backward(*(told[name] for name in wanted))
        if isinstance(returned, Mapping):
            keys = _arguments_of(map(str, returned), [names[i] for i in floats])
            return {f"d{n}": g for n, g in zip(keys, returned.values(), strict=True) if n}
        several = list(returned) if isinstance(returned, (tuple, list)) else [returned]
        several = [each for each in several if not isinstance(each, tuple)]  # a shape is no gradient
        if order is not None and len(order) == len(several):
            named = dict(zip(order, several, strict=True))
            return {f"d{names[i]}": named.get(names[i]) for i in floats}
        several += [None] * (len(floats) - len(several))
        return {f"d{names[i]}": g for i, g in zip(floats, several, strict=False)}

    return Operation(
        name=forward.__name__.removesuffix("_forward"),
        forward=run,
        backward=back,
        parameters=lambda: live,
        is_loss=alone,
        inputs=tuple(names[i] for i in inputs),
        source={"forward": forward, "backward": backward},
        words=(forward.__name__.removesuffix("_forward"),),
        x=tuple(np.array(arguments[i], dtype=np.float64) for i in inputs),
    )


_STATE = re.compile(r"(h|c|s|state|hidden|cell)_?(prev|0|init|last|start)?$", re.IGNORECASE)


def _by_name(backward: Callable[..., Any], names: list[str]) -> list[str] | None:
    """Which argument each returned gradient is of, by its name: dW of W; None where not all say so."""
    returned = results.returned_names(backward)
    if len(returned) > 2 and all(returned[:-1]):  # `return dw, db, dw.shape`: the count tells if it is a gradient
        returned = [name for name in returned if name]
    found = _arguments_of(returned, names)
    return found if found and all(found) and len(set(found)) == len(found) else None


def _arguments_of(gradients: Iterable[str], names: list[str]) -> list[str]:
    """Which argument each gradient is of, by its name, dW or W; "" where it does not say."""
    known = {name.lower().replace("_", ""): name for name in names}
    plain = [name.lower().replace("_", "") for name in gradients]
    return [known.get(re.sub(r"^(d|grad|delta)|grad$", "", name), known.get(name, "")) for name in plain]


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
    needed = required(derivative)

    def slope(at: Array, dout: Any = 1.0) -> Any:
        if len(needed) != 2:
            return dout * derivative(at)
        upstream = np.broadcast_to(dout, at.shape).copy()  # f_backward(dout, x): the product is its own business
        return derivative(at, upstream) if _UPSTREAM.match(needed[1]) else derivative(upstream, at)

    of_output = y.shape == x.shape and _fits(function, slope, y, x) and not _fits(function, slope, x, x)

    def run(value: Array) -> Any:
        last[0] = value.copy()
        return function(value)

    def back(dout: Any) -> dict[str, Any]:
        at = np.asarray(function(last[0].copy())) if of_output else last[0].copy()
        return {"dx": slope(at, dout)}

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
    names = argument_names(function, len(arguments))
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


def _fits(function: Callable[..., Any], derivative: Callable[..., Any], at: Array, x: Array) -> bool:
    h = 1e-6
    try:
        slope = (np.asarray(function(x + h)) - np.asarray(function(x - h))) / (2 * h)
        return bool(np.allclose(derivative(at.copy()), slope, rtol=1e-4, atol=1e-6))
    except Exception:  # the user's code may refuse; the proof itself will say so with its place
        return False


def _redrawn(
    arguments: tuple[Any, ...], names: list[str], samples: int, rng: np.random.Generator
) -> tuple[Any, ...]:
    """Inputs for another number of samples; parameters among the arguments drawn anew, labels not."""
    again = resampled(arguments, names, samples, rng)
    drawn = [
        rng.normal(0, 0.5, a.shape)
        if isinstance(a, np.ndarray) and a.dtype.kind == "f" and name.lower() not in LABEL_NAMES
        else a
        for name, a in zip(names[1:], again[1:], strict=True)
    ]
    return (again[0], *drawn)


def gives_gradient(answer: Any, x: Any) -> bool:
    """Whether a function answered with a loss and a gradient of its input."""
    return (
        isinstance(answer, tuple)
        and len(answer) == 2
        and np.size(answer[0]) == 1
        and np.shape(answer[1]) == np.shape(x)
    )


def _name(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__name__", "function"))
