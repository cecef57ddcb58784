"""The book's network: `params`, `layers`, a last loss layer, `loss(x, t)`, `gradient(x, t)`; or some of these."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters.layer import (
    Slot,
    arrays_of,
    find_slots,
    is_label,
    is_layer,
    set_to_zero,
)
from backproof.subjects.clearing import clears_gradients
from backproof.subjects.own_source import tree_of
from backproof.subjects.recording import copied
from backproof.subjects.resample import are_indices
from backproof.subjects.select import functions_used
from backproof.subjects.signatures import parameters, required, takes_argument
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Network
from backproof.subjects.training_mode import as_gone_back
from backproof.subjects.trial import entries, roles
from backproof.subjects.trial.reach import reach


def is_network(item: object, gradient: Callable[..., Any] | None = None) -> bool:
    """`loss` and `gradient`, or `loss` and layers, or layers to walk."""
    if inspect.isclass(item) or inspect.isroutine(item):
        return False
    has_loss = callable(loss := getattr(item, "loss", None)) and not _of_scores(loss)
    has_gradient = gradient is not None or own_gradient(item) is not None
    if has_loss and has_gradient:
        return gradient is not None or _has_its_place(item)
    if has_loss and callable(back := getattr(item, "backward", None)) and not parameters(back):
        return bool(dict(_layers(item)))  # loss(x, t), then backward(): its layers lie anywhere within reach
    if not (_container(item) and _give(item)):
        return False
    return _loss_layer(dict(_layers(item))) is not None or (has_loss and _begins_by_itself(item))


def _begins_by_itself(item: Any) -> bool:
    """Whether its way back needs no gradient from a loss layer: it is given what the loss is."""
    back = getattr(item, "backward", None)
    return callable(back) and _given_as_the_loss(back)


def _given_as_the_loss(back: Callable[..., Any]) -> bool:
    """`backward(x, t)`, and not `backward(dout)`."""
    return [roles.role(name) for name in required(back)] == ["x", "t"]


def _has_its_place(item: object) -> bool:
    """Whether the parameters lie where the book's do, if there are any: else they are found by trying."""
    return bool(_parameters(item, dict(_layers(item)))()) or not reach(item)


def own_gradient(item: object) -> Callable[..., Any] | None:
    """The network's `gradient(x, t)`, or `grad(x, t)`."""
    found = getattr(item, "gradient", None)
    short = getattr(item, "grad", None)
    if not callable(found) and callable(short) and [roles.role(name) for name in parameters(short)] == ["x", "t"]:
        return short  # type: ignore[no-any-return]
    return found if callable(found) else None


def _of_scores(loss: Callable[..., Any]) -> bool:
    """Whether a loss is given what forward returned: `loss(pred, label)`."""
    return [roles.role(name) for name in parameters(loss)][:2] == ["y", "t"]


def _give(item: object) -> bool:
    """Whether its layers return what they compute, and leave it not in attributes alone."""
    return all(entries.gives(method) for layer in _chain(item) for method in (layer.forward, layer.backward))


def is_chain(item: object) -> bool:
    """Whether its layers can be walked back: each takes the gradient alone."""
    layers = dict(_layers(item)).values()
    return bool(layers) and all(len(required(layer.backward)) <= 1 for layer in layers)  # type: ignore[attr-defined]


def network_of(item: Any, x: Array, t: Array, gradient: Callable[..., Any] | None = None) -> Network:
    """The object as a Network on (x, t). gradient: a free function `gradient(network, x, t)`."""
    layers = dict(_layers(item))
    loss, way_back = _loss(item, layers, gradient), _gradient(item, layers, gradient)
    after_loss = gradient is None and own_gradient(item) is not None and _wants_loss(item, loss, x, t)
    if after_loss:
        alone = way_back

        def way_back(x: Array, t: Array) -> Mapping[str, Any]:
            loss(x, t)
            return alone(x, t)

    adding = [layer for layer in layers.values() if clears_gradients(layer)]
    predict = _predict(item, gradient)
    try:
        scores = np.asarray(predict(x)) if predict is not None else None
    except Exception:  # the run meets it again, and can say where
        scores = None
    return Network(
        name=type(item).__name__,
        understood=_understood(item, layers, gradient, t) + (" after loss(x, t)" if after_loss else ""),
        owner=item,
        parameters=_parameters(item, layers),
        loss=loss,
        gradient=_from_zero(way_back, adding) if adding else way_back,
        layers=layers,
        x=np.asarray(x),
        t=np.asarray(t),
        classes=_classes(scores, t),
        predict=predict,
        source=_sources(item, gradient),
        functions=_functions(item, gradient),
        indices=are_indices(lambda x: loss(x, np.array(t)), np.asarray(x)),
        gathered=bool(_gathered(item, _owned(item, layers))) and own_gradient(item) is None,
    )


def _wants_loss(item: Any, loss: Callable[[Array, Array], Any], x: Array, t: Array) -> bool:
    """Whether gradient(x, t) raises by itself, and not after loss(x, t), in which order its file calls them."""
    if not _called_after_loss(item):
        return False
    own = own_gradient(item)
    assert own is not None
    here = Snapshot(item)
    try:
        own(np.array(x), np.array(t))
        return False
    except Exception:  # it may rely on what a forward keeps
        here.restore()
    try:
        loss(np.array(x), np.array(t))
        own(np.array(x), np.array(t))
        return True
    except Exception:  # it raises whatever happens before: the proof says so with its place
        return False
    finally:
        here.restore()


def _called_after_loss(item: Any) -> bool:
    """Whether some function or script in the file calls `net.loss(...)` and further down `net.gradient(...)`."""
    tree = tree_of(sys.modules.get(type(item).__module__))
    for scope in (tree, *(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))):
        first: dict[tuple[str, str], int] = {}
        for node in ast.walk(scope):
            match node:
                case ast.Call(ast.Attribute(owner, "loss" | "gradient" as name)):
                    key = (ast.unparse(owner), name)
                    first[key] = min(node.lineno, first.get(key, node.lineno))
        if any(
            first.get((owner, "loss"), line) < line for (owner, name), line in first.items() if name == "gradient"
        ):
            return True
    return False


def _predict(item: Any, gradient: Callable[..., Any] | None) -> Callable[[Array], Any] | None:
    """The scores as the way back sees them: in training, where a flag says so."""
    own = getattr(item, "predict", None)
    if not callable(own):
        return None
    flags = as_gone_back(item, own, gradient or own_gradient(item))
    return lambda x: own(x, **flags)


def loss_of(item: Any, gradient: Callable[..., Any] | None = None) -> Callable[[Array, Array], Any]:
    """The network's loss as a function of (x, t): its own method, or its layers walked."""
    return _loss(item, dict(_layers(item)), gradient)


def _container(item: object) -> Any:
    for name in ("layers", "modules"):
        layers = getattr(item, name, None)
        members = list(layers.values()) if isinstance(layers, Mapping) else layers
        if isinstance(members, (list, tuple)) and members and all(is_layer(layer) for layer in members):
            return layers
    return None


def _layers(item: Any) -> Iterator[tuple[str, object]]:
    """Every layer object within reach, by its name in the network; a loss layer goes by its class."""
    seen: set[int] = {id(item)}
    counted: dict[str, int] = {}

    def numbered(layer: object) -> str:
        kind = type(layer).__name__
        counted[kind] = counted.get(kind, 0) + 1
        return kind if counted[kind] == 1 else f"{kind} ({counted[kind]})"

    def inside(name: str, value: object) -> Iterator[tuple[str, object]]:
        if id(value) in seen:
            return
        seen.add(id(value))
        if isinstance(value, Mapping):
            for key, member in value.items():
                yield from inside(str(key), member)
        elif isinstance(value, (list, tuple)):
            for member in value:
                yield from inside(numbered(member) if is_layer(member) else name, member)
        elif is_layer(value):
            yield (type(value).__name__ if _takes_labels(value) else name), value
            for key, member in list(vars(value).items()) if hasattr(value, "__dict__") else ():
                yield from inside(f"{name}.{key}", member)

    container = _container(item)
    if container is not None:
        yield from inside("layers", container)
    for name, value in list(vars(item).items()) if hasattr(item, "__dict__") else ():
        yield from inside(name, value)


def _takes_labels(layer: Any) -> bool:
    try:
        names = [p.name for p in inspect.signature(layer.forward).parameters.values()]
    except (TypeError, ValueError):
        return False
    return any(is_label(names, i) for i in range(1, len(names)))


def _loss_layer(layers: Mapping[str, object]) -> Any:
    return next((layer for layer in reversed(list(layers.values())) if _takes_labels(layer)), None)


def _loss(
    item: Any, layers: Mapping[str, object], gradient: Callable[..., Any] | None = None
) -> Callable[[Array, Array], Any]:
    """Its own `loss(x, t)` or `forward(x, t)`; else its scores, however they are made, to the loss layer."""
    own, forward, predict = (getattr(item, name, None) for name in ("loss", "forward", "predict"))
    if not callable(own) and callable(forward) and _takes_labels(item):
        own = forward
    if callable(own) and callable(forward) and _of_scores(own):
        return lambda x, t: own(forward(x), t)
    if callable(own):
        flags = as_gone_back(item, own, gradient or own_gradient(item))
        return lambda x, t: own(x, t, **flags)
    last: Any = _loss_layer(layers)
    scores = next((method for method in (predict, forward) if callable(method)), None)
    chain = _chain(item)

    def walk(x: Array, t: Array) -> Any:
        if scores is not None:
            return last.forward(scores(x), t)
        for layer in chain:
            x = layer.forward(x)
        return last.forward(x, t)

    return walk


def _gradient(
    item: Any, layers: Mapping[str, object], gradient: Callable[..., Any] | None
) -> Callable[[Array, Array], Mapping[str, Any]]:
    """The free function, its own `gradient(x, t)`, its own `backward`, or its layers walked backward."""
    own, back = own_gradient(item), getattr(item, "backward", None)
    if gradient is not None:
        return lambda x, t: gradient(item, x, t)
    if own is not None:
        return lambda x, t: own(x, t)
    loss, last, chain = _loss(item, layers), _loss_layer(layers), _chain(item)
    takes = len(required(back)) if callable(back) else 0
    as_the_loss = callable(back) and _given_as_the_loss(back)

    def walk(x: Array, t: Array) -> Mapping[str, Any]:
        loss(x, t)
        if callable(back) and as_the_loss:
            back(x, t)
        elif callable(back) and takes == 0:
            back()
        elif callable(back) and takes == 1:
            back(_from_loss(last))
        else:
            dout = _from_loss(last)
            for layer in reversed(chain):
                dout = layer.backward(dout)
        owned = _owned(item, layers)  # only now: a layer may have no dW before its first backward
        gathered = _gathered(item, owned)
        return gathered or {name: slot.gradient() for name, _, slot in owned}

    return walk


def _from_zero(
    way_back: Callable[[Array, Array], Mapping[str, Any]], adding: list[Any]
) -> Callable[[Array, Array], Mapping[str, Any]]:
    """The way back of layers that add to their gradients, begun each time as their users begin it: from zero."""

    def gradient(x: Array, t: Array) -> Mapping[str, Any]:
        for layer in adding:
            set_to_zero(find_slots(layer))
        found: Mapping[str, Any] = copied(way_back(x, t))
        return found

    return gradient


def _from_loss(last: Any) -> Any:
    """The gradient that the loss layer hands down: of `backward(1)`, or of `backward()`."""
    return last.backward(1) if takes_argument(last.backward) else last.backward()


def _gathered(item: Any, owned: list[tuple[str, Any, Any]]) -> dict[str, Any]:
    """Gradients by parameter, where the network has lists `params` and `grads` gathered from its layers."""
    params, grads = getattr(item, "params", None), getattr(item, "grads", None)
    if not (isinstance(params, list) and isinstance(grads, list) and len(params) == len(grads)):
        return {}
    names = {id(slot.read()): name for name, _, slot in owned}
    return {names[id(p)]: g for p, g in zip(params, grads, strict=True) if id(p) in names}


def _chain(item: Any) -> list[Any]:
    container = _container(item) or ()
    members = container.values() if isinstance(container, Mapping) else container
    return [layer for layer in members if not _takes_labels(layer)]


def _owned(item: Any, layers: Mapping[str, object]) -> list[tuple[str, Any, Any]]:
    """Parameters of a network without a gradient of its own: (its name for it, layer, slot)."""
    params = getattr(item, "params", None)
    own = {id(array): str(key) for key, array in params.items()} if isinstance(params, Mapping) else {}
    slots = [(name, layer, slot) for name, layer in layers.items() for slot in find_slots(layer)]
    slots += [(name, layer, slot) for name, layer in layers.items() for slot in _never_reached(layer, slots)]
    return [(own.get(id(slot.read()), f"{name}.{slot.name}"), layer, slot) for name, layer, slot in slots]


def _never_reached(layer: Any, slots: list[tuple[str, Any, Slot]]) -> list[Slot]:
    """The parameters of a layer that has no gradient yet, where others of its class have theirs by now."""
    own = {slot.name for _, one, slot in slots if one is layer}
    alike = {slot.name for _, other, slot in slots if type(other) is type(layer)} if not own else set()
    held = arrays_of(layer)
    return [Slot(name, partial(getattr, layer, name), lambda: None) for name in held if name in alike]


def _parameters(item: Any, layers: Mapping[str, object]) -> Callable[[], Mapping[str, Array]]:
    own = _own_dict(item)
    if own is not None:
        return lambda: {k: a for k, a in getattr(item, own).items() if isinstance(a, np.ndarray)}
    return lambda: {name: slot.read() for name, _, slot in _owned(item, layers)}


def _own_dict(item: Any) -> str | None:
    """The attribute with the network's parameters: `params`; where it has `gradient`, any dict of arrays alone."""
    if isinstance(getattr(item, "params", None), Mapping):
        return "params"
    if own_gradient(item) is None or not hasattr(item, "__dict__"):
        return None
    dicts = {name: held for name, held in vars(item).items() if isinstance(held, Mapping) and held}
    return next((n for n, d in dicts.items() if all(isinstance(a, np.ndarray) for a in d.values())), None)


def _classes(scores: Array | None, t: Array) -> int:
    if scores is not None and scores.ndim == 2 and scores.shape[1] > 1:
        return int(scores.shape[1])
    t = np.asarray(t)
    return int(t.shape[1]) if t.ndim == 2 else int(t.max()) + 1 if t.size and t.dtype.kind in "iu" else 1


def _sources(item: Any, gradient: Callable[..., Any] | None) -> dict[str, Callable[..., Any]]:
    back = gradient or own_gradient(item) or getattr(item, "backward", None)
    found = {"gradient": back, "loss": getattr(item, "loss", None), "predict": getattr(item, "predict", None)}
    return {name: method for name, method in found.items() if callable(method)}


def _functions(item: Any, gradient: Callable[..., Any] | None) -> dict[str, Callable[..., Any]]:
    """The module's own functions that the network calls by itself, such as `softmax` and `sigmoid_grad`."""
    methods = [m for m in _sources(item, gradient).values() if inspect.isfunction(getattr(m, "__func__", m))]
    if not methods:
        return {}
    namespace = getattr(methods[0], "__func__", methods[0]).__globals__
    used = functions_used([getattr(m, "__func__", m) for m in methods] + [type(item)], namespace)
    own = (name for name in sorted(used) if not namespace[name].__module__.startswith("backproof."))
    return {name: namespace[name] for name in own}


def _understood(item: Any, layers: Mapping[str, object], gradient: Callable[..., Any] | None, t: Array) -> str:
    inside = f"{len(layers)} layers" if layers else "no layer objects"
    if gradient is not None:
        back = f"the free function {getattr(gradient, '__name__', 'gradient')}(network, x, t)"
    elif own_gradient(item) is not None:
        back = "gradient(x, t)"
    elif _begins_by_itself(item):
        back = "backward(x, t)"
    else:
        back = "its layers walked backward"
    t = np.asarray(t)
    labels = "one-hot rows or targets" if t.ndim > 1 else "class indices"
    return f"a network with {inside}, gradients from {back}, labels as {labels}"
