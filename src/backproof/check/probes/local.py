"""Is one operation right by itself? Its vector-Jacobian product, its manners and what its name promises.

The operation runs alone on a given input with a random upstream gradient (never ones: those pass cancelling
errors), dx and each parameter apart.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from backproof.check import kinds
from backproof.check.causes import shapes
from backproof.check.causes.case import ENTRIES, Case, measured
from backproof.check.directions import Directions
from backproof.check.kinds import losses
from backproof.check.kinds.judgement import Judgement
from backproof.check.probes.precision import staircase
from backproof.check.quantities import comes_from_above
from backproof.check.suspicion import Suspicion
from backproof.check.undefined import lacks_what_others_give, undefined
from backproof.check.values import VERY_LARGE, few
from backproof.check.verdict import ENTRIES_AT_MOST, NEGLIGIBLE, Comparison, Probe, compare, to_verdict
from backproof.findings import Verdict
from backproof.protocols import Array
from backproof.subjects.definitions import describe
from backproof.subjects.recording import changed, copied
from backproof.subjects.signatures import parameters
from backproof.subjects.subject import Operation

_OURS = str(Path(__file__).parents[2])
SCORES_BELOW = 4.0  # e⁴ : 1 between two classes; beyond, a softmax hides its own errors
SAMPLED = 50_000  # entries of such a one that tell whether two are the same


@dataclass
class Examination:
    """What one look at an operation at one point gave."""

    operation: Operation
    samples: int
    verdicts: list[Verdict] = field(default_factory=list)
    comparisons: dict[str, Comparison] = field(default_factory=dict)
    gradients: dict[str, Array] = field(default_factory=dict)  # of a loss
    cases: dict[str, Case] = field(default_factory=dict)  # of the quantities that disagree
    suspicions: list[Suspicion] = field(default_factory=list)
    judgement: Judgement | None = None
    inputs: tuple[Array, ...] = ()
    stochastic: bool = False
    evaluations: int = 0

    def forgive(self, quantity: str) -> None:
        """Count a disagreement as negligible: it has an innocent reason."""
        comparison = self.comparisons[quantity]
        comparison.relative = min(comparison.relative, NEGLIGIBLE)
        self.verdicts = [
            v if v.quantity != quantity else to_verdict(comparison, v.layer, quantity, v.point, v.samples)
            for v in self.verdicts
        ]

    @property
    def disagreeing(self) -> list[str]:
        return [quantity for quantity, c in self.comparisons.items() if c.fault]


@dataclass
class Looks:
    """All examinations of one operation."""

    operation: Operation
    all: list[Examination] = field(default_factory=list)
    suspicions: list[Suspicion] = field(default_factory=list)

    @property
    def faulty(self) -> set[str]:
        """Quantities found wrong by a backward that does not fit its forward."""
        return {s.quantity for s in self.suspicions if s.is_fault}


def examine(
    operation: Operation,
    draws: Directions,
    hold_random: Callable[[], None],
    *,
    samples: int,
    directions: int,
    entries_at_most: int = ENTRIES_AT_MOST,
    manners: bool = True,
    only: set[str] | None = None,
) -> Examination:
    """Examine the operation at its input `operation.x`.

    hold_random: puts every random generator back, called before each forward of a stochastic operation.
    manners: ask the questions that need asking only once, too (writes, repeats, what the name promises).
    only: the quantities to compare; None for all.
    """
    look, rng = Examination(operation, samples), draws.rng
    say = look.suspicions.append
    xs = look.inputs = tuple(_moderate(x, operation.is_loss, rng) for x in operation.x)
    operation.x = xs
    x0 = xs[0] if xs else np.empty(0)  # of a table that is looked up, whose input has no gradient

    given_x: list[Array] = []  # of the last call

    def forward() -> Any:
        if look.stochastic:
            hold_random()
        look.evaluations += 1
        given_x[:] = [x.copy() for x in xs]
        return operation.forward(*given_x)

    try:
        y = copied(forward())
        wrote_x = any(changed(now, before) for now, before in zip(given_x, xs, strict=True))
        if not _same(y, forward()):
            look.stochastic = True
            if not _same(forward(), forward()):
                say(_cannot_hold_still(operation))
                return look
            y = copied(forward())
    except Exception as error:
        say(raised(operation, "forward", error))
        return look
    if not _numeric(y):
        say(_no_output(operation, y))
        return look
    if manners:
        look.suspicions += _input_manners(operation, wrote_x, y)
    y = np.asarray(y)

    dout: Any = 1.0 if operation.is_loss else rng.standard_normal(y.shape)
    if y.ndim == 0 and not operation.is_loss:
        dout = float(dout)
    given = copied(dout)
    if operation.backward is None:
        look.judgement = _judge(operation, rng, hold_random if look.stochastic else None)
        return look
    held = _held(operation) if manners else {}
    try:
        gradients = {name: _kept(value) for name, value in operation.backward(given).items()}
        if manners:
            wrote = isinstance(given, np.ndarray) and changed(given, dout)
            look.suspicions += _upstream_manners(operation, wrote)
            first = _sampled(gradients)
            gradients = {name: value for name, value in gradients.items() if np.size(value) <= VERY_LARGE}
            after = forward()
            if not look.stochastic and not _same(after, y):
                changed_by_backward = _what_changed(operation, held, y, forward)
                if changed_by_backward:
                    say(_updates(operation, changed_by_backward))
                    return look
            again = operation.backward(copied(dout))
            gradients |= {name: value for name, value in again.items() if np.size(value) > VERY_LARGE}
            second = _sampled(again)
            del again  # two gradients of a very large array would count
            if _changing(first, second):
                forward()
                third = _sampled(operation.backward(copied(dout)))
                look.suspicions += _repeats(operation, first, second, third)
    except Exception as error:
        look.judgement = _judge(operation, rng, hold_random if look.stochastic else None) if manners else None
        if look.judgement is None or look.judgement.right:
            say(raised(operation, "backward", error))
        else:  # a forward that is another than its name says gives backward what it cannot use
            look.judgement.tentative = False
        return look

    arrays = {f"d{name}": x for name, x in zip(operation.inputs, xs, strict=True)}
    arrays |= {f"d{name}": array for name, array in operation.parameters().items()}
    cotangent = np.ones(1) if operation.is_loss else np.asarray(dout, dtype=np.float64).reshape(-1)

    def evaluate() -> Array:
        return np.array(forward(), dtype=np.float64).reshape(-1)  # a copy: it may answer with the same array again

    here = y.astype(np.float64).reshape(-1)
    if manners:
        look.judgement = _judge(operation, rng, hold_random if look.stochastic else None)
        if not look.stochastic and not any(s.kind == "dtype" for s in look.suspicions):
            look.suspicions += staircase(operation, xs, here, evaluate, rng)
        if any(s.kind == "dtype" for s in look.suspicions):
            look.judgement = None  # what is rounded away is not the formula's fault
    for quantity, array in arrays.items():
        if (only is not None and quantity not in only) or quantity not in gradients:
            continue  # what backward leaves out is not meant to be; None is missing
        wrong = _unusable(operation, quantity, gradients.get(quantity), array)
        if wrong is not None:
            if wrong.cause == "wrong-shape" and array.size <= ENTRIES:
                _, right = measured(Probe(array, evaluate, cotangent), rng)
                named = shapes.name(gradients[quantity], right.reshape(array.shape), x0, dout)
                wrong.cause, wrong.evidence = named.cause, named.evidence
            say(wrong)
            continue
        gradient = np.asarray(gradients[quantity])
        truth_values = gradient.dtype.kind == "b"
        if gradient.dtype.kind in "biu":
            gradient = gradient.astype(np.float64)
        if operation.is_loss:
            look.gradients[quantity] = gradient
        probe = Probe(array, evaluate, cotangent, here=here)
        comparison = compare(
            probe, gradient.reshape(array.shape), draws, directions=directions, entries_at_most=entries_at_most
        )
        look.comparisons[quantity] = comparison
        if comparison.fault:
            positions, numeric = measured(probe, rng)
            kept = {n: p.copy() for n, p in operation.parameters().items() if p.size <= VERY_LARGE}
            look.cases[quantity] = Case(
                quantity,
                "",
                samples,
                np.array(gradient, dtype=np.float64).reshape(array.shape),
                positions,
                numeric,
                x0,
                np.asarray(y, dtype=np.float64),
                dout,
                array.copy(),
                kept,
                labels=losses.labels_of(operation, x0.shape),
                truth_values=truth_values,
            )
        look.verdicts.append(to_verdict(comparison, operation.name, quantity, "generic", samples))
    return look


def _wants_axes(operation: Operation, own: list[traceback.FrameSummary]) -> bool:
    """Whether it raised in reading an axis that what it was given does not have: `dout.shape[2]` of two axes."""
    back = operation.source.get("backward")
    taken = [name for name in parameters(back) if name != "self"] if back is not None else []
    return bool(taken) and re.search(rf"\b{taken[0]}\.shape\[[2-9]\]", own[-1].line or "") is not None


def raised(operation: Operation, method: str, error: BaseException) -> Suspicion:
    """A method of the user's that raised: a fault where Python stumbled, a refusal where it says `raise`.

    Of a forward only what no input can mend is a fault: names that are nowhere defined, or gone from NumPy.
    """
    frames = traceback.extract_tb(error.__traceback__)
    # One's own functions are those outside of installed packages; the last of them is where it happened.
    own = [f for f in frames if "site-packages" not in f.filename and not f.filename.startswith(_OURS)]
    deliberate = bool(own) and (own[-1].line or "").lstrip().startswith("raise")
    removed = isinstance(error, AttributeError) and "module 'numpy' has no attribute" in str(error)
    stumbled = isinstance(error, (TypeError, AttributeError, NameError, IndexError, KeyError, ValueError))
    # Raised by our own call, outside of any function of theirs, it was called as it is not meant to be.
    theirs = method == "backward" and stumbled and bool(own) and not deliberate and not _wants_axes(operation, own)
    theirs = theirs and not (isinstance(error, AttributeError) and lacks_what_others_give(error))
    fault = removed or bool(undefined(error)) or theirs
    evidence: dict[str, Any] = {"error": describe(error)}
    if own:
        evidence |= {"raised in": own[-1].filename, "raised at line": own[-1].lineno, "raised by": own[-1].line}
    return Suspicion(
        kind=(method if fault else "uncheckable"),  # type: ignore[arg-type]
        layer=operation.name,
        quantity="output" if method == "forward" else "dx",
        cause="removed-numpy-name" if removed else "raises",
        at=operation.source.get(method),
        evidence=evidence,
        error=error,
    )


def _moderate(x: Array, is_loss: bool, rng: np.random.Generator) -> Array:
    """The input, or noise of its shape where it is not finite; scores for a loss that saturate nothing."""
    if not np.all(np.isfinite(x)):
        return rng.standard_normal(x.shape)
    if is_loss and x.size > 1 and float(np.abs(x).max()) > SCORES_BELOW:
        return x * (SCORES_BELOW / float(np.abs(x).max()))
    return x.copy()


def _judge(
    operation: Operation, rng: np.random.Generator, hold_random: Callable[[], None] | None
) -> Judgement | None:
    if hold_random is not None:
        hold_random()
    try:
        with np.errstate(all="ignore"):
            return kinds.judge(operation, rng)
    except Exception:  # the reference's input was not to the operation's taste: nothing is said about it
        return None


def _same(a: Any, b: Any) -> bool:
    if not (_numeric(a) and _numeric(b)):
        return True
    return bool(np.array_equal(a, b, equal_nan=True))


def _numeric(value: Any) -> bool:
    return np.asarray(value).dtype.kind in "fiub"


def _kept(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value if value.size > VERY_LARGE else value.copy()
    return value


def _sampled(gradients: dict[str, Any]) -> dict[str, Any]:
    """Copies; of a very large array, entries spread all over it."""
    large = {n: v for n, v in gradients.items() if isinstance(v, np.ndarray) and v.size > VERY_LARGE}
    small = {n: copied(v) for n, v in gradients.items() if n not in large}
    return small | {n: v.reshape(-1)[:: v.size // SAMPLED + 1].copy() for n, v in large.items()}


def _no_output(operation: Operation, y: Any) -> Suspicion:
    return Suspicion(
        "uncheckable",
        operation.name,
        "output",
        "no-output",
        operation.source.get("forward"),
        {"returned": type(y).__name__},
    )


def _cannot_hold_still(operation: Operation) -> Suspicion:
    return Suspicion(
        "uncheckable",
        operation.name,
        "output",
        "not-repeatable",
        operation.source.get("forward"),
    )


def _input_manners(operation: Operation, wrote: bool, y: Any) -> list[Suspicion]:
    """Does forward write into what it was given, or compute in a type that loses digits?"""
    found = []
    if wrote:
        found.append(
            Suspicion(
                "state",
                operation.name,
                "x",
                "writes-into-input",
                operation.source.get("forward"),
            )
        )
    dtype = np.asarray(y).dtype
    if dtype == np.float16:
        found.append(
            Suspicion(
                "dtype",
                operation.name,
                "output",
                "float16-inside",
                operation.source.get("forward"),
                {"input": "float64", "output": "float16"},
            )
        )
    return found


def _held(operation: Operation) -> dict[str, tuple[Array, Array]]:
    """The float arrays of the layer by attribute, each with a copy; very large ones are left out."""
    attributes = getattr(operation.owner, "__dict__", {})
    arrays = {n: a for n, a in attributes.items() if isinstance(a, np.ndarray) and a.dtype.kind == "f"}
    return {n: (a, a.copy()) for n, a in arrays.items() if a.size <= VERY_LARGE}


def _what_changed(
    operation: Operation, held: dict[str, tuple[Array, Array]], y: Any, forward: Callable[[], Any]
) -> str:
    """The attribute that backward changed and that forward reads; "" where putting none back gives y again."""
    for name, (array, values) in held.items():
        now = getattr(operation.owner, name, None)
        if now is array and np.array_equal(array, values, equal_nan=True):
            continue
        array[...] = values
        setattr(operation.owner, name, array)
        if _same(forward(), y):
            return name
    return ""


def _updates(operation: Operation, name: str) -> Suspicion:
    at = operation.source.get("backward")
    return Suspicion("state", operation.name, name, "updates-parameters", at)


def _upstream_manners(operation: Operation, wrote: bool) -> list[Suspicion]:
    if not wrote:
        return []
    return [
        Suspicion(
            "note",
            operation.name,
            "dout",
            "writes-into-dout",
            operation.source.get("backward"),
        )
    ]


def _changing(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """The quantities that the same forward and backward left otherwise at the second call."""
    found = []
    for quantity, a in first.items():
        b = second.get(quantity)
        if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)) or a is b or a.shape != b.shape:
            continue
        if not (np.array_equal(a, b, equal_nan=True) or np.allclose(a, b, rtol=1e-9, atol=0, equal_nan=True)):
            found.append(quantity)
    return found


def _repeats(
    operation: Operation, first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> list[Suspicion]:
    """What leaves another gradient at each call: one that grows by the same amount adds where it should set."""
    quantity = _changing(first, second)[0]
    a, b, c = (gradients[quantity] for gradients in (first, second, third))
    grows = bool(np.allclose(c - b, b - a, rtol=1e-6, atol=1e-9 * float(np.abs(b).max())))
    return [
        Suspicion(
            "state",
            operation.name,
            quantity,
            "accumulates" if grows else "depends-on-earlier-calls",
            operation.source.get("backward"),
            {"first call": few(a), "second call": few(b)},
        )
    ]


def _unusable(operation: Operation, quantity: str, gradient: Any, array: Array) -> Suspicion | None:
    """A gradient that is missing, of another shape or of a type that loses digits; None where it is usable."""

    def suspicion(kind: Any, cause: str, **evidence: Any) -> Suspicion:
        return Suspicion(
            kind,
            operation.name,
            quantity,
            cause,
            operation.source.get("backward"),
            {"expected shape": list(array.shape)} | evidence,
        )

    if gradient is None:
        return suspicion("backward", "gradient-missing")
    gradient = np.asarray(gradient)
    if gradient.dtype.kind not in "fiub":
        return suspicion("backward", "not-a-number-array", dtype=str(gradient.dtype))
    if gradient.size == 1 and array.size > 1:
        return suspicion("backward", "sum-without-axis")
    same_size = gradient.size == array.size and _squeezed(gradient.shape) == _squeezed(array.shape)
    if not same_size:
        return suspicion("backward", "wrong-shape", shape=list(gradient.shape))
    whole = gradient.dtype.kind in "iu" and comes_from_above(operation.source.get("backward"), quantity)
    if gradient.dtype == np.float16 or whole:
        cause = "float16-inside" if gradient.dtype == np.float16 else "integer-gradient"
        return suspicion("dtype", cause, dtype=str(gradient.dtype))
    return None


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)
