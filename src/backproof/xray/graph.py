"""The graph: nodes are operations or layers, edges carry a value forward and a gradient back.

Made from a recording; edges join where the very object that one call returned is what another was given.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from backproof.findings import Finding
from backproof.subjects.recording import Call, Recording
from backproof.xray.values import Value

Kind = Literal["input", "layer", "operation", "loss", "between", "network", "output"]


@dataclass
class Parameter:
    """A parameter of a layer and its gradient; `name` is the network's name for it (W1), `key` the layer's (W)."""

    name: str
    key: str
    value: Value
    gradient: Value | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """‖gradient‖ / ‖parameter‖: how far a step of size 1 would move it, relative to its own length."""
        if self.gradient is None or not self.value.norm or self.gradient.norm is None:
            return None
        return self.gradient.norm / self.value.norm

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": self.value.to_dict(),
            "gradient": self.gradient.to_dict() if self.gradient else None,
            "ratio": self.ratio,
            "findings": [finding.message for finding in self.findings],
        }


@dataclass
class Node:
    """One call of a layer or operation, or a place where a value enters or leaves.

    call: what was recorded of it, its values kept as Value; None for places where a value enters or leaves.
    makes: what the caller calls its result, where that is known. error: what it raised, and in which phase.
    """

    id: str
    name: str
    kind: Kind
    class_name: str = ""
    parameters: list[Parameter] = field(default_factory=list)
    call: Call | None = None
    makes: str | None = None
    error: str | None = None
    error_phase: Literal["forward", "backward"] | None = None
    findings: list[Finding] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "class": self.class_name,
            "parameters": [parameter.to_dict() for parameter in self.parameters],
            "error": self.error,
            "findings": [finding.message for finding in self.findings],
        }


@dataclass
class Edge:
    """A value on its way from one node to another, and the gradient that came back for it.

    name: the argument that it is for its target. note: what is special about the join, "" for none.
    """

    id: str
    source: str
    target: str
    name: str
    value: Value | None = None
    gradient: Value | None = None
    note: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def wrong(self) -> Literal["value", "gradient"] | None:
        """Which of the two a check found wrong."""
        if not self.findings:
            return None
        return "value" if all(f.quantity in ("loss", "output") for f in self.findings) else "gradient"

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "source": self.source,
            "target": self.target,
            "name": self.name,
            "value": self.value.to_dict() if self.value else None,
            "gradient": self.gradient.to_dict() if self.gradient else None,
            "note": self.note,
            "wrong": self.wrong,
            "findings": [finding.message for finding in self.findings],
        }


@dataclass
class Graph:
    """Nodes in the order of their forward, edges in the order in which they were seen."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def node(self, id: str) -> Node:
        return next(node for node in self.nodes if node.id == id)

    def into(self, node: Node) -> list[Edge]:
        return [edge for edge in self.edges if edge.target == node.id]

    def out_of(self, node: Node) -> list[Edge]:
        return [edge for edge in self.edges if edge.source == node.id]

    def title(self, edge: Edge) -> str:
        """The edge in words: "Affine1 → Relu1"."""
        return f"{self.node(edge.source).name} → {self.node(edge.target).name}"

    @property
    def is_scalar(self) -> bool:
        """Whether every value is one number, as in the book's first graphs."""
        return all(edge.value is None or edge.value.is_number for edge in self.edges)

    def add(self, kind: Kind, name: str, **more: Any) -> Node:
        node = Node(f"n{len(self.nodes)}", name, kind, **more)
        self.nodes.append(node)
        return node

    def join(self, source: Node, target: Node, name: str, **more: Any) -> Edge:
        edge = Edge(f"e{len(self.edges)}", source.id, target.id, name, **more)
        self.edges.append(edge)
        return edge


def graph_of(
    recording: Recording,
    layers: Mapping[str, object],
    parameters: Mapping[str, list[Parameter]],
    name_of: Callable[[Any], str | None] = lambda value: None,
) -> Graph:
    """The graph of a recording whose values were kept with `values.keep`.

    parameters: by layer. name_of(object): what the caller calls a value that comes from outside, None: unknown.
    """
    return _Builder(recording, layers, parameters, name_of).graph


class _Builder:
    def __init__(
        self,
        recording: Recording,
        layers: Mapping[str, object],
        parameters: Mapping[str, list[Parameter]],
        name_of: Callable[[Any], str | None],
    ) -> None:
        self.graph = Graph()
        self.layers, self.name_of = layers, name_of
        self.calls = shown_calls(recording)
        self.nodes: dict[int, Node] = {}  # by the call's order
        self.produced: list[tuple[Any, Value | None, Call]] = []
        self.leaves: dict[Any, Node] = {}
        self.consumed: set[int] = set()
        for call in self.calls:
            self._visit(call, parameters)
        for result, value, call in self.produced:
            if id(result) not in self.consumed:
                node = self.graph.add("output", name_of(result) or ("L" if _is_loss(call) else "y"))
                self.graph.join(
                    self.nodes[call.order], node, node.name, value=value, gradient=_value(call.upstream)
                )

    def _visit(self, call: Call, parameters: Mapping[str, list[Parameter]]) -> None:
        incoming = [
            self._source(call, i, value) for i, value in enumerate(call.inputs) if isinstance(value, Value)
        ]
        layer = self.layers[call.layer]
        name = call.layer if not call.number else f"{call.layer} ({call.number + 1})"
        node = self.graph.add(
            _kind(call, parameters.get(call.layer, [])),
            name,
            class_name=type(layer).__name__,
            parameters=parameters.get(call.layer, []),
            call=call,
        )
        if call.error is not None:
            node.error = f"{type(call.error).__name__}: {call.error}"
            node.error_phase = "forward" if call.output is None else "backward"
        self.nodes[call.order] = node
        names = argument_names(layer, len(call.inputs))
        numeric = [i for i, value in enumerate(call.inputs) if isinstance(value, Value)]
        for i, (source, note, upstream) in zip(numeric, incoming, strict=True):
            gradient = _returned(call, numeric.index(i))
            if gradient is None and call.backward_order is None:
                gradient = upstream  # nothing came back through this call, but the value's maker was told
            name = source.name if source.kind == "input" else source.makes or names[i]
            self.graph.join(source, node, name, value=call.inputs[i], gradient=gradient, note=note)
        if call.error is None or call.output is not None:
            several = isinstance(call.output, tuple) and isinstance(call.result, (tuple, list))
            outputs = list(zip(call.result, call.output, strict=True)) if several else [(call.result, call.output)]
            for result, value in outputs:
                if isinstance(value, Value):
                    node.makes = node.makes or self.name_of(result)
                    self.produced.append((result, value, call))

    def _source(self, call: Call, i: int, value: Value) -> tuple[Node, str, Value | None]:
        """Where argument i comes from: (node, note on the join, gradient that its maker was given)."""
        argument = call.arguments[i]
        for result, _, maker in reversed(self.produced):
            if result is argument and not (_interned(result) and id(result) in self.consumed):
                self.consumed.add(id(result))
                return self.nodes[maker.order], "", _value(maker.upstream)
        own_name = self.name_of(argument)
        if isinstance(argument, np.ndarray) and own_name is None:
            for result, _, maker in reversed(self.produced):
                same = isinstance(result, np.ndarray) and result.size == argument.size
                if same and np.may_share_memory(result, argument):
                    self.consumed.add(id(result))
                    return self.nodes[maker.order], "reshaped on the way", _value(maker.upstream)
            dangling = [p for p in self.produced if id(p[0]) not in self.consumed]
            if dangling and i == 0 and argument.ndim:
                return self._between(dangling), "", None
        name = own_name or argument_names(self.layers[call.layer], len(call.inputs))[i]
        shared = isinstance(argument, np.ndarray) or own_name is not None
        key = id(argument) if shared else (call.order, i)
        if key not in self.leaves:
            self.leaves[key] = self.graph.add("input", name)
        return self.leaves[key], "", None

    def _between(self, dangling: list[tuple[Any, Value | None, Call]]) -> Node:
        """Code between the layers made this argument of what they had returned."""
        node = self.graph.add("between", "code between")
        for result, value, maker in dangling:
            self.consumed.add(id(result))
            self.graph.join(self.nodes[maker.order], node, "", value=value, gradient=_value(maker.upstream))
        return node


def shown_calls(recording: Recording) -> list[Call]:
    """The calls that become nodes: of a container the layers inside it, of anything else the outermost call.

    A container is a layer that returns what a layer inside it returned. Where a layer was called several times and
    some calls were answered by a backward, only those are shown.
    """

    def is_container(call: Call) -> bool:
        inner = [c for c in recording.calls if c.inside is call]
        return any(
            (c.result is call.result and call.result is not None)
            or (c.error is not None and c.error is call.error)
            for c in inner
        )

    def is_shown(call: Call) -> bool:
        around = call.inside
        while around is not None:
            if not is_container(around):
                return False
            around = around.inside
        return not is_container(call)

    answered = {call.layer for call in recording.calls if call.backward_order is not None}
    return [
        call
        for call in recording.calls
        if is_shown(call) and (call.backward_order is not None or call.layer not in answered)
    ]


def argument_names(layer: Any, count: int) -> list[str]:
    """The names of the first `count` arguments of its `forward`; x, x2 ... where it does not say."""
    try:
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        names = [p.name for p in inspect.signature(layer.forward).parameters.values() if p.kind in kinds]
    except (TypeError, ValueError, AttributeError):
        names = []
    return [*names, *(f"x{i + 1}" if i else "x" for i in range(len(names), count))][:count]


def _kind(call: Call, parameters: list[Parameter]) -> Kind:
    if _is_loss(call):
        return "loss"
    values = [v for v in (*call.inputs, call.output) if isinstance(v, Value)]
    return "operation" if not parameters and values and all(v.is_number for v in values) else "layer"


def _is_loss(call: Call) -> bool:
    """One number out of many: a loss layer."""
    sizes = [value.size for value in call.inputs if isinstance(value, Value)]
    return isinstance(call.output, Value) and call.output.is_number and len(sizes) > 1 and sizes[0] > 1


def _returned(call: Call, place: int) -> Value | None:
    """The gradient that backward gave for its place-th numeric argument."""
    if isinstance(call.returned, tuple):
        return _value(call.returned[place]) if place < len(call.returned) else None
    return _value(call.returned) if place == 0 else None


def _value(kept: Any) -> Value | None:
    return kept if isinstance(kept, Value) else None


def _interned(value: Any) -> bool:
    """Whether Python keeps one object for this number, so that identity does not tell who made it."""
    return isinstance(value, bool) or (isinstance(value, int) and -5 <= value <= 256)
