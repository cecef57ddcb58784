"""The page: drawing, steps, an inspector for every edge, parameter and layer, and the same figures as tables.

All of it is markup that Python writes; the script only shows and hides. So it reads, prints and degrades well.
"""

from __future__ import annotations

import itertools
import json
from html import escape
from importlib import resources

import numpy as np

from backproof.xray.graph import Graph
from backproof.xray.inspector import inspector, rule
from backproof.xray.steps import Step
from backproof.xray.svg import drawing, style, width_of
from backproof.xray.tables import parameter_table, tables
from backproof.xray.words import count, exact, figure
from backproof.xray.xray import Xray

_prefixes = itertools.count(1)
LONG = 1480  # pixels: a drawing wider than that would be illegible across a laptop's screen, and stands upright
REMARKS = 6  # that are shown at once


@np.errstate(all="ignore")
def page(xray: Xray) -> str:
    """The whole page, self-contained: no request leaves it."""
    title = f"X-ray of {xray.subject}"
    graph = xray.graph
    steps = xray.steps
    body = [
        _header(xray, title),
        '<main id="main">',
        _stands_out(xray),
        _stage(xray, steps),
        _tables_part(graph),
        "</main>",
        _footer(),
    ]
    data = [{"phase": s.phase, "node": s.node, "makes": s.makes, "title": s.title, "says": s.says} for s in steps]
    starts = [e.id for e in graph.edges if graph.node(e.source).kind == "input"]
    first = next((e.id for e in graph.edges if e.findings), graph.edges[0].id if graph.edges else "")
    embedded = json.dumps({"steps": data, "starts": starts, "first": first}).replace("<", "\\u003c")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="generator" content="Backproof">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        f"<style>{style()}{_file('page.css')}</style></head>"
        f'<body class="xr-page"><a class="xr-skip" href="#main">Skip to the graph</a>{"".join(body)}'
        f'<script type="application/json" id="xr-data">{embedded}</script>'
        f"<script>{_file('page.js')}</script></body></html>\n"
    )


def fragment(xray: Xray) -> str:
    """For a notebook: the drawing and the figures, no script; the whole page folded in a frame below."""
    prefix = f"f{next(_prefixes)}"
    svg = drawing(xray.graph, "right", xray.subject, prefix)
    remarks = "".join(f"<li>{escape(text)}</li>" for text in _said(xray))
    said = f"<p><strong>What stands out</strong></p><ul>{remarks}</ul>" if remarks else ""
    frame = escape(page(xray))
    return (
        f"<style>{style()}{_file('fragment.css')}</style>"
        f'<div class="xr-fragment"><p><strong>X-ray of {escape(xray.subject)}</strong> {escape(_facts(xray))}</p>'
        f'<div class="xr-scroll">{svg.replace("<a ", "<g ").replace("</a>", "</g>")}</div>{said}'
        f"<details><summary>All figures</summary>{tables(xray.graph)}</details>"
        "<details><summary>Step through it</summary>"
        f'<iframe title="X-ray of {escape(xray.subject)}" loading="lazy" sandbox="allow-scripts" srcdoc="{frame}">'
        "</iframe></details></div>"
    )


def structure_fragment(graph: Graph, name: str) -> str:
    """For a network or layer that was not run: the drawing without values, and its parameters."""
    svg = drawing(graph, "right", name, f"f{next(_prefixes)}").replace("<a ", "<g ").replace("</a>", "</g>")
    return (
        f"<style>{style()}{_file('fragment.css')}</style>"
        f'<div class="xr-fragment"><p><strong>{escape(name)}</strong></p><div class="xr-scroll">{svg}</div>'
        f"{parameter_table(graph)}</div>"
    )


def _file(name: str) -> str:
    return resources.files("backproof.xray").joinpath(name).read_text(encoding="utf-8")


# The top


def _header(xray: Xray, title: str) -> str:
    return (
        f'<header><p class="xr-brand">Backproof</p><h1>{escape(title)}</h1>'
        f'<p class="xr-facts">{escape(_facts(xray))}</p>'
        + "".join(f'<p class="xr-facts">{escape(note)}</p>' for note in xray.notes)
        + "</header>"
    )


def _facts(xray: Xray) -> str:
    graph = xray.graph
    facts = []
    if xray.loss is not None:
        facts.append(f"result {exact(xray.loss)}" if graph.is_scalar else f"loss {figure(xray.loss, 6)}")
    batch = next((e.value for e in graph.edges if e.value is not None and len(e.value.shape) > 1), None)
    if batch is not None:
        facts.append(f"batch of {batch.shape[0]:,}")
    entries = sum(p.value.size for node in graph.nodes for p in node.parameters)
    if entries:
        facts.append(count(entries, "parameter"))
    if graph.is_scalar:
        facts.append(count(sum(node.call is not None for node in graph.nodes), "operation"))
    return " · ".join([*facts, xray.understood])


def _said(xray: Xray) -> list[str]:
    said = [f"Wrong: {finding.message} ({finding.code}, {finding.layer})" for finding in xray.findings]
    said += [remark.text for remark in xray.stands_out]
    if xray.error and not any(node.error for node in xray.graph.nodes):
        said.append(f"The run ended with {xray.error}")
    return said


def _stands_out(xray: Xray) -> str:
    faults = [
        f'<li class="xr-fault"><strong>Wrong:</strong> {escape(finding.message)} '
        f"<span>({escape(finding.code)}, {escape(finding.layer)})</span></li>"
        for finding in xray.findings
    ]
    grave = {"raised", "not-finite", "gradient-not-finite"}
    remarks = [
        f'<li class="{"xr-fault" if r.kind in grave else "xr-remark"}"><a href="#d-{r.place}" data-id="{r.place}">'
        f"{escape(r.text)}</a></li>"
        for r in xray.stands_out
    ]
    rest = [
        f'<li class="xr-fault">{escape(text)}</li>' for text in _said(xray) if text.startswith("The run ended")
    ]
    items = [*faults, *remarks, *rest]
    if not items and xray.graph.is_scalar:
        return ""
    items = items or ["<li>Nothing: no NaN, no dead or saturated units, no vanishing or exploding gradient.</li>"]
    shown = len(items) if len(items) <= REMARKS + 1 else REMARKS
    more = f'<ul class="xr-out">{"".join(items[shown:])}</ul>'
    return (
        '<section aria-labelledby="h-out"><h2 id="h-out">What stands out</h2>'
        f'<ul class="xr-out">{"".join(items[:shown])}</ul>'
        + (f"<details><summary>{len(items) - shown} more</summary>{more}</details>" if items[shown:] else "")
        + "</section>"
    )


# The drawing and its controls


def _stage(xray: Xray, steps: list[Step]) -> str:
    """Drawing, steps and inside; a long drawing beside the others, upright, a short one above them."""
    across = drawing(xray.graph, "right", xray.subject, "r")
    down = drawing(xray.graph, "down", xray.subject, "d")
    return (
        f'<div class="xr-stage{" xr-long" if width_of(across) > LONG else ""}">'
        f'{_drawing_part(xray, steps, across + down)}<div class="xr-columns">'
        f"{_steps_part(xray.graph, steps)}{inspector(xray.graph)}</div></div>"
    )


def _drawing_part(xray: Xray, steps: list[Step], drawings: str) -> str:
    graph, last = xray.graph, len(steps)
    below = "gradient" if graph.is_scalar else "norm of the gradient"
    above = "value" if graph.is_scalar else "shape of the value"
    legend = (
        '<p class="xr-legend"><span class="xr-key xr-key-value">value, forward</span> '
        '<span class="xr-key xr-key-gradient">gradient, back</span> '
        f'<span class="xr-hint">On an edge: first the {above}, then the {below}. Point at an edge, a layer or a '
        "parameter to see inside; click to hold it, Escape to let go.</span></p>"
    )
    controls = (
        '<div class="xr-controls xr-live-only" role="group" aria-label="Steps">'
        '<button type="button" id="xr-back" aria-label="One step back">◀ Back</button>'
        '<button type="button" id="xr-play">▶ Play</button>'
        '<button type="button" id="xr-step" aria-label="One step on">Step ▶</button>'
        '<label class="xr-slider"><span>Step</span>'
        f'<input type="range" id="xr-range" min="0" max="{last}" value="0" '
        f'aria-valuetext="all shown"><output id="xr-count" for="xr-range">all</output></label></div>'
    )
    views = (
        '<div class="xr-views xr-live-only" role="group" aria-label="View">'
        '<button type="button" id="xr-view-drawing" aria-pressed="true">Drawing</button>'
        '<button type="button" id="xr-view-table" aria-pressed="false">Table</button></div>'
    )
    return (
        '<section aria-labelledby="h-graph" id="xr-drawing"><div class="xr-bar"><h2 id="h-graph">Graph</h2>'
        f"{views}{controls}</div>"
        '<div class="xr-scroll" tabindex="0" role="region" aria-label="Drawing of the graph">'
        f"{drawings}</div>{legend}"
        '<p id="xr-status" class="xr-hidden" role="status"></p></section>'
    )


def _steps_part(graph: Graph, steps: list[Step]) -> str:
    items = "".join(_step(graph, step, number, len(steps)) for number, step in enumerate(steps, start=1))
    contents = "".join(
        f'<li><button type="button" data-step="{number}"><span class="xr-phase xr-{step.phase}">'
        f"{_arrow(step)} {step.phase}</span> {escape(graph.node(step.node).name)}</button></li>"
        for number, step in enumerate(steps, start=1)
    )
    start = (
        '<div class="xr-live-only" id="xr-start"><p>Everything is shown. Step through it one operation at a time, '
        "first forward, then back, with the numbers of the first sample.</p>"
        f'<ol class="xr-contents">{contents}</ol></div>'
        if steps
        else "<p>No operation ran.</p>"
    )
    return (
        '<section aria-labelledby="h-steps" class="xr-panel" id="xr-steps">'
        f'<h2 id="h-steps">Step by step</h2>{start}<ol class="xr-steps">{items}</ol></section>'
    )


def _step(graph: Graph, step: Step, number: int, of: int) -> str:
    equations = "".join(
        f'<div class="xr-equation"><p class="xr-symbols">{_unbroken(e.symbols)}</p>'
        f'<p class="xr-numbers{"" if e.agrees else " xr-off"}">{escape(e.numbers)}</p></div>'
        for e in step.equations
    )
    warnings = "".join(f'<p class="xr-warning">✗ {escape(text)}</p>' for text in step.warnings)
    return (
        f'<li id="s-{number}"><h3><span class="xr-phase xr-{step.phase}">{_arrow(step)} {step.phase}</span> '
        f"{escape(graph.node(step.node).name)} <small>{number} of {of}</small></h3>"
        f"<p>{_unbroken(step.says)}</p>{equations}{warnings}{rule(graph, graph.node(step.node), step.phase)}</li>"
    )


def _unbroken(text: str) -> str:
    """∂L/∂x stays on one line."""
    return escape(text).replace("∂L/∂", "∂L/\u2060∂")


def _arrow(step: Step) -> str:
    return "→" if step.phase == "forward" else "←"


def _tables_part(graph: Graph) -> str:
    return (
        '<section aria-labelledby="h-table" id="xr-table"><h2 id="h-table">All figures</h2>'
        f"{tables(graph)}</section>"
    )


def _footer() -> str:
    return (
        "<footer><p>Figures are exact and of all entries. Heat maps of large arrays show means of blocks, "
        "and of arrays above 262,144 entries an even choice of rows and columns; each says so. Numbers in the "
        "steps are those of the first sample. ‖∇‖ is the 2-norm of the gradient.</p></footer>"
    )
