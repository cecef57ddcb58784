"""A network or layer that is only looked at, not run: its layers in a row, with what parameters they hold."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from backproof.subjects.adapters.layer import find_slots
from backproof.xray.graph import Graph, Node, Parameter
from backproof.xray.html import structure_fragment
from backproof.xray.values import Value, keep, value_of
from backproof.xray.words import count, figure


def fragment_of_layers(name: str, layers: Mapping[str, Any]) -> str:
    """For a notebook: the layers in order, drawn, and a table of their parameters and latest gradients."""
    graph = Graph()
    before: Node | None = None
    for key, layer in layers.items():
        names = _inputs(layer)
        leaves = [graph.add("input", argument) for argument in (names if before is None else names[1:])]
        node = graph.add("layer", key, class_name=type(layer).__name__, parameters=parameters_of(layer))
        if before is not None:
            graph.join(before, node, names[0])
        for leaf in leaves:
            graph.join(leaf, node, leaf.name)
        before = node
    if before is not None:
        graph.join(before, graph.add("output", "L" if _has_labels(layers) else "y"), "y")
    return structure_fragment(graph, name)


def summary(name: str, layers: Mapping[str, Any]) -> str:
    """A table of the layers: output shape (N: the number of samples), parameters, ‖gradient‖ after a run."""
    head = ("layer", "class", "output", "parameters", "‖gradient‖")
    rows: list[tuple[str, ...]] = []
    width = "…"
    for key, layer in layers.items():
        held = parameters_of(layer)
        matrix = next((p.value for p in held if len(p.value.shape) == 2), None)
        width = str(matrix.shape[1]) if matrix is not None else width
        is_loss = layer is list(layers.values())[-1] and _has_labels(layers)
        norms = [f"{p.name} {figure(p.gradient.norm, 3)}" for p in held if p.gradient is not None]
        sizes = [f"{p.name} {'×'.join(map(str, p.value.shape))}" for p in held]
        output = "()" if is_loss else f"(N, {width})"
        rows.append((key, type(layer).__name__, output, ", ".join(sizes) or "–", ", ".join(norms) or "–"))
    total = sum(p.value.size for layer in layers.values() for p in parameters_of(layer))
    return _table(head, rows) + f"\n{name}: {count(total, 'parameter')} in {count(len(layers), 'layer')}"


def parameters_of(layer: Any) -> list[Parameter]:
    """A layer's parameters and the gradients that its latest backward left."""
    found = []
    for slot in find_slots(layer):
        gradient = keep(slot.gradient())
        kept = gradient if isinstance(gradient, Value) else None
        found.append(Parameter(slot.name, slot.name, value_of(slot.read()), kept))
    return found


def _inputs(layer: Any) -> list[str]:
    """The names of what its `forward`, or `predict`, must be given."""
    method = getattr(layer, "forward", None) or layer.predict
    parameters = inspect.signature(method).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD] or ["x"]


def _has_labels(layers: Mapping[str, Any]) -> bool:
    """Whether it ends in a loss layer."""
    return _inputs(list(layers.values())[-1])[1:] == ["t"]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]
    ]
    rule = "  ".join("─" * width for width in widths)
    return "\n".join(line.rstrip() for line in [lines[0], rule, *lines[1:]])
