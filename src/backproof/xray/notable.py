"""What stands out in a run, in words with its figure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from backproof.subjects.argument_roles import words_of
from backproof.xray.graph import Graph, Node
from backproof.xray.values import Value
from backproof.xray.words import count, figure, share

SATURATED = 0.01  # a sigmoid output this close to 0 or 1 passes at most 1 % of the gradient
MANY = 0.5  # share of saturated outputs from which it is said
VANISHED = 1e-3  # of the gradient's size, from one layer's output to its input or along the whole network
AT_CHANCE = 0.99  # share of ln K from which a loss counts as "at ln K"


@dataclass(frozen=True)
class Remark:
    """One thing worth a look: a slug, the node or edge, the words, the figure in them."""

    kind: str
    place: str
    text: str
    figure: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@np.errstate(all="ignore")
def remarks(graph: Graph, loss: float | None) -> list[Remark]:
    """All that stands out, the gravest first."""
    found: list[Remark] = []
    for node in graph.nodes:
        if node.error:
            found.append(Remark("raised", node.id, f"{node.name} raised {node.error}"))
    found += _not_numbers(graph)
    for node in graph.nodes:
        found += _of_layer(node)
    found += _gradients(graph)
    found += _of_loss(graph, loss)
    return found


def _not_numbers(graph: Graph) -> Iterator[Remark]:
    """The first value, and the first gradient on the way back, with NaN or inf in it."""
    for edge in graph.edges:
        value = edge.value
        if value is not None and value.nan + value.inf:
            maker = graph.node(edge.source)
            origin = (
                f"The input {maker.name} holds" if maker.kind == "input" else f"{maker.name} is the first to make"
            )
            yield Remark("not-finite", edge.id, f"{origin} {_bad(value)}.", value.nan + value.inf)
            break
    for node in reversed(graph.nodes):
        returned = [edge for edge in graph.into(node) if edge.gradient and edge.gradient.nan + edge.gradient.inf]
        for edge in returned[:1]:
            assert edge.gradient is not None
            text = f"{node.name} is the first to send back {_bad(edge.gradient)}."
            yield Remark("gradient-not-finite", edge.id, text, edge.gradient.nan + edge.gradient.inf)
            return


def _bad(value: Value) -> str:
    parts = [f"{value.nan:,} NaN"] * bool(value.nan) + [f"{value.inf:,} infinite"] * bool(value.inf)
    return f"{' and '.join(parts)} among {count(value.size, 'entry', 'entries')}"


def _of_layer(node: Node) -> Iterator[Remark]:
    output = node.call.output if node.call is not None else None
    if not isinstance(output, Value) or output.units == 0 or output.nan:
        return
    samples, words = output.shape[0], words_of(node.class_name)
    is_relu = "relu" in words and not words & {"leaky", "p", "e"}
    if is_relu and output.dead:
        text = (
            f"{output.dead:,} of {count(output.units, 'unit')} of {node.name} "
            f"({share(output.dead / output.units)}) are 0 for all {samples:,} samples: no gradient passes there."
        )
        yield Remark("dead-relu", node.id, text, output.dead / output.units)
    if "sigmoid" in words:
        near = np.abs(output.array.astype(np.float64) - 0.5) > 0.5 - SATURATED
        part = float(near.mean()) if near.size else 0.0
        if part >= MANY:
            sampled = "" if output.is_whole else " of a sample"
            text = (
                f"{share(part)} of the outputs{sampled} of {node.name} lie within {SATURATED} of 0 or 1: "
                f"saturated, at most {share(SATURATED)} of the gradient passes there."
            )
            yield Remark("saturated-sigmoid", node.id, text, part)
    given = node.call.inputs[0] if node.call is not None and node.call.inputs else None
    alike = isinstance(given, Value) and given.units > 0 and given.constant == given.units  # samples all the same
    if output.constant == output.units and not alike and not (is_relu and output.dead == output.units):
        text = (
            f"{node.name} puts out the same for all {samples:,} samples: what comes after cannot tell them apart."
        )
        yield Remark("constant-output", node.id, text, 1.0)


def _gradients(graph: Graph) -> Iterator[Remark]:
    """The size (root mean square) of the gradient at each layer's output, and at its input."""
    sizes: list[tuple[Node, float]] = []
    for node in graph.nodes:
        call = node.call
        if call is None or node.kind != "layer":
            continue
        upstream = call.upstream if isinstance(call.upstream, Value) else None
        returned = call.returned[0] if isinstance(call.returned, tuple) and call.returned else call.returned
        if upstream is not None and isinstance(returned, Value) and upstream.rms:
            sizes.append((node, upstream.rms))
            ratio = returned.rms / upstream.rms
            if ratio < VANISHED or ratio > 1 / VANISHED:
                word = "shrinks" if ratio < 1 else "grows"
                text = (
                    f"The gradient {word} by the factor {figure(ratio, 2)} in {node.name}: root mean square "
                    f"{figure(upstream.rms, 2)} above it, {figure(returned.rms, 2)} below it."
                )
                kind = "vanishing-gradient" if ratio < 1 else "exploding-gradient"
                yield Remark(kind, node.id, text, ratio)
        for parameter in node.parameters:
            if parameter.gradient is not None and parameter.gradient.norm == 0 and not parameter.gradient.nan:
                text = f"The gradient of {parameter.name} is 0 in every entry: {node.name} does not learn from it."
                yield Remark("zero-gradient", node.id, text, 0.0)
    if len(sizes) > 2:
        (first, low), (last, high) = sizes[0], sizes[-1]
        ratio = low / high
        if ratio < VANISHED or ratio > 1 / VANISHED:
            word, kind = ("vanishes", "vanishing-gradient") if ratio < 1 else ("explodes", "exploding-gradient")
            text = (
                f"The gradient {word} on its way back: root mean square {figure(high, 2)} at {last.name}, "
                f"{figure(low, 2)} at {first.name}, a factor of {figure(ratio, 2)} over {len(sizes)} layers."
            )
            yield Remark(kind, first.id, text, ratio)


def _of_loss(graph: Graph, loss: float | None) -> Iterator[Remark]:
    """A loss at or above that of guessing: ln K for K classes."""
    node = next((node for node in graph.nodes if node.kind == "loss"), None)
    if node is None or node.call is None or loss is None or not math.isfinite(loss):
        return
    if not words_of(node.class_name) & {"softmax", "cross", "entropy"}:
        return
    scores = node.call.inputs[0]
    classes = scores.shape[-1] if isinstance(scores, Value) and scores.shape else 0
    if classes < 2 or loss < AT_CHANCE * math.log(classes):
        return
    chance = math.log(classes)
    if loss > chance / AT_CHANCE:
        text = f"The loss is {figure(loss)}, above ln {classes} = {figure(chance)}: worse than guessing evenly."
    else:
        text = (
            f"The loss is {figure(loss)}, that of guessing evenly among {classes} classes "
            f"(ln {classes} = {figure(chance)})."
        )
    yield Remark("loss-at-chance", node.id, text, loss)
