"""A suspicion becomes a finding: with its code, its place, its words and a mend."""

from __future__ import annotations

import inspect
import linecache
from typing import Any

from backproof import messages
from backproof.check import locate, mends
from backproof.check.catalogue import code
from backproof.check.suspicion import Suspicion
from backproof.findings import Finding

FAR = 8  # lines between two places that are still shown together


def finding(s: Suspicion) -> Finding:
    """The suspicion as a finding; a layer without a name of its own goes by its class."""
    layer = s.layer.partition(" (")[0]
    if inspect.isfunction(s.at) and s.at.__name__ != "__init__" and not layer.endswith("()"):
        layer = s.at.__name__  # of a pair of functions: the one at fault
    number = code(s.kind, s.cause)
    file, line = locate.place(s.at)
    evidence = dict(s.evidence)
    if s.elsewhere is not None:
        spots = locate.of_loss(s.elsewhere, s.cause)
    else:
        spots = locate.spots(s.at, s.kind, s.quantity, s.cause, evidence, s.error, s.ran, s.begins)
    if s.repair is not None:
        # Where the same line is suspected as well, the places beside it stay: a softmax's maximum beside its sum.
        agreed = any(spot.line == s.repair.spot.line for spot in spots)
        spots = [s.repair.spot, *(spot for spot in spots if agreed and spot.line != s.repair.spot.line)]
    if spots:
        first, *others = spots
        file, line = first.file, first.line
        evidence |= {"expression": first.expression, "columns": list(first.columns)}
        if others:
            evidence["see also"] = [{"line": o.line, "expression": o.expression} for o in others]
        mended = [(spot.line, new) for spot in spots if (new := mends.mended(s.cause, spot))]
        if s.repair is not None:
            mended = [(first.line, s.repair.line), *(each for each in mended if each[0] != first.line)]
        if mended:
            evidence["mend"] = [{"line": number, "source": text} for number, text in mended]
    if file is not None and line is not None:
        evidence["lines"] = excerpt(file, {line} | {spot.line for spot in spots[1:] if spot.file == file})
    if s.is_fault:
        evidence["confidence"] = "certain" if s.repair is not None else "none" if s.cause == "unknown" else "high"
    fields = fields_of(s, layer)
    message = messages.sentence("What is wrong", number, s.cause, fields)
    return Finding(number, s.kind, layer, s.quantity, s.cause, message, file, line, evidence)


def excerpt(file: str, lines: set[int]) -> list[tuple[int, str]]:
    """The lines of a file with one neighbour on each side, as (number, text); blank ones at the ends left out."""
    first, last = min(lines), max(lines)
    if last - first > FAR:
        last = first
    found = [(n, linecache.getline(file, n).rstrip()) for n in range(max(first - 1, 1), last + 2)]
    while found and not found[0][1]:
        del found[0]
    while found and not found[-1][1]:
        del found[-1]
    return found


def fields_of(s: Suspicion, layer: str) -> dict[str, Any]:
    """What the sentences of a page may speak of."""
    method = getattr(s.at, "__name__", "")
    if layer.endswith("()"):  # a function of the network, or whatever stands in for it
        where = f"{method}()" if method else layer
    else:
        where = layer if method in ("", layer) else f"{layer}.{method}"
    return {**s.evidence, "layer": layer, "quantity": s.quantity, "where": where}
