"""What the questions raise, as suspicions: which layer, which quantity, which cause, with the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backproof.check import causes, locate
from backproof.check.kinds.judgement import Judgement
from backproof.check.probes.local import Looks, raised
from backproof.check.quantities import comes_from_above
from backproof.check.suspicion import Suspicion
from backproof.check.trail import Trail
from backproof.check.verdict import Comparison
from backproof.findings import Kind, Report
from backproof.protocols import Array
from backproof.subjects.argument_roles import role
from backproof.subjects.definitions import describe
from backproof.subjects.recording import Call
from backproof.subjects.subject import Layerlike, Network, Operation


def broken(layer: Any, call: Call) -> Operation:
    methods = {m: getattr(layer, m) for m in ("forward", "backward")}
    return Operation(call.layer, layer.forward, None, dict, owner=layer, source=methods)


def only_in_company(layer: Any, call: Call, error: Exception) -> Suspicion:
    return Suspicion(
        "uncheckable",
        call.layer,
        "output",
        "not-repeatable",
        layer.forward,
        {"raised alone": describe(error)},
        error=error,
    )


def not_run(subject: Layerlike, error: Exception) -> Suspicion:
    """It raised on the input that it was tried with, before anything could be asked."""
    forward = getattr(subject.owner, "forward", None)
    source = only(forward=forward)
    return raised(Operation(subject.name, lambda: None, None, dict, source=source), "forward", error)


def wrong_forward(operation: Operation, judgement: Any, wrong: list[str]) -> Suspicion:
    cause = "loss-scale" if judgement.right else judgement.cause
    return Suspicion(
        "forward",
        operation.name,
        "loss" if operation.is_loss else "output",
        cause,
        operation.source.get("forward"),
        {**judgement.evidence, "also wrong": wrong, "agrees with itself": not wrong},
    )


def wrong_backward(
    looks: Looks, wrong: list[str], judgement: Judgement | None, trail: Trail | None
) -> list[Suspicion]:
    """One finding for one layer's backward; the quantity is the first it computes wrongly."""
    quantity = wrong[0]
    comparison = next(look.comparisons[quantity] for look in looks.all if quantity in look.disagreeing)
    operation = looks.operation
    also = [q for q in wrong if q != quantity]
    named = causes.Named("unknown")
    for q in wrong:
        cases = [look.cases[q] for look in looks.all if q in look.cases]
        for case in cases:
            case.kind = judgement.kind if judgement is not None else ""
        named = causes.name(cases)
        if named.cause != "unknown":
            break
    kind: Kind = "backward"
    source = operation.source.get("backward")
    truth_values = any(case.truth_values for look in looks.all for case in look.cases.values())
    if truth_values and named.cause == "ignores-dout" and comes_from_above(source, quantity):
        # dout is written into an array of truth values
        kind, named = "dtype", causes.Named("integer-gradient", {"dtype": "bool"})
    if named.cause == "unknown" and quantity not in looks.all[0].disagreeing:
        kind, named = "state", causes.Named("stale-cache", {"right at first, wrong from call": 2})
    return [
        Suspicion(
            kind,
            operation.name,
            quantity,
            named.cause,
            operation.source.get("backward"),
            figures(comparison, looks, quantity) | named.evidence | ({"also wrong": also} if also else {}),
            begins=trail.first_wrong(wrong) if trail is not None else None,
        )
    ]


def figures(comparison: Comparison, looks: Looks | None = None, quantity: str = "") -> dict[str, Any]:
    """The claimed and the numeric gradient where they differ most; of single entries where these were measured."""
    worst = comparison.worst
    case = next((look.cases[quantity] for look in looks.all if quantity in look.cases), None) if looks else None
    if case is not None and not any(index for index, _, _ in worst):
        claimed = case.at(case.claimed)
        places = np.argsort(-np.abs(claimed - case.numeric), kind="stable")[:5]
        shape = case.claimed.shape
        worst = [
            (
                tuple(int(k) for k in np.unravel_index(case.positions[i], shape)),
                float(claimed[i]),
                float(case.numeric[i]),
            )
            for i in places
        ]
    return {
        "analytic": [float(f"{a:.6g}") for _, a, _ in worst],
        "numeric": [float(f"{n:.6g}") for _, _, n in worst],
        "at": [list(index) for index, _, _ in worst if index],
        "relative difference": float(f"{comparison.relative:.3g}"),
        "tolerance": float(f"{comparison.tolerance:.3g}"),
    }


def disconnected(
    network: Network, names: list[str], copies: Mapping[str, tuple[str, Callable[..., Any] | None]]
) -> Suspicion:
    if not network.layers and role(names[0]) == "bias":  # in one piece, a bias that nothing copies is never added
        at = network.source.get("predict")
        return Suspicion(
            "forward",
            f"{getattr(at, '__name__', 'predict')}()",
            names[0],
            "affine-without-bias",
            at,
            {"disconnected": names},
        )
    layer, at = copies[names[0]]
    if not locate.spots(at, "state", names[0], "parameter-disconnected", {}):
        at = type(network.owner).__init__  # the layer copies nothing: the network gave its params another array
    return Suspicion(
        "state",
        layer,
        names[0],
        "parameter-disconnected",
        at,
        {"disconnected": names},
    )


def updates(layer: str, parameter: str, at: Callable[..., Any] | None) -> Suspicion:
    return Suspicion("state", layer, parameter, "updates-parameters", at)


def rebound(owner: str, quantity: str, names: list[str], layer: Any) -> Suspicion:
    return Suspicion(
        "state",
        owner,
        quantity,
        "gradient-rebound",
        layer.backward,
        {"wrong": names},
    )


def writes(layer: str, quantity: str, at: Callable[..., Any] | None) -> Suspicion:
    return Suspicion("state", layer, quantity, "writes-into-input", at)


def scaled(network: Network) -> Suspicion:
    """A note: all gradients are a multiple of those of the network's own loss."""
    at = network.source.get("gradient")
    return Suspicion("note", "gradient()", "loss", "gradient-scale", at, {"factor": network.scale})


def divided_in_layers(found: list[Suspicion]) -> list[Suspicion]:
    """What layers do by themselves and together is right: the loss leaves 1 / N to those that have weights."""
    faults = [s for s in found if s.is_fault]
    loss = next((s for s in faults if s.cause == "missing-batch-mean"), None)
    rest = [s for s in faults if s is not loss]
    if loss is None or not rest or any(s.cause != "averaged-instead-of-summed" for s in rest):
        return found
    kept = [s for s in found if not s.is_fault]
    return [*kept, Suspicion("note", loss.layer, loss.quantity, "divided-in-layers", loss.at)]


def only(**functions: Callable[..., Any] | None) -> dict[str, Callable[..., Any]]:
    return {name: function for name, function in functions.items() if function is not None}


def dout_shared(operation: Operation, names: list[str]) -> Suspicion:
    return Suspicion(
        "state",
        operation.name,
        "dout",
        "writes-into-dout",
        operation.source.get("backward"),
        {"wrong": names},
    )


def own_point_notes(comparisons: dict[str, Comparison]) -> list[Suspicion]:
    wrong = [name for name, c in comparisons.items() if c.fault]
    if not wrong:
        return []
    return [
        Suspicion(
            "note",
            "gradient()",
            wrong[0],
            "own-point-differs",
            evidence=figures(comparisons[wrong[0]]),
        )
    ]


def undecided(report: Report) -> list[Suspicion]:
    """Quantities of which no comparison gave an answer: what was not proved must not pass."""
    outcomes: dict[tuple[str, str], set[str]] = {}
    for v in report.verdicts:
        outcomes.setdefault((v.layer, v.quantity), set()).add(v.outcome)
    unknown = [key for key, seen in outcomes.items() if seen == {"cannot tell"}]
    if not unknown:
        return []
    layer, quantity = unknown[0]
    names = [f"{q} of {owner}" for owner, q in unknown]
    return [Suspicion("uncheckable", layer, quantity, "cannot-tell", evidence={"undecided": names})]


def no_loss(network: Network, x: Array, t: Array) -> Suspicion | None:
    """`loss` that answers with something else than one number."""
    at = network.source.get("loss")
    try:
        loss = network.loss(x.copy(), t.copy())
    except Exception as error:
        return raised(Operation("loss()", network.loss, None, dict, source=only(forward=at)), "forward", error)
    loss = loss[0] if isinstance(loss, tuple) and loss else loss
    if np.size(loss) == 1 and np.asarray(loss).dtype.kind in "fiub":
        return None
    what = f"an array of shape {np.shape(loss)}" if np.size(loss) != 1 else type(loss).__name__
    return Suspicion("uncheckable", "loss()", "loss", "no-output", at, {"returned": what})
