"""What stands inside an edge, a parameter or a layer: pictures, histogram, figures, the local rule."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from backproof.findings import Finding
from backproof.xray.graph import Edge, Graph, Node, Parameter
from backproof.xray.pictures import ImageShape, Picture, columns, heat_map, image_shape, images
from backproof.xray.rules import GENERAL, Seen, rule_of
from backproof.xray.tables import FIGURES, parameter_table, row_of
from backproof.xray.values import Value
from backproof.xray.words import count, exact, figure, shape

MANY = 40  # quantities with pictures, from which the heat maps are made coarser
CELLS = 60  # entries up to which an array is also written out


def rule(graph: Graph, node: Node, phase: str | None = None) -> str:
    """The formulas of a node's rule: the first is the way forward, the others the way back."""
    seen = Seen(graph, node)
    if not seen.inputs:
        return ""
    known = rule_of(seen)
    formulas = known.formulas(seen)
    forward = 2 if known.name == "softmax with loss" else 1
    chosen = {"forward": formulas[:forward], "backward": formulas[forward:]}.get(phase or "", formulas)
    return f'<div class="xr-rule">{"".join(chosen)}</div>'


def inspector(graph: Graph) -> str:
    """The section with one article for each of them."""
    many = len(graph.edges) + sum(len(node.parameters) for node in graph.nodes) > MANY
    most = 48 if many else 100
    details = [_edge_detail(graph, edge, most) for edge in graph.edges]
    for node in graph.nodes:
        if node.kind not in ("input", "output"):
            details.append(_node_detail(graph, node))
            details += [_parameter_detail(graph, node, parameter, most) for parameter in node.parameters]
    return (
        '<section aria-labelledby="h-inside" class="xr-panel" id="xr-inspector"><h2 id="h-inside">Inside</h2>'
        '<p class="xr-live-only xr-none">Point at an edge, a layer or a parameter.</p>'
        f"{''.join(details)}</section>"
    )


def _detail(id: str, title: str, body: Iterable[str]) -> str:
    return (
        f'<article class="xr-detail" id="d-{id}" tabindex="-1"><h3>{escape(title)}</h3>{"".join(body)}</article>'
    )


def _edge_detail(graph: Graph, edge: Edge, most: int) -> str:
    like = _image_of(graph, edge)
    body = [_marks(edge.findings), f"<p>{escape(edge.note.capitalize())}.</p>" if edge.note else ""]
    body.append(
        _two(_figures("Value", edge.value, most, like), _figures("Gradient", edge.gradient, most, like, True))
    )
    if edge.gradient is None:
        body.append("<p>No gradient came back for it.</p>")
    return _detail(edge.id, graph.title(edge), body)


def _image_of(graph: Graph, edge: Edge) -> ImageShape | None:
    source = graph.node(edge.source)
    is_data = source.kind == "input" and graph.node(edge.target).kind != "loss"
    return image_shape(edge.value, is_data) if edge.value is not None else None


def _parameter_detail(graph: Graph, node: Node, parameter: Parameter, most: int) -> str:
    into = [like for edge in graph.into(node) if (like := _image_of(graph, edge)) is not None]
    like = into[0] if into and rule_of(Seen(graph, node)).name == "affine" else None
    value, gradient = parameter.value, parameter.gradient
    body = [_marks(parameter.findings)]
    if parameter.ratio is not None:
        body.append(
            f"<p>Gradient to weight, ‖∂L/∂{escape(parameter.name)}‖ / ‖{escape(parameter.name)}‖: "
            f"<strong>{figure(parameter.ratio, 3)}</strong></p>"
        )
    elif gradient is None:
        body.append("<p>No gradient was left for it.</p>")
    body.append(
        _two(
            _figures("Value", value, most, weights=like),
            _figures("Gradient", gradient, most, gradient=True, weights=like),
        )
    )
    return _detail(f"{node.id}.{parameter.key}", f"Parameter {parameter.name} of {node.name}", body)


def _node_detail(graph: Graph, node: Node) -> str:
    seen = Seen(graph, node)
    known = rule_of(seen)
    body = [_marks(node.findings)]
    if node.error:
        body.append(f'<p class="xr-warning">✗ raised on its way {node.error_phase}: {escape(node.error)}</p>')
    if node.kind == "between":
        body.append("<p>NumPy code between the layers made this value; what it did cannot be seen.</p>")
    elif node.kind == "network":
        body.append(
            "<p>Written without layer objects: its parameters and its ends can be seen, not its inside.</p>"
        )
    elif known is GENERAL:
        body.append(
            f"<p>{escape(node.class_name)}: its own rule is not known here; the chain rule holds for all.</p>"
        )
    else:
        body.append(
            f"<p>{escape(node.class_name)}, taken as {known.name}. Its rule, with the shapes of this run:</p>"
        )
    body.append(rule(graph, node))
    body.append(parameter_table(graph, node))
    return _detail(node.id, node.name, body)


def _marks(findings: Iterable[Finding]) -> str:
    return "".join(
        f'<p class="xr-warning">✗ Wrong: {escape(finding.message)} ({escape(finding.code)})</p>'
        for finding in findings
    )


def _two(*parts: str) -> str:
    return f'<div class="xr-two">{"".join(parts)}</div>'


def _figures(
    title: str,
    value: Value | None,
    most: int,
    like: ImageShape | None = None,
    gradient: bool = False,
    weights: ImageShape | None = None,
) -> str:
    """One quantity: the number, or images, heat map, histogram and figures."""
    if value is None:
        return ""
    kind = "gradient" if gradient else "value"
    parts = [
        f'<h4 class="xr-{kind}-title">{title} <small>{shape(value.shape)}, {escape(value.dtype)}</small></h4>'
    ]
    if value.is_number and value.array.size:
        parts.append(f'<p class="xr-big">{exact(value.number)}</p>')
        return f'<div class="xr-quantity">{"".join(parts)}</div>'
    if like is not None and value.is_whole and value.size % (like.channels * like.height * like.width) == 0:
        parts.append(_picture(images(value, like, gradient), f"{title} as images"))
    of_units = columns(value, weights) if weights is not None else None
    if of_units is not None:
        parts.append(_picture(of_units, f"{title}: weight columns as pictures"))
    cells = heat_map(value, most)
    if cells is not None:
        parts.append(_picture(cells, f"{title} as heat map", cells=True))
    parts += [_histogram(value, title), _list(value), _entries(value, title)]
    return f'<div class="xr-quantity">{"".join(parts)}</div>'


def _picture(picture: Picture, what: str, cells: bool = False) -> str:
    """cells: a heat map, whose cells need not be square."""
    scale = ""
    if picture.scale:
        middle = "<span>0</span>" if picture.scale == "cool-warm" else ""
        ends = f"<span>{figure(picture.low, 3)}</span>{middle}<span>{figure(picture.high, 3)}</span>"
        scale = f'<div class="xr-scale">{ends}</div><div class="xr-ramp xr-{picture.scale}"></div>'
    stretched = f' style="height:{min(max(7 * picture.height, 44), 250)}px"' if cells else ""
    return (
        f'<figure{" class=xr-map" if cells else ""}><img src="{picture.address}" width="{picture.width}" '
        f'height="{picture.height}"{stretched} alt="{escape(what)}. {escape(picture.says)}">{scale}'
        f"<figcaption>{escape(what)}. {escape(picture.says)}</figcaption></figure>"
    )


def _histogram(value: Value, title: str) -> str:
    """Bars of the counts; the root of the count is the height, so that rare entries stay visible."""
    if not value.counts or value.low == value.high:
        return ""
    low, high = value.edges
    tallest = max(value.counts) ** 0.5
    width, height = 256, 64
    bar = width / len(value.counts)
    path = "".join(
        f"M{i * bar:.0f} {height}V{height - (number**0.5) / tallest * height:.1f}h{bar - 1:.0f}V{height}"
        for i, number in enumerate(value.counts)
        if number
    )
    zero = ""
    if low < 0 < high:
        at = width * (-low / (high - low))
        zero = f'<path class="xr-zero" d="M{at:.1f} 0V{height}"/>'
    said = f"Histogram of the {title.lower()} from {figure(low, 3)} to {figure(high, 3)}"
    return (
        f'<figure><svg class="xr-histogram" viewBox="0 0 {width} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{said}">{zero}<path d="{path}"/></svg><div class="xr-scale"><span>{figure(low, 3)}</span>'
        f"<span>{figure(high, 3)}</span></div>"
        f"<figcaption>Histogram, {count(value.size, 'entry', 'entries')}; heights "
        "are square roots of the counts</figcaption></figure>"
    )


def _list(value: Value) -> str:
    *figures, nan, inf = zip(FIGURES, row_of(value), strict=True)
    figures.append((f"{nan[0]}, {inf[0]}", f"{nan[1]}, {inf[1]}"))
    items = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in figures[:-1])
    bad = " class=xr-bad" if value.nan + value.inf else ""
    items += f"<div{bad}><dt>{figures[-1][0]}</dt><dd>{figures[-1][1]}</dd></div>"
    return f'<dl class="xr-figures">{items}</dl>'


def _entries(value: Value, title: str) -> str:
    """A small array written out."""
    if value.size > CELLS or not value.is_whole or value.array.ndim > 2 or value.array.dtype.kind not in "fiub":
        return ""
    rows = value.array.reshape(1, -1) if value.array.ndim < 2 else value.array
    if rows.shape[1] > 12:
        return ""
    cells = "".join("<tr>" + "".join(f"<td>{figure(float(v), 3)}</td>" for v in row) + "</tr>" for row in rows)
    return (
        f'<div class="xr-scroll" tabindex="0" role="region" aria-label="Entries of the {title.lower()}">'
        f'<table class="xr-cells"><caption>Entries</caption>{cells}</table></div>'
    )
