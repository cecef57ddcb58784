"""What makes a Subject out of people's code: one shape of code a file, known by shape, never by base class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters import layer as layers
from backproof.subjects.adapters import network as networks
from backproof.subjects.adapters import pair as pairs
from backproof.subjects.resample import more_inputs, more_labels
from backproof.subjects.subject import Layerlike, NotRecognised, Operation, Subject


def recognise(
    item: Any,
    *,
    x: Array | None = None,
    t: Array | None = None,
    gradient: Callable[..., Any] | None = None,
) -> Subject:
    """The object, or the tuple of functions, as a Subject on (x, t). Raises NotRecognised."""
    if networks.is_network(item, gradient):
        if x is None or t is None:
            raise NotRecognised(f"{type(item).__name__}: pass x and t")
        return networks.network_of(item, x, t, gradient)
    if layers.is_layer(item) and x is not None:
        return layer_subject(item, x if isinstance(x, tuple) else (x,), t)
    if isinstance(item, tuple) and len(item) == 2 and all(callable(f) for f in item) and x is not None:
        return pair_subject(item[0], item[1], x if isinstance(x, tuple) else (x,))
    raise NotRecognised(_explain(item))


def layer_subject(item: Any, inputs: tuple[Any, ...], t: Array | None) -> Layerlike:
    """A layer on these inputs; a loss layer where labels are given."""

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        arguments = tuple(_resized(a, samples, rng) for a in inputs)
        if t is not None:
            scores = arguments[0]
            classes = scores.shape[-1] if scores.ndim > 1 else 1
            arguments = (*arguments, more_labels(np.asarray(t), samples, classes, rng))
        output = item.forward(*(a.copy() if isinstance(a, np.ndarray) else a for a in arguments))
        dout = 1.0 if np.size(output) == 1 else np.ones(np.shape(output))
        try:
            returned = item.backward(dout) if layers._takes_argument(item.backward) else item.backward()
        except Exception:  # the examination meets it again and says so with its place
            returned = None
        return layers.operation_of(item, type(item).__name__, arguments, output=output, returned=returned)

    kind = "a loss layer" if t is not None else "a layer"
    return Layerlike(type(item).__name__, f"{kind} with forward and backward", operation, item)


def pair_subject(forward: Callable[..., Any], backward: Callable[..., Any], inputs: tuple[Any, ...]) -> Layerlike:
    """(out, cache) pairs, or a function with its derivative."""
    cached = isinstance(forward(*(a.copy() if isinstance(a, np.ndarray) else a for a in inputs)), tuple)

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        first = _resized(inputs[0], samples, rng)
        rest = tuple(_jittered_parameter(a, rng) for a in inputs[1:])
        if cached:
            return pairs.cached_pair(forward, backward, (first, *rest))
        return pairs.derivative_pair(forward, backward, first)

    name = getattr(forward, "__name__", "function")
    shape = "an (out, cache) pair" if cached else "a function with its derivative"
    return Layerlike(name, f"{shape}: {name}, {getattr(backward, '__name__', '')}", operation)


def _resized(a: Any, samples: int, rng: np.random.Generator) -> Any:
    if isinstance(a, np.ndarray) and a.ndim > 1 and a.dtype.kind in "fiub":
        return more_inputs(a, samples, rng)
    return np.asarray(a, dtype=np.float64) if np.asarray(a).dtype.kind in "fiu" and np.ndim(a) else a


def _jittered_parameter(a: Any, rng: np.random.Generator) -> Any:
    if isinstance(a, np.ndarray) and a.dtype.kind == "f":
        return rng.normal(0, 0.5, a.shape)
    return a


def _explain(item: Any) -> str:
    public = [n for n in dir(item) if not n.startswith("_") and callable(getattr(item, n, None))]
    return (
        f"{type(item).__name__} was not recognised. Looked for: a network (loss(x, t) with gradient(x, t) or with "
        "layers), a layer (forward(x) and backward(dout)), a pair of functions. "
        f"Found the methods: {', '.join(public[:12]) or 'none'}. Write:\n"
        "    def loss(self, x, t): ...      # returns one number\n"
        "    def gradient(self, x, t): ...  # returns {'W1': dW1, ...} for the arrays in self.params"
    )
