"""Batch and layer normalisation: γ (x − mean) / √(variance + ε) + β."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from backproof.check.kinds.judgement import Judgement, close, modest, named, output
from backproof.check.values import few
from backproof.protocols import Array
from backproof.subjects.subject import Operation

LOOSE = 5e-3  # room for the ε under the root


def judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    """Batch normalisation as in training, or layer normalisation."""
    return modest(_judge(operation, rng), operation, "batch|bn|ln|layer|norm|ali[sz](?:e|ation)|spatial")


def _judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    if operation.is_loss or len(operation.x) != 1:
        return None
    batch = named(operation, r"batch_?norm|^bn\d*$|^bn_", r"relu|affine|conv")
    if not batch and not named(operation, r"layer_?norm|^ln\d*$|^ln_", r"relu|affine|conv"):
        return None
    x = rng.normal(0.5, 2.0, operation.x[0].shape)
    y = output(operation, x)
    if len(x) < 2:
        return None
    kind = "batch normalisation" if batch else "layer normalisation"
    if y.shape != x.shape:
        evidence: dict[str, object] = {"shape": list(y.shape), "expected shape": list(x.shape)}
        return Judgement(kind, False, f"not-{kind.replace(' ', '-')}", evidence, batch, tentative=True)
    if batch and close(y[0], output(operation, np.concatenate([x[:1], 3 * x[1:]]))[0], 1e-9):
        return Judgement(kind, True, mixes_samples=True)  # running statistics: the mode for prediction
    axes: list[tuple[int, ...]] = [(0,), (0, 2, 3)] if batch else [(-1,), tuple(range(1, x.ndim))]
    nearest: Array | None = None
    for axis in axes:
        if max(axis) >= x.ndim:
            continue
        centred = x - x.mean(axis=axis, keepdims=True)
        for ddof in (0, 1):
            deviation = x.std(axis=axis, keepdims=True, ddof=ddof)
            for gamma, beta in _scales(operation, x):
                if close(y, gamma * centred / deviation + beta, LOOSE):
                    return Judgement(kind, True, mixes_samples=batch)
                if ddof == 1:
                    continue
                nearest = gamma * centred / deviation + beta if nearest is None else nearest
                for cause, mistake in {
                    "variance-without-root": gamma * centred / deviation**2 + beta,
                    "not-divided-by-deviation": gamma * centred + beta,
                    "mean-not-subtracted": gamma * x / deviation + beta,
                    "beta-forgotten": gamma * centred / deviation,
                    "gamma-forgotten": centred / deviation + beta,
                }.items():
                    if close(y, mistake, LOOSE):
                        return Judgement(kind, False, cause, _compared(y, nearest), mixes_samples=batch)
    if nearest is None:
        return None
    for cause, statistics, value in _other_axes(x, axes[0]):
        if any(close(y, gamma * value + beta, LOOSE) for gamma, beta in _scales(operation, x)):
            return Judgement(kind, False, cause, _compared(y, nearest) | {"statistics": statistics})
    cause = f"not-{kind.replace(' ', '-')}"
    return Judgement(kind, False, cause, _compared(y, nearest), mixes_samples=batch)


def _other_axes(x: Array, right: tuple[int, ...]) -> Iterator[tuple[str, str, Array]]:
    """(cause, what is wrong, normalised x) with the mean, the variance or both taken over other axes."""
    every = tuple(range(x.ndim))
    own = tuple(sorted(i % x.ndim for i in right))
    for axis in (axes for n in every for axes in combinations(every, n + 1)):
        if axis == own:
            continue
        cause = "sum-without-axis" if axis == every else "wrong-axis"
        for mean_axis, variance_axis, which in (
            (own, axis, "the variance"),
            (axis, own, "the mean"),
            (axis, axis, "mean and variance"),
        ):
            centred = x - x.mean(axis=mean_axis, keepdims=True)
            deviation = np.sqrt((centred**2).mean(axis=variance_axis, keepdims=True))
            yield cause, which, centred / deviation


def _scales(operation: Operation, x: Array) -> list[tuple[Array | float, Array | float]]:
    """(γ, β) shaped to broadcast against x; (1, 0) for a layer without them."""
    parameters = operation.parameters()
    if not parameters:
        return [(1.0, 0.0)]
    pairs: list[tuple[Array | float, Array | float]] = []
    by_name = sorted(parameters, key=lambda name: name.lower().lstrip("_").startswith("b"))
    if len(by_name) == 2:
        shapes: set[tuple[int, ...]] = {
            (1, -1, *(1,) * (x.ndim - 2)),
            (1, *x.shape[1:]),
            (1,) * (x.ndim - 1) + (-1,),
        }
        for shape in shapes:
            try:
                gamma, beta = (parameters[name].reshape(shape) for name in by_name)
                np.broadcast_shapes(gamma.shape, x.shape)
            except ValueError:
                continue
            pairs.append((gamma, beta))
    return pairs


def _compared(y: Array, expected: Array) -> dict[str, object]:
    return {"output": few(y), "expected": few(expected)}
