"""A suspicion becomes a finding: with its code, its place, its words and a mend."""

from __future__ import annotations

import inspect
from typing import Any

from backproof import messages
from backproof.check import locate, mends
from backproof.check.catalogue import code
from backproof.check.suspicion import Suspicion
from backproof.findings import Finding


def finding(s: Suspicion) -> Finding:
    """The suspicion as a finding; a layer without a name of its own goes by its class."""
    layer = s.layer.partition(" (")[0]
    if inspect.isfunction(s.at) and s.at.__name__ != "__init__" and not layer.endswith("()"):
        layer = s.at.__name__  # of a pair of functions: the one at fault
    number = code(s.kind, s.cause)
    file, line = locate.place(s.at)
    evidence = dict(s.evidence)
    spots = locate.spots(s.at, s.kind, s.quantity, s.cause, evidence, s.error)
    if spots:
        first, *others = spots
        file, line = first.file, first.line
        evidence |= {"expression": first.expression, "columns": list(first.columns)}
        if others:
            evidence["see also"] = [{"line": o.line, "expression": o.expression} for o in others]
        mended = [(spot.line, new) for spot in spots if (new := mends.mended(s.cause, spot))]
        if mended:
            evidence["mend"] = [{"line": number, "source": text} for number, text in mended]
    fields = fields_of(s, layer)
    message = messages.sentence("What is wrong", number, s.cause, fields) or s.message
    return Finding(number, s.kind, layer, s.quantity, s.cause, message, file, line, evidence)


def fields_of(s: Suspicion, layer: str) -> dict[str, Any]:
    """What the sentences of a page may speak of."""
    method = getattr(s.at, "__name__", "")
    where = layer if not method or layer in (method, f"{method}()") else f"{layer}.{method}"
    return {**s.evidence, "layer": layer, "quantity": s.quantity, "where": where, "said": s.message}
