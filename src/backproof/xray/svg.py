"""The drawing: nodes, edges with the value on one side and the gradient on the other, parameters as chips."""

from __future__ import annotations

import math
from html import escape
from importlib import resources
from itertools import pairwise

import numpy as np

from backproof.protocols import Array
from backproof.xray.graph import Edge, Graph, Node
from backproof.xray.layout import Box, Direction, Layout, Sizes, layout
from backproof.xray.pictures import image_shape, thumbnail
from backproof.xray.rules import Seen, rule_of
from backproof.xray.values import Value
from backproof.xray.words import exact, figure, shape

LETTER = 7.4  # mean width of a letter of 13 px
BOLD = 8.3
CIRCLE = 44.0
THUMBNAIL = 56.0
SYMBOLS = {"multiply": "×", "add": "+"}
CHIP = 22.0
BEND: dict[Direction, float] = {"right": 0.6, "down": 0.85}  # late, past the labels beside the line that it joins
Place = tuple[float, float, str]  # x, y and the anchor of a label
Places = tuple[Place, Place]  # of an edge's value and of its gradient
Stretch = tuple[tuple[float, float], tuple[float, float]]  # of an edge's path, from one rank to the next
Area = tuple[float, float, float, float]  # left, top, right, bottom


@np.errstate(all="ignore")
def drawing(graph: Graph, direction: Direction, title: str, prefix: str) -> str:
    """The <svg> element. prefix: of the ids inside it, so that several stand on one page."""
    sizes = {node.id: _size(graph, node) for node in graph.nodes}
    ports = {node.id: _ports(graph, node, sizes[node.id], direction) for node in graph.nodes}
    place = layout(graph, sizes, ports, _space(graph, direction), direction)
    labels = _labels(graph, place)
    parts = [_edge(graph, edge, place, labels[edge.id], prefix) for edge in graph.edges]
    parts += [_node(graph, node, place.boxes[node.id]) for node in graph.nodes]
    taken = [area for edge in graph.edges for area in _areas(edge, labels[edge.id])]
    left = math.floor(min([0.0, *(area[0] - 8 for area in taken)]))
    width = math.ceil(max([place.width, *(area[2] + 8 for area in taken)])) - left
    top = math.floor(min([0.0, *(area[1] - 8 for area in taken)]))
    height = math.ceil(max([place.height, *(area[3] + 8 for area in taken)])) - top
    return (
        f'<svg class="xr-graph xr-{direction}" viewBox="{left} {top} {width} {height}" role="group" '
        f'style="--xr-width:{width}px" aria-label="{escape(f"Computational graph of {title}")}">'
        f"<defs>{_arrow(prefix, 'value')}{_arrow(prefix, 'gradient')}{_arrow(prefix, 'bad')}</defs>"
        f"{''.join(parts)}</svg>"
    )


def picture(graph: Graph, title: str) -> str:
    """A file of its own: the drawing with its style and a ground to stand on."""
    svg = drawing(graph, "right", title, "p")
    left, top, *size = svg.partition('viewBox="')[2].partition('"')[0].split()
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
    ground = f'<rect class="xr-ground" x="{left}" y="{top}" width="{size[0]}" height="{size[1]}"/>'
    return svg.replace("<svg ", opening, 1).replace(
        "<defs>", f"<title>{escape(title)}</title><style>{style()}</style>{ground}<defs>", 1
    )


def width_of(svg: str) -> float:
    """Of a drawing, in its own pixels: at which its letters are 13 pixels high."""
    return float(svg.partition('viewBox="')[2].split()[2])


def style() -> str:
    """The rules that the drawing needs wherever it stands."""
    return resources.files("backproof.xray").joinpath("drawing.css").read_text(encoding="utf-8")


def _space(graph: Graph, direction: Direction) -> Sizes:
    labels = [text for edge in graph.edges for text in (value_label(edge), gradient_label(edge))]
    widest = max((len(text) for text in labels), default=0) * LETTER
    if direction == "right":
        forks = any(len(graph.out_of(node)) > 1 for node in graph.nodes)  # whose labels stand beside curves
        return Sizes(along=max(64.0, widest + (64 if forks else 30)), across=44.0)
    return Sizes(along=70.0, across=max(24.0, widest - 4))


def _size(graph: Graph, node: Node) -> tuple[float, float]:
    if node.kind == "input" and _input_picture(graph, node):
        return max(THUMBNAIL, len(node.name) * BOLD), THUMBNAIL + 40
    if node.kind in ("input", "output"):
        return len(node.name) * BOLD + 12, 26
    if _symbol(graph, node):
        return max(CIRCLE, len(node.name) * 6.6), CIRCLE + 34
    words = max(len(node.name) * BOLD, len(_subtitle(graph, node)) * LETTER)
    chips = sum(_chip_width(p.name) + 6 for p in node.parameters) + 14
    return max(116.0, words + 28, chips), 54.0 + (CHIP + 10 if node.parameters else 0) + (18 if node.error else 0)


def _ports(graph: Graph, node: Node, size: tuple[float, float], direction: Direction) -> tuple[float, float]:
    """How far from its middle edges arrive and leave."""
    if node.kind == "input" and _input_picture(graph, node):
        return THUMBNAIL / 2 + 3, THUMBNAIL / 2 + 3
    if _symbol(graph, node):  # below a circle stands its name
        return CIRCLE / 2, CIRCLE / 2 if direction == "right" else size[1] / 2 + 2
    half = size[0 if direction == "right" else 1] / 2
    return half, half


def _chip_width(name: str) -> float:
    return len(name) * LETTER + 14


def _symbol(graph: Graph, node: Node) -> str:
    return SYMBOLS.get(rule_of(Seen(graph, node)).name, "") if node.kind == "operation" else ""


def _subtitle(graph: Graph, node: Node) -> str:
    if node.call is None:
        return {"between": "NumPy, not seen inside", "network": "no layer objects"}.get(node.kind, "")
    if node.class_name.lower() not in node.name.lower():
        return node.class_name
    matrix, _ = Seen(graph, node).weights
    return " → ".join(str(length) for length in matrix.value.shape) if matrix is not None else ""


def _input_picture(graph: Graph, node: Node) -> str:
    for edge in graph.out_of(node):
        like = image_shape(edge.value, is_data=node.name != "t") if edge.value else None
        if edge.value and like and like.channels in (1, 3):
            return thumbnail(edge.value, like)
    return ""


def value_label(edge: Edge) -> str:
    """What stands on the edge for its value: the number itself, or the shape."""
    if edge.value is None:
        return ""
    wrong = "✗ " if edge.wrong == "value" else ""
    bad = " NaN" if edge.value.nan else " ∞" if edge.value.inf else ""
    return wrong + (_number(edge.value) if edge.value.is_number else shape(edge.value.shape) + bad)


def gradient_label(edge: Edge) -> str:
    """What stands on the edge for its gradient: the number itself, or its norm."""
    if edge.gradient is None:
        return ""
    wrong = "✗ " if edge.wrong == "gradient" else ""
    if edge.gradient.is_number and (edge.value is None or edge.value.is_number):
        return wrong + _number(edge.gradient)
    bad = " NaN" if edge.gradient.nan else " ∞" if edge.gradient.inf else ""
    return f"{wrong}‖∇‖ {figure(edge.gradient.norm, 3)}{bad}"


def _number(value: Value) -> str:
    if not value.array.size:
        return value.dtype
    text = exact(value.number)
    return text if len(text) <= 7 else figure(value.number, 4)


def _arrow(prefix: str, kind: str) -> str:
    return (
        f'<marker id="{prefix}-{kind}" class="xr-head-{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        f'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">'
        f'<path d="M0 0 8 4 0 8z"/></marker>'
    )


def _edge(graph: Graph, edge: Edge, place: Layout, labels: Places, prefix: str) -> str:
    points = place.paths[edge.id]
    lines = [_curve(points, place.direction, offset) for offset in (-3.5, 3.5)]
    value_at, gradient_at = labels
    value, gradient = value_label(edge), gradient_label(edge)
    written = _label(value, *value_at, "value") + _label(gradient, *gradient_at, "gradient")
    value_head = "bad" if edge.wrong == "value" else "value"
    head = "bad" if edge.wrong == "gradient" else "gradient"
    seen = f'<path class="xr-gradient-line" d="{lines[1]}" marker-start="url(#{prefix}-{head})"/>'
    seen = seen if edge.gradient is not None else ""
    classes = f"xr-edge xr-wrong-{edge.wrong}" if edge.wrong else "xr-edge"
    return (
        f'<a class="{classes}" data-id="{edge.id}" href="#d-{edge.id}" '
        f'aria-label="{escape(edge_words(graph, edge))}">'
        f'<path class="xr-reach" d="{_curve(points, place.direction, 0)}"/>'
        f'<path class="xr-value-line" d="{lines[0]}" marker-end="url(#{prefix}-{value_head})"/>{seen}{written}</a>'
    )


def edge_words(graph: Graph, edge: Edge) -> str:
    """The edge as a screen reader says it."""
    said = [f"Edge {graph.title(edge)}"]
    if edge.value is not None:
        what = (
            exact(edge.value.number) if edge.value.is_number and edge.value.array.size else shape(edge.value.shape)
        )
        said.append(f"value {what}")
    if edge.gradient is not None:
        one = edge.gradient.is_number and edge.gradient.array.size
        said.append(
            f"gradient {exact(edge.gradient.number)}" if one else f"gradient norm {figure(edge.gradient.norm)}"
        )
    if edge.findings:
        said.append(f"wrong: {edge.findings[0].message}")
    return ", ".join(said)


def _curve(points: list[tuple[float, float]], direction: Direction, offset: float) -> str:
    """A smooth line that leaves and arrives along the flow, moved sideways by `offset`."""
    dx, dy = (0.0, offset) if direction == "right" else (offset, 0.0)
    moved = [(x + dx, y + dy) for x, y in points]
    path = f"M{moved[0][0]:.1f} {moved[0][1]:.1f}"
    for (x1, y1), (x2, y2) in pairwise(moved):
        if direction == "right":
            bend = x1 + BEND["right"] * (x2 - x1)
            path += f"C{bend:.1f} {y1:.1f} {bend:.1f} {y2:.1f} {x2:.1f} {y2:.1f}"
        else:
            bend = y1 + BEND["down"] * (y2 - y1)
            path += f"C{x1:.1f} {bend:.1f} {x2:.1f} {bend:.1f} {x2:.1f} {y2:.1f}"
    return path


def _labels(graph: Graph, place: Layout) -> dict[str, Places]:
    """Where the labels of every edge stand: clear of nodes, lines and earlier labels, where that can be."""
    taken: list[Area] = [
        (box.x - box.width / 2, box.y - box.height / 2, box.x + box.width / 2, box.y + box.height / 2)
        for box in place.boxes.values()
    ]
    right = place.direction == "right"
    lines = np.array(
        [
            _on_curve(stretch, right, t)
            for path in place.paths.values()
            for stretch in pairwise(path)
            for t in np.linspace(0, 1, 30)
        ]
    )

    def cost(edge: Edge, at: Places) -> float:
        areas = _areas(edge, at)
        return sum(_overlap(a, b) for a in areas for b in taken) + sum(_crossed(a, lines) for a in areas)

    labels: dict[str, Places] = {}
    for edge in graph.edges:
        wanted = [_wanted(graph, edge, place)]
        parts = list(pairwise(place.paths[edge.id])) if cost(edge, wanted[0]) else []
        for i in sorted(range(len(parts)), key=lambda i: abs(i - (len(parts) - 1) / 2)):
            for t in (0.5, 0.35, 0.65, 0.2, 0.8):
                wanted += [_beside(parts[i], t, place.direction, other) for other in (False, True)]
        labels[edge.id] = min(wanted, key=lambda at: cost(edge, at))
        taken += _areas(edge, labels[edge.id])
    return labels


def _crossed(area: Area, points: Array) -> float:
    """What it costs that lines, given by points on them, run through a label."""
    x, y = points.reshape(-1, 2).T
    return 30.0 * np.count_nonzero((x > area[0] - 2) & (x < area[2] + 2) & (y > area[1]) & (y < area[3]))


def _areas(edge: Edge, at: Places) -> list[Area]:
    """What the labels of an edge cover."""
    areas = []
    for text, (x, y, anchor) in zip((value_label(edge), gradient_label(edge)), at, strict=True):
        width = len(text) * LETTER
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        areas += [(left, y - 11, left + width, y + 3)] if text else []
    return areas


def _overlap(a: Area, b: Area) -> float:
    """The square pixels that both cover."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _wanted(graph: Graph, edge: Edge, place: Layout) -> Places:
    """Where the labels read best: at the end of the first stretch that no other edge shares."""
    points, right = place.paths[edge.id], place.direction == "right"
    stretch = (points[0], points[1])
    several = len(graph.into(graph.node(edge.target))) > 1
    early = 0.3 if right else 0.2
    if _symbol(graph, graph.node(edge.source)):
        early += 0.12  # clear of the name below the circle
    if _is_straight(stretch, right):
        return _beside(stretch, (0.36 if right else 0.3) if several else 0.5, place.direction)
    return _beside(stretch, early if several else 1 - early, place.direction)


def _is_straight(stretch: Stretch, right: bool) -> bool:
    return abs(stretch[1][right] - stretch[0][right]) < 4


def _beside(stretch: Stretch, t: float, direction: Direction, other: bool = False) -> Places:
    """At t along it: above and below a line to the right, beside a line down; other: on the sides less usual."""
    right = direction == "right"
    drift = stretch[1][right] - stretch[0][right]
    x, y = _on_curve(stretch, right, t)
    if not right:
        side, anchor = (-11, "end") if (drift > 4) is not other else (11, "start")
        return (x + side, y - 4, anchor), (x + side, y + 12, anchor)
    if _is_straight(stretch, right):
        return (x, y - 10, "middle"), (x, y + 20, "middle")
    up = (drift < 0) is not other
    above: Place = (x - 4, y - 8, "end") if up else (x + 6, y - 8, "start")
    below: Place = (x + 8, y + 16, "start") if up else (x - 4, y + 20, "end")
    return above, below


def _on_curve(stretch: Stretch, right: bool, t: float) -> tuple[float, float]:
    """The point at parameter t of a curve whose two handles lie at BEND along the flow; of a line, evenly."""
    (x1, y1), (x2, y2) = stretch
    half = 3 * BEND["right" if right else "down"] * t * (1 - t) + t**3
    ease = t * t * (3 - 2 * t)
    if _is_straight(stretch, right):
        half = t
    return (
        (x1 + half * (x2 - x1), y1 + ease * (y2 - y1)) if right else (x1 + ease * (x2 - x1), y1 + half * (y2 - y1))
    )


def _label(text: str, x: float, y: float, anchor: str, kind: str) -> str:
    if not text:
        return ""
    return f'<text class="xr-{kind}-text" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _node(graph: Graph, node: Node, box: Box) -> str:
    left, top = box.x - box.width / 2, box.y - box.height / 2
    if node.kind in ("input", "output"):
        return _end(graph, node, box)
    corner = left + box.width
    circle = f'<circle cx="{corner:.1f}" cy="{top:.1f}" r="9"/>'
    wrong = f'<g class="xr-mark">{circle}{_text("", corner, top + 4, "✗")}</g>' if node.findings else ""
    said = escape(node_words(graph, node))
    opening = (
        f'<a class="xr-node xr-{node.kind}{" xr-raised" if node.error else ""}" data-id="{node.id}" '
        f'href="#d-{node.id}" aria-label="{said}">'
    )
    symbol = _symbol(graph, node)
    if symbol:
        return (
            f'{opening}<circle cx="{box.x:.1f}" cy="{box.y:.1f}" r="{CIRCLE / 2}"/>'
            + _text("xr-symbol", box.x, box.y + 9, symbol)
            + _text("xr-subtitle", box.x, box.y + CIRCLE / 2 + 15, node.name)
            + f"{wrong}</a>"
        )
    subtitle = _subtitle(graph, node)
    lines = _text("xr-title", box.x, top + (24 if subtitle else 32), node.name)
    lines += _text("xr-subtitle", box.x, top + 42, subtitle)
    if node.error:
        lines += _text("xr-error", box.x, top + box.height - 10, "✗ " + node.error.partition(":")[0])
    return (
        f'{opening}<rect x="{left:.1f}" y="{top:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="9"/>'
        f"{lines}{wrong}</a>{_chips(node, box, top + 54)}"
    )


def _text(classes: str, x: float, y: float, content: str) -> str:
    return f'<text class="{classes}" x="{x:.1f}" y="{y:.1f}">{escape(content)}</text>' if content else ""


def _chips(node: Node, box: Box, top: float) -> str:
    """The parameters, each to be pointed at by itself."""
    widths = [_chip_width(p.name) for p in node.parameters]
    at = box.x - (sum(widths) + 6 * (len(widths) - 1)) / 2
    parts = []
    for parameter, width in zip(node.parameters, widths, strict=True):
        said = f"Parameter {parameter.name} of {node.name}, {shape(parameter.value.shape)}"
        if parameter.ratio is not None:
            said += f", gradient to weight {figure(parameter.ratio, 2)}"
        if parameter.findings:
            said += f", wrong: {parameter.findings[0].message}"
        parts.append(
            f'<a class="xr-chip{" xr-wrong" if parameter.findings else ""}" data-id="{node.id}.{parameter.key}" '
            f'href="#d-{node.id}.{parameter.key}" aria-label="{escape(said)}">'
            f'<rect x="{at:.1f}" y="{top:.1f}" width="{width:.1f}" height="{CHIP}" rx="{CHIP / 2}"/>'
            f"{_text('', at + width / 2, top + 15, parameter.name)}</a>"
        )
        at += width + 6
    return "".join(parts)


def _end(graph: Graph, node: Node, box: Box) -> str:
    address = _input_picture(graph, node) if node.kind == "input" else ""
    if not address:
        return _text("xr-end", box.x, box.y + 5, node.name)
    top = box.y - THUMBNAIL / 2
    return (
        f'<image class="xr-thumbnail" x="{box.x - THUMBNAIL / 2:.1f}" y="{top:.1f}" width="{THUMBNAIL}" '
        f'height="{THUMBNAIL}" href="{address}" aria-hidden="true"/>' + _text("xr-end", box.x, top - 6, node.name)
    )


def node_words(graph: Graph, node: Node) -> str:
    """The node as a screen reader says it."""
    said = [f"{'Operation' if node.kind == 'operation' else 'Layer'} {node.name}"]
    subtitle = _subtitle(graph, node)
    said += [subtitle] if subtitle else []
    said += [f"raised {node.error}"] if node.error else []
    said += [f"wrong: {finding.message}" for finding in node.findings]
    return ", ".join(said)
