"""The same figures as tables: for a screen reader, for paper, for copying."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from backproof.xray.graph import Graph, Node
from backproof.xray.values import Value
from backproof.xray.words import exact, figure, shape, share

FIGURES = ("min", "mean", "max", "norm", "zeros", "NaN", "inf")


def row_of(value: Value) -> list[str]:
    """The figures named in FIGURES."""
    numbers = [figure(v) for v in (value.low, value.mean, value.high, value.norm)]
    return [*numbers, share(value.zeros), f"{value.nan:,}", f"{value.inf:,}"]


def tables(graph: Graph) -> str:
    """Edges, then parameters."""
    return edge_table(graph) + parameter_table(graph)


def _table(caption: str, head: Iterable[str], rows: list[tuple[str, list[str]]]) -> str:
    """rows: (attributes of the row, its cells as markup); the first cell is its heading."""
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(
        f'<tr{attributes}><th scope="row">{cells[0]}</th>{"".join(f"<td>{cell}</td>" for cell in cells[1:])}</tr>'
        for attributes, cells in rows
    )
    return (
        f'<div class="xr-scroll" tabindex="0" role="region" aria-label="{caption}"><table class="xr-all">'
        f"<caption>{caption}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def edge_table(graph: Graph) -> str:
    """Every edge: its value, and its gradient where one came back."""
    rows: list[tuple[str, list[str]]] = []
    for edge in graph.edges:
        title = escape(graph.title(edge))
        for way, value in (("value", edge.value), ("gradient", edge.gradient)):
            if value is None:
                continue
            if graph.is_scalar:
                cells = [exact(value.number) if value.array.size else ""]
            else:
                cells = [shape(value.shape), escape(value.dtype), *row_of(value)]
            wrong = "; ".join(f.message for f in edge.findings) if way == edge.wrong else ""
            wrong = f'<strong class="xr-bad">wrong: {escape(wrong)}</strong>' if wrong else ""
            rows.append((f' data-id="{edge.id}"', [title, f"{way} {wrong}".strip(), *cells]))
    head = ("Edge", "What", "Number") if graph.is_scalar else ("Edge", "What", "Shape", "Type", *FIGURES)
    return _table("Edges: values forward and gradients back", head, rows) if rows else ""


def parameter_table(graph: Graph, node: Node | None = None) -> str:
    """The parameters of one node, or of all."""
    rows: list[tuple[str, list[str]]] = []
    for owner in [node] if node is not None else graph.nodes:
        for p in owner.parameters:
            ratio = figure(p.ratio, 3)
            for way, value in (("value", p.value), ("gradient", p.gradient)):
                if value is not None:
                    cells = [shape(value.shape), escape(value.dtype), *row_of(value)]
                    cells.append(ratio if way == "gradient" else "")
                    wrong = (
                        f' <strong class="xr-bad">{escape(p.findings[0].message)}</strong>' if p.findings else ""
                    )
                    name = escape(p.name if node is not None else f"{owner.name}: {p.name}")
                    rows.append((f' data-id="{owner.id}.{p.key}"', [name, way + wrong, *cells]))
    head = ("Parameter", "What", "Shape", "Type", *FIGURES, "gradient / weight")
    caption = f"Parameters of {node.name}" if node is not None else "Parameters"
    return _table(escape(caption), head, rows) if rows else ""
