"""The run one operation at a time, forward and then back: what was just computed, and from what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from backproof.xray.graph import Graph, Node
from backproof.xray.rules import Equation, Seen, rule_of
from backproof.xray.values import Value
from backproof.xray.words import exact, figure, shape


@dataclass(frozen=True)
class Step:
    """One operation, one way. `makes` holds the ids of edges and parameters (node.key) that get their figures."""

    phase: Literal["forward", "backward"]
    node: str
    title: str
    says: str
    makes: tuple[str, ...]
    equations: tuple[Equation, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@np.errstate(all="ignore")
def steps_of(graph: Graph) -> list[Step]:
    """Forward in the order in which the operations ran, then back in the order in which they answered."""
    ran = [node for node in graph.nodes if node.call is not None]
    back = sorted(
        (n for n in ran if n.call is not None and n.call.backward_order is not None),
        key=lambda n: n.call.backward_order or 0 if n.call else 0,
    )
    return [_forward(graph, node) for node in ran] + [_backward(graph, node) for node in back]


def _forward(graph: Graph, node: Node) -> Step:
    seen = Seen(graph, node)
    equations = tuple(rule_of(seen).forward(seen)) if seen.output is not None else ()
    if node.error_phase == "forward":
        says = f"{node.name} raised {node.error}"
    elif seen.output is None:
        says = f"{node.name} returned nothing that can be shown."
    else:
        inputs = " and ".join(_words(edge.name or "x", edge.value, node) for edge in seen.edges)
        says = f"From {inputs}, {node.name} makes {_words(seen.makes, seen.output, node)}."
    makes = tuple(edge.id for edge in graph.out_of(node))
    return Step("forward", node.id, f"{node.name}, forward", says, makes, equations, tuple(_warnings(equations)))


def _backward(graph: Graph, node: Node) -> Step:
    seen = Seen(graph, node)
    equations = tuple(rule_of(seen).backward(seen))
    edges = [edge for edge in graph.into(node) if edge.gradient is not None]
    parameters = [p for p in node.parameters if p.gradient is not None]
    made = [f"∂L/∂{edge.name or 'x'}" for edge in edges] + [f"∂L/∂{p.name}" for p in parameters]
    if node.error_phase == "backward":
        says = f"{node.name} raised {node.error}"
    elif not made:
        says = f"{node.name} gave no gradient back that can be shown."
    else:
        given = _words(f"∂L/∂{seen.makes}", seen.upstream, node) if seen.upstream else "the gradient from above"
        says = f"From {given}, {node.name} makes {_listed(made)}."
    makes = tuple(edge.id for edge in edges) + tuple(f"{node.id}.{p.key}" for p in parameters)
    return Step("backward", node.id, f"{node.name}, backward", says, makes, equations, tuple(_warnings(equations)))


def _warnings(equations: tuple[Equation, ...]) -> Iterator[str]:
    for equation in equations:
        if not equation.agrees:
            left = equation.symbols.partition(" = ")[0]
            yield f"The rule gives {left} = {figure(equation.rule, 6)}; this code gave {figure(equation.code, 6)}."


def _words(name: str, value: Value | None, node: Node) -> str:
    if value is None:
        return name
    if value.is_number and value.array.size:
        number = exact(value.number) if node.kind == "operation" else figure(value.number, 6)
        return f"{name} = {number}"
    return f"{name} ({shape(value.shape)})"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
