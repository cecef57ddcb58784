"""Watch free layers: `with backproof.watch(mul_apple, add_fruit) as graph:` records their calls."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

from backproof.errors import BackproofError
from backproof.subjects.adapters.layer import is_layer
from backproof.subjects.recording import Recording, listening
from backproof.xray.graph import graph_of
from backproof.xray.parameters import Parameters
from backproof.xray.values import keep
from backproof.xray.xray import Xray


class watch:
    """The calls of these layers, forward and backward, inside a `with` block, as an X-ray (book, section 5.4).

    layers: objects with forward and backward. They and the values that they are given take the names of the
    caller's variables. The Xray is filled when the block ends, also where it raises. Numbers that Python keeps one
    object for (whole numbers from −5 to 256) are joined to the latest result of that value that no call has taken.
    Raises BackproofError for what is no layer.
    """

    def __init__(self, *layers: object) -> None:
        for layer in layers:
            if not is_layer(layer):
                raise BackproofError(
                    f"watch takes layers, objects with forward and backward; got {type(layer).__name__}: "
                    f"{layer!r:.60}"
                )
        if not layers:
            raise BackproofError(
                "watch was given no layer; write: with backproof.watch(mul_apple, add_fruit) as graph:"
            )
        self._layers = layers
        self._xray = Xray("watched layers", "a graph of watched layers")

    def __enter__(self) -> Xray:
        self._names = _layer_names(self._layers, _variables(sys._getframe(1)))
        self._parameters = Parameters(self._names)
        self._stack = ExitStack()
        self._recording: Recording = self._stack.enter_context(
            listening(self._names, self._parameters.gradients, keep)
        )
        return self._xray

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        called = _variables(sys._getframe(1))

        def name_of(value: Any) -> str | None:
            names = [name for name, held in called.items() if held is value and not name.startswith("_")]
            return names[0] if len(names) == 1 else None

        parameters = self._parameters.of_layers()
        graph = graph_of(self._recording, self._names, parameters, name_of)
        self._xray.subject = (
            ", ".join(node.name for node in graph.nodes if node.kind == "output") or "watched layers"
        )
        self._xray.fill(graph)


def _variables(frame: Any) -> Mapping[str, Any]:
    """The caller's variables: those of a function, or of the module or notebook cell."""
    return dict(frame.f_locals)


def _layer_names(layers: tuple[object, ...], variables: Mapping[str, Any]) -> dict[str, object]:
    """Each layer by the variable that holds it, else by its class and a number."""
    names: dict[str, object] = {}
    for layer in layers:
        held = [name for name, value in variables.items() if value is layer and not name.startswith("_")]
        name = held[0] if held else type(layer).__name__
        number = 1
        while name in names or (not held and number == 1):
            name, number = f"{held[0] if held else type(layer).__name__}{number}", number + 1
        names[name] = layer
    return names
