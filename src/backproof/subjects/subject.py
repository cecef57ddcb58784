"""The one view of anything that can be checked: an operation (a layer, a function pair) or a network of them.

Adapters make these out of people's code; recording, check and x-ray know nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backproof.errors import BackproofError
from backproof.protocols import Array


class NotRecognised(BackproofError):
    """No adapter knows this shape of code: the message says what was looked for, what was found, what to write."""


@dataclass
class Operation:
    """One differentiable operation, y = f(inputs; parameters), with its hand-written way back.

    forward(*inputs): y; labels and flags are bound in.
    backward(dout): gradients by quantity, "dx" first, then "d" + the parameter's name; None where it left none.
    No backward at all: only the forward can be judged.
    parameters(): the live arrays by name, perturbed in place by the numeric side.
    source: the user's own functions, by "forward" and "backward", for the place in the file.
    """

    name: str
    forward: Callable[..., Any]
    backward: Callable[[Any], dict[str, Any]] | None
    parameters: Callable[[], Mapping[str, Array]]
    inputs: tuple[str, ...] = ("x",)
    is_loss: bool = False
    batch_first: bool = False  # whether it is known that the first axis of x counts the samples
    owner: object = None
    source: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()  # names that hint at what the operation is meant to be: class, function, key
    x: tuple[Array, ...] = ()  # one input that works, (N, ...) each
    scale: str = ""  # how many times too large its gradient is for several outputs, where it is right for one

    @property
    def kind_name(self) -> str:
        """The class or function that it is an instance of."""
        return type(self.owner).__name__ if self.owner is not None else self.name


@dataclass
class Network:
    """A whole network: parameters (live), loss, gradients, and the layer objects inside it.

    layers: by their name in the network, in no promised order (the recording finds the order).
    gradient(x, t): by parameter name; None where the network has no such way back of its own.
    """

    name: str
    understood: str
    owner: object
    parameters: Callable[[], Mapping[str, Array]]
    loss: Callable[[Array, Array], Any]
    gradient: Callable[[Array, Array], Mapping[str, Any]]
    layers: Mapping[str, object]
    x: Array
    t: Array
    classes: int
    predict: Callable[[Array], Any] | None = None
    source: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    rebuilds: bool = False  # its loss is between its output and its input, and labels do not matter
    indices: bool = False  # x holds whole numbers that a table is looked up by
    gathered: bool = False  # the gradients lie in the network's own list, which the layers must fill in place
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)  # of its module, that it calls
    scale: str = ""  # how many times too large all gradients are for the network's own loss
    samples: tuple[int, int] | None = None  # how many to judge it with: steps, where a way back may be cut off
    also: Network | None = None  # the same with labels of another form, judged where this one is right
    also_words: str = ""  # what the report then says of it


@dataclass
class Layerlike:
    """A layer, loss layer or function pair checked by itself."""

    name: str
    understood: str
    operation: Callable[[int, Any], Operation]  # (samples, generator) -> the operation on an input of that many
    owner: object = None
    arguments: tuple[Any, ...] = ()  # that it was recognised on
    also: Layerlike | None = None  # the same seen another way, judged where this one is right
    also_words: str = ""  # what the report then says of it

    def dimensions(self) -> set[int]:
        """The lengths of all axes but the samples' own, which a batch should not equal."""
        first = np.shape(self.arguments[0]) if self.arguments else ()
        return {*first[1:], *(n for a in self.arguments[1:] if np.shape(a)[:1] != first[:1] for n in np.shape(a))}


Subject = Network | Layerlike
