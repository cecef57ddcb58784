"""Which layer of a network owns a parameter, holds a copy of it, or made it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters.layer import find_slots
from backproof.subjects.subject import Network

Holder = tuple[str, Callable[..., Any] | None]  # a layer's name and the function where it is taken


class Owners:
    """The parameters of a network's layers, found once; their arrays are read anew each time."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._slots: dict[str, Any] = {}

    def slots(self, layer: str) -> Any:
        """The parameter slots of a layer by its name."""
        if not self._slots.get(layer):
            self._slots[layer] = find_slots(self.network.layers[layer])
        return self._slots[layer]

    def arrays(self) -> dict[str, Array]:
        """Every parameter: by the network's names, and by `layer.slot`."""
        arrays = dict(self.network.parameters())
        for layer in self.network.layers:
            arrays |= {f"{layer}.{slot.name}": slot.read() for slot in self.slots(layer)}
        return arrays

    def of(self, array: Array) -> tuple[str | None, str]:
        """(layer, slot) that holds this very array; (None, "") where none does."""
        for layer in self.network.layers:
            for slot in self.slots(layer):
                if slot.read() is array:
                    return layer, slot.name
        return None, ""

    def holder_of_copy(self, array: Array) -> Holder:
        """The layer that holds an equal array of its own where it should hold this one."""
        network = self.network
        held = [(name, slot.read()) for name in network.layers for slot in self.slots(name)]
        alike_in_shape = [(name, other) for name, other in held if np.shape(other) == array.shape]
        equal = [name for name, other in alike_in_shape if other is not array and np.array_equal(other, array)]
        given = [(name, id(other)) for name, other in alike_in_shape]
        twice = [name for i, (name, other) in enumerate(given) if other in [o for _, o in given[:i]]]
        if twice and not equal:  # it was given another layer's instead
            return twice[-1], type(network.owner).__init__
        for name in (*equal, *(name for name, _ in alike_in_shape)):
            return name, type(network.layers[name]).__init__
        return network.name, network.source.get("loss")
