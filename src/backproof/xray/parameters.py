"""The layers' parameters and their gradients, read right after each backward."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backproof.protocols import Array
from backproof.subjects.adapters.layer import Slot, arrays_of, find_slots
from backproof.xray.graph import Parameter
from backproof.xray.values import Value, keep, value_of


class Parameters:
    """Made before the layers run, so that what a run rebinds (caches) is told from what stays (parameters)."""

    def __init__(self, layers: Mapping[str, object]) -> None:
        self._layers = layers
        self._before = {
            name: {key: id(a) for key, a in arrays_of(layer).items()} for name, layer in layers.items()
        }
        self._gradients: dict[str, dict[str, Value]] = {}

    def gradients(self, name: str) -> Mapping[str, Any]:
        """The gradients of one layer's parameters now; the latest are remembered."""
        found = {slot.name: keep(slot.gradient()) for slot in self._slots(name)}
        kept = {key: value for key, value in found.items() if isinstance(value, Value)}
        self._gradients.setdefault(name, {}).update(kept)
        return kept

    def of_layers(self, network: Mapping[str, Array] | None = None) -> dict[str, list[Parameter]]:
        """Every layer's parameters; network: the same arrays by the network's names for them."""
        names = {id(array): name for name, array in (network or {}).items()}
        return {
            name: [
                Parameter(
                    names.get(id(slot.read()), slot.name),
                    slot.name,
                    value_of(slot.read()),
                    self._gradients.get(name, {}).get(slot.name),
                )
                for slot in self._slots(name)
            ]
            for name in self._layers
        }

    def _slots(self, name: str) -> list[Slot]:
        layer, before = self._layers[name], self._before[name]
        moving = [key for key, array in arrays_of(layer).items() if before.get(key) != id(array)]
        return find_slots(layer, moving)
