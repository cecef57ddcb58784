"""Where nodes and edges stand: in layers from the inputs to the end, in the manner of Sugiyama.

A node's rank is the longest way to it; inputs stand one rank before their first use. Within a rank nodes are put
in the order of their neighbours' places, a few sweeps forth and back. Meant for chains and small graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from backproof.xray.graph import Graph

Direction = Literal["right", "down"]
Length = Callable[[str], float]  # of a node across the flow
SWEEPS = 6
ASIDE = 13.0  # pixels


@dataclass(frozen=True)
class Box:
    """A node's place: its middle and its size, in pixels."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """boxes by node id; paths by edge id: the points that an edge goes through, from source to target."""

    direction: Direction
    width: float
    height: float
    boxes: dict[str, Box]
    paths: dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Sizes:
    """What the drawing needs, in pixels: along the flow between ranks, across it between neighbours."""

    along: float
    across: float
    margin: float = 16.0


def layout(
    graph: Graph,
    sizes: dict[str, tuple[float, float]],
    ports: dict[str, tuple[float, float]],
    space: Sizes,
    direction: Direction,
) -> Layout:
    """Places for all nodes and edges; sizes: (width, height) by node id.

    ports: by node id, how far from the node's middle edges arrive and leave, along the flow.
    """
    ranks = _ranks(graph)
    stations = _stations(graph, ranks)  # edge id → the ids along it: source, one dummy a rank in between, target
    order = _order(graph, ranks, stations)
    depth = max(ranks.values(), default=-1) + 1

    def length(id: str, axis: int) -> float:
        size = sizes.get(id, (0.0, 0.0))
        return size[axis if direction == "right" else 1 - axis]

    ends = {node.id for node in graph.nodes if not graph.into(node)}  # inputs follow, they do not lead
    across = _across(order, stations, ends, lambda id: length(id, 1), space.across)
    centres: list[float] = []
    at = space.margin
    for rank in range(depth):
        thick = max((length(id, 0) for id in order[rank]), default=0.0)
        centres.append(at + thick / 2)
        at += thick + space.along
    rank_of = {id: rank for rank, ids in enumerate(order) for id in ids}

    def point(id: str) -> tuple[float, float]:
        along, side = centres[rank_of[id]], across[id] + space.margin
        return (along, side) if direction == "right" else (side, along)

    boxes = {node.id: Box(*point(node.id), *sizes[node.id]) for node in graph.nodes}
    paths = {edge.id: _path(stations[edge.id], point, ports, direction) for edge in graph.edges}
    led = {edge.target for edge in graph.edges if edge.source not in ends}
    for edge in graph.edges:
        if edge.source in ends and edge.target in led:
            _aside(paths[edge.id], direction)
    total = at - space.along + space.margin if depth else 2 * space.margin
    widest = max((across[id] + length(id, 1) / 2 for id in across), default=0.0) + 2 * space.margin
    size = (total, widest) if direction == "right" else (widest, total)
    return Layout(direction, *size, boxes, paths)


def _ranks(graph: Graph) -> dict[str, int]:
    ranks: dict[str, int] = {}
    into = {node.id: [edge.source for edge in graph.into(node)] for node in graph.nodes}
    left = list(graph.nodes)
    while left:
        ready = [node for node in left if all(source in ranks for source in into[node.id])] or left[:1]
        for node in ready:
            ranks[node.id] = max((ranks.get(source, -1) for source in into[node.id]), default=-1) + 1
        left = [node for node in left if node.id not in ranks]
    for node in graph.nodes:
        users = [ranks[edge.target] for edge in graph.out_of(node)]
        if not into[node.id] and users:
            ranks[node.id] = min(users) - 1
    return ranks


def _stations(graph: Graph, ranks: dict[str, int]) -> dict[str, list[str]]:
    return {
        edge.id: [
            edge.source,
            *(f"{edge.id}@{rank}" for rank in range(ranks[edge.source] + 1, ranks[edge.target])),
            edge.target,
        ]
        for edge in graph.edges
    }


def _order(graph: Graph, ranks: dict[str, int], stations: dict[str, list[str]]) -> list[list[str]]:
    """The ids in each rank, side by side, so that few edges cross."""
    order: list[list[str]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for edge in graph.edges:
        for a, b in pairwise(stations[edge.id]):
            after.setdefault(a, []).append(b)
            before.setdefault(b, []).append(a)
    placed: set[str] = set()

    def place(id: str, rank: int) -> None:
        if id not in placed:
            placed.add(id)
            order[rank].append(id)

    for edge in graph.edges:  # in the order in which they were seen: the first argument above the second
        for i, id in enumerate(stations[edge.id]):
            place(id, ranks[edge.source] + i)
    for node in graph.nodes:
        place(node.id, ranks[node.id])
    best, fewest = [list(ids) for ids in order], _crossings(order, after)
    for sweep in range(SWEEPS):
        neighbours = before if sweep % 2 == 0 else after
        for ids in order if sweep % 2 == 0 else order[::-1]:
            _sort_by_neighbours(ids, order, neighbours)
        crossings = _crossings(order, after)
        if crossings < fewest:
            best, fewest = [list(ids) for ids in order], crossings
    return best


def _sort_by_neighbours(ids: list[str], order: list[list[str]], neighbours: dict[str, list[str]]) -> None:
    place = {id: i for row in order for i, id in enumerate(row)}
    wanted = {
        id: _mean([place[other] for other in neighbours.get(id, [])], default=float(i)) for i, id in enumerate(ids)
    }
    ids.sort(key=lambda id: wanted[id])


def _crossings(order: list[list[str]], after: dict[str, list[str]]) -> int:
    place = {id: i for row in order for i, id in enumerate(row)}
    found = 0
    for row in order:
        lines = [(place[a], place[b]) for a in row for b in after.get(a, [])]
        found += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(lines) for c, d in lines[:i])
    return found


def _across(
    order: list[list[str]], stations: dict[str, list[str]], ends: set[str], length: Length, gap: float
) -> dict[str, float]:
    """The coordinate across the flow: as near to the neighbours' mean as the spacing allows."""
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for ids in stations.values():
        for a, b in pairwise(ids):
            after.setdefault(a, []).append(b)
            before.setdefault(b, []).append(a)
    for id, others in before.items():
        before[id] = [other for other in others if other not in ends] or others
    at: dict[str, float] = {}
    for row in order:
        side = 0.0
        for id in row:
            at[id] = side + length(id) / 2
            side += length(id) + gap
        middle = (side - gap) / 2
        for id in row:
            at[id] -= middle
    for sweep in range(SWEEPS):  # the last one from the end to the inputs
        neighbours = before if sweep % 2 == 0 else after
        for row in order if sweep % 2 == 0 else order[::-1]:
            wishes = [
                (
                    _mean([at[other] for other in neighbours.get(id, [])], default=at[id]),
                    1e-6 if id in ends else 1.0,
                )
                for id in row
            ]
            for id, place in zip(row, _spread(row, wishes, length, gap), strict=True):
                at[id] = place
    lowest = min((at[id] - length(id) / 2 for id in at), default=0.0)
    return {id: place - lowest for id, place in at.items()}


def _spread(row: list[str], wishes: list[tuple[float, float]], length: Length, gap: float) -> list[float]:
    """Places in this order, at least the lengths and gaps apart, as near to the wishes (place, weight) as may be.

    Pool adjacent violators: neighbours that stand too near move as one block to the weighted mean of their wishes.
    """
    offsets = [0.0]
    for a, b in pairwise(row):
        offsets.append(offsets[-1] + (length(a) + length(b)) / 2 + gap)
    blocks: list[list[tuple[float, float]]] = []
    for (wish, weight), offset in zip(wishes, offsets, strict=True):
        blocks.append([(wish - offset, weight)])
        while len(blocks) > 1 and _weighted(blocks[-2]) > _weighted(blocks[-1]):
            last = blocks.pop()
            blocks[-1] += last
    free = [_weighted(block) for block in blocks for _ in block]
    return [place + offset for place, offset in zip(free, offsets, strict=True)]


def _weighted(block: list[tuple[float, float]]) -> float:
    return sum(place * weight for place, weight in block) / sum(weight for _, weight in block)


def _path(
    ids: list[str],
    point: Callable[[str], tuple[float, float]],
    ports: dict[str, tuple[float, float]],
    direction: Direction,
) -> list[tuple[float, float]]:
    """From the source's far port through the dummies to the target's near port."""
    points = [point(id) for id in ids]
    (x, y), (u, v) = points[0], points[-1]
    leave, arrive = ports[ids[0]][1], ports[ids[-1]][0]
    points[0] = (x + leave, y) if direction == "right" else (x, y + leave)
    points[-1] = (u - arrive, v) if direction == "right" else (u, v - arrive)
    return points


def _aside(path: list[tuple[float, float]], direction: Direction) -> None:
    """Let an input arrive beside the line that leads on, from the side where it stands."""
    (x, y), (u, v) = path[0], path[-1]
    if direction == "right":
        path[-1] = (u, v + max(-ASIDE, min(ASIDE, y - v)))
    else:
        path[-1] = (u + max(-ASIDE, min(ASIDE, x - u)), v)


def _mean(values: Iterable[float], default: float = 0.0) -> float:
    found = list(values)
    return sum(found) / len(found) if found else default
