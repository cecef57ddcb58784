"""Mark on the graph what a check report found wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from backproof.errors import BackproofError
from backproof.findings import Finding, Report
from backproof.xray.graph import Graph, Node


def mark(graph: Graph, report: Report | Mapping[str, Any]) -> list[Finding]:
    """Put each fault on the edges or parameters that it makes wrong, else on its node; returns all the faults.

    report: a Report, or the JSON document of `backproof check --format json`. Raises BackproofError for others.
    """
    faults = [finding for finding in _findings(report) if finding.is_fault]
    for fault in faults:
        for node in _places(graph, fault):
            _mark_node(graph, node, fault)
    return faults


def _findings(report: Report | Mapping[str, Any]) -> list[Finding]:
    if isinstance(report, Report):
        return report.findings
    known = {field.name for field in fields(Finding)}
    try:
        return [Finding(**{k: v for k, v in entry.items() if k in known}) for entry in report["findings"]]
    except (KeyError, TypeError, AttributeError):
        raise BackproofError(
            "the report is no document of `backproof check --format json`: it has no list `findings` whose "
            "entries have code, kind, layer, quantity, cause and message"
        ) from None


def _places(graph: Graph, fault: Finding) -> list[Node]:
    """The nodes of the fault's layer: by its name in the network, else by its class; for wiring, by parameter."""
    called = [node for node in graph.nodes if node.call is not None or node.kind == "network"]
    by_name = [node for node in called if node.name == fault.layer]
    by_class = [node for node in called if node.class_name == fault.layer]
    owners = [node for node in called if any(p.name == fault.quantity.removeprefix("d") for p in node.parameters)]
    return by_name or by_class or owners


def _mark_node(graph: Graph, node: Node, fault: Finding) -> None:
    quantity = fault.quantity
    wrong = [p for p in node.parameters if quantity in (p.name, p.key, f"d{p.key}", f"d{p.name}")]
    for parameter in wrong:
        parameter.findings.append(fault)
    edges = []
    if quantity in ("loss", "output"):
        edges = graph.out_of(node)
    elif not wrong:
        into = graph.into(node)
        named = [edge for edge in into if quantity == f"d{edge.name}"]
        edges = named or (into[:1] if quantity == "dx" else [])
    for edge in edges:
        edge.findings.append(fault)
    node.findings.append(fault)
