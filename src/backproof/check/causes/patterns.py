"""Causes that any operation can have: a factor, a sign, zeroed entries, another order, a term more or less."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import permutations

import numpy as np

from backproof.check.causes.case import FITS, Case, Hypothesis, Named
from backproof.protocols import Array


def factor(cases: list[Case]) -> Named | None:
    """The claimed gradient is the right one times a number; which number is settled by the two batch sizes."""
    ratios = [_ratio(case) for case in cases]
    if any(r is None or math.isclose(r, 1.0, rel_tol=1e-5) for r in ratios):
        return None
    found = [float(r) for r in ratios if r is not None]
    counts = [float(case.samples) for case in cases]
    about_loss = not isinstance(cases[0].dout, np.ndarray)
    evidence: dict[str, object] = {"factor": f"{found[0]:.6g}"}

    def is_(values: list[float]) -> bool:
        return all(math.isclose(a, b, rel_tol=1e-5) for a, b in zip(found, values, strict=True))

    if is_([-1.0] * len(found)):
        return Named("wrong-sign", evidence)
    if counts != [1.0] and is_([1 / n for n in counts]):
        cause = "averaged-twice" if about_loss else "averaged-instead-of-summed"
        return Named(cause, {"factor": f"1/N = 1/{counts[0]:g}"})
    if is_(counts):
        return Named("missing-batch-mean", {"factor": f"N = {counts[0]:g}"})
    for words, values in _counts(cases):
        if is_(values):
            return Named("wrong-factor", {"factor": words})
    if len(found) == 1 or math.isclose(found[0], found[1], rel_tol=1e-5):
        return Named("wrong-factor", evidence)
    return None


def hypotheses(case: Case) -> Iterator[Hypothesis]:
    """Arrays made from the right gradient itself, where every entry of it is known."""
    right = case.whole
    if right is None:
        return
    yield from _rows(case, right)
    yield from _orders(case, right)
    yield from _terms(case, right)


def _rows(case: Case, right: Array) -> Iterator[Hypothesis]:
    claimed = case.claimed
    if not claimed.any():
        yield Hypothesis("entries-zeroed", np.zeros_like(right))
        return
    if right.ndim and len(right) > 1:
        for row in (0, -1):
            only = np.zeros_like(right)
            only[row] = right[row]
            yield Hypothesis("one-row-only", only)
            yield Hypothesis("one-row-only", np.broadcast_to(right[row], right.shape))
    kept = np.where(claimed == 0, 0.0, right)
    if (claimed == 0).any() and not np.array_equal(kept, right):
        yield Hypothesis("entries-zeroed", kept)
    yield Hypothesis("sum-without-axis", np.full_like(right, right.sum()))
    if right.ndim > 1:
        for axis in range(right.ndim):
            total = right.sum(axis=axis, keepdims=True)
            yield Hypothesis("wrong-axis", np.broadcast_to(total, right.shape))
            yield Hypothesis("averaged-instead-of-summed", np.broadcast_to(total / right.shape[axis], right.shape))


def _orders(case: Case, right: Array) -> Iterator[Hypothesis]:
    if right.ndim == 2 and right.shape[0] == right.shape[1]:
        yield Hypothesis("transposed", right.T)
    if right.ndim == 4:
        yield Hypothesis("kernel-flipped", right[:, :, ::-1, ::-1])
        for order in permutations(range(4)):
            moved = right.transpose(order)
            if moved.shape != right.shape:
                yield Hypothesis("order-not-restored", moved.reshape(right.shape))
            elif order != (0, 1, 2, 3):
                yield Hypothesis("axes-permuted", moved)
    if right.ndim:
        for axis in range(right.ndim):
            yield Hypothesis("order-not-restored", np.flip(right, axis))
    if right.size > 2:
        # The same numbers in another order: each taken as the claimed one nearest to it in rank.
        ranked = np.empty(right.size)
        ranked[np.argsort(case.claimed, axis=None, kind="stable")] = np.sort(right, axis=None)
        yield Hypothesis("order-not-restored", ranked.reshape(right.shape))


def _terms(case: Case, right: Array) -> Iterator[Hypothesis]:
    """The right gradient plus or minus something known: the incoming gradient, a share of the array itself."""
    if isinstance(case.dout, np.ndarray) and case.dout.shape == right.shape:
        yield Hypothesis("branch-forgotten", right - case.dout)
        yield Hypothesis("extra-term", right + case.dout)
    rest, target = case.claimed - right, case.target.reshape(right.shape)
    if case.quantity == "dx":
        yield from _by_the_update(case.x, right, rest)
    elif target.any():
        share = float(np.vdot(target, rest) / np.vdot(target, target))
        if abs(share) > FITS:
            yield Hypothesis("regulariser-missing", right + share * target)
    yield Hypothesis("extra-term", right + float(rest.mean()))


def _by_the_update(x: Array, right: Array, rest: Array) -> Iterator[Hypothesis]:
    """dx by the weights W - η xᵀ dz that backward has just updated: dz Wᵀ - η (dz dzᵀ) x, for samples in rows."""
    if x.shape != right.shape or x.ndim > 2 or not x.any():
        return
    for turned in (False, True):  # samples in columns
        rows, off = (
            (np.atleast_2d(x).T, np.atleast_2d(rest).T) if turned else (np.atleast_2d(x), np.atleast_2d(rest))
        )
        n = len(rows)
        if n * (n + 1) // 2 >= rows.size:  # any difference is such a product
            continue
        i, j = np.triu_indices(n)
        basis = np.zeros((len(i), *rows.shape))
        basis[np.arange(len(i)), i] = rows[j]
        basis[np.arange(len(i)), j] = rows[i]
        found, *_ = np.linalg.lstsq(basis.reshape(len(i), -1).T, off.ravel(), rcond=None)
        products = np.zeros((n, n))  # - η dz dzᵀ: symmetric and not positive
        products[i, j] = products[j, i] = found
        moved = products @ rows
        if np.vdot(moved, rows) < 0:
            yield Hypothesis(
                "weights-already-updated", right + (moved.T if turned else moved).reshape(right.shape)
            )


def _counts(cases: list[Case]) -> Iterator[tuple[str, list[float]]]:
    """Numbers of things that a factor may come from, by name, for each case."""
    for words, sizes in (
        ("the number of classes or features", [c.y.shape[-1] if c.y.ndim else c.x.shape[-1] for c in cases]),
        ("the number of input features", [c.x.shape[-1] if c.x.ndim else 1 for c in cases]),
        ("N times the features", [c.x.size for c in cases]),
        ("the number of entries of the output", [c.y.size for c in cases]),
        ("height times width", [math.prod(c.x.shape[2:]) for c in cases]),
        ("N times height times width", [c.samples * math.prod(c.x.shape[2:]) for c in cases]),
    ):
        if min(sizes) > 1:
            yield words, [float(s) for s in sizes]
            yield f"1 / {words}", [1 / s for s in sizes]
            yield f"N / {words}", [c.samples / s for c, s in zip(cases, sizes, strict=True)]
            yield f"{words} / N", [s / c.samples for c, s in zip(cases, sizes, strict=True)]


def _ratio(case: Case) -> float | None:
    claimed, right = case.at(case.claimed), case.numeric
    norm = float(np.vdot(right, right))
    if not norm or not claimed.any():
        return None
    ratio = float(np.vdot(right, claimed)) / norm
    size = float(np.abs(claimed).max())
    return ratio if float(np.abs(ratio * right - claimed).max()) <= 20 * FITS * size else None
