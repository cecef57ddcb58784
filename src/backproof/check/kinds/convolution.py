"""Convolution and pooling over images (N, C, H, W); dropout and flatten, which move values without mixing them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product

import numpy as np

from backproof.check.kinds.judgement import Judgement, close, modest, named, output
from backproof.check.values import few
from backproof.protocols import Array
from backproof.subjects.subject import Operation


def judge(operation: Operation, rng: np.random.Generator) -> Judgement | None:
    """A convolution or pooling with any stride and padding that explain the output's shape."""
    if operation.is_loss or len(operation.x) != 1:
        return None
    x = operation.x[0]
    if named(operation, r"dropout"):
        return modest(_judge_dropout(operation, x), operation, "drop|out")
    if named(operation, r"flatten") and x.ndim > 2:
        y = output(operation, x)
        in_rows = y.shape == (len(x), x[0].size)  # it may give columns
        right = in_rows and np.array_equal(np.sort(y, axis=1), np.sort(x.reshape(len(x), -1), axis=1))
        return Judgement("flatten", right, "not-flatten", {"shape": list(y.shape)}, tentative=not in_rows)
    if x.ndim != 4:
        return None
    if named(operation, r"conv", r"trans|deconv|relu|pool"):
        return modest(_judge_convolution(operation, x), operation, "conv|olution|al")
    if named(operation, r"pool", r"conv|relu|global|adaptive"):
        return modest(_judge_pooling(operation, x), operation, "pool|ing|max|av[eg]|erage|mean")
    return None


def _judge_convolution(operation: Operation, x: Array) -> Judgement | None:
    parameters = list(operation.parameters().values())
    W = next((p for p in parameters if p.ndim == 4), None)
    b = next((p for p in parameters if W is not None and p.size == W.shape[0]), None)
    y = output(operation, x)
    if W is None or y.ndim != 4 or W.shape[1] != x.shape[1] or y.shape[:2] != (len(x), W.shape[0]):
        return None
    bias = 0.0 if b is None else b.reshape(1, -1, 1, 1)
    nearest: Array | None = None
    for stride, pad in product(range(1, 5), range(5)):
        windows = _windows(x, W.shape[2:], stride, pad)
        if windows is None or windows.shape[2:4] != y.shape[2:]:
            continue
        value = np.einsum("nchwij,fcij->nfhw", windows, W)
        nearest = value + bias
        if close(y, value + bias):
            return Judgement("convolution", True)
        flipped = np.einsum("nchwij,fcij->nfhw", windows, W[:, :, ::-1, ::-1])
        if close(y, flipped + bias):
            return Judgement("convolution", True)  # the mathematician's convolution: a choice, not a fault
        if b is not None and close(y, value):
            return Judgement("convolution", False, "convolution-without-bias", _compared(y, value + bias))
        if close(y[0], (value + bias)[0]):
            return Judgement("convolution", False, "first-row-only", _compared(y, value + bias))
        if any(close(y, other + bias) for other in _reordered(windows, W)):
            return Judgement("convolution", False, "axes-permuted", _compared(y, value + bias))
        if _same_numbers(y, value + bias):
            return Judgement("convolution", False, "order-not-restored", _compared(y, value + bias))
    if nearest is None:
        return None
    return Judgement("convolution", False, "not-convolution", _compared(y, nearest), tentative=True)


def _judge_pooling(operation: Operation, x: Array) -> Judgement | None:
    y = output(operation, x)
    average = named(operation, r"av[eg]|mean")
    either = not average and not named(operation, r"max")
    if y.size == x.shape[0] * x.shape[1] and y.ndim == 2 and not either:  # over the whole image
        expected = x.mean(axis=(2, 3)) if average else x.max(axis=(2, 3))
        right = close(y.reshape(expected.shape), expected)
        return Judgement("pooling", right, "not-pooling", _compared(y, expected), tentative=True)
    if y.ndim != 4 or y.shape[:2] != x.shape[:2]:
        return None
    nearest: Array | None = None
    for height, width, stride, pad in product(range(1, 6), range(1, 6), range(1, 6), range(2)):
        windows = _windows(x, (height, width), stride, pad)
        if windows is None or windows.shape[2:4] != y.shape[2:] or height * width == 1:
            continue
        largest, mean = windows.max(axis=(4, 5)), windows.mean(axis=(4, 5))
        if close(y, mean if average else largest) or (either and close(y, mean)):
            return Judgement("pooling", True)
        nearest = mean if average else largest
        if close(y, largest if average else mean):
            return Judgement("pooling", False, "max-and-mean-confused", _compared(y, nearest))
        if close(y, windows.min(axis=(4, 5))):
            return Judgement("pooling", False, "minimum-taken", _compared(y, nearest))
        if _same_numbers(y, nearest):
            return Judgement("pooling", False, "order-not-restored", _compared(y, nearest))
    if nearest is None:
        return None
    return Judgement("pooling", False, "not-pooling", _compared(y, nearest), tentative=True)


def _reordered(windows: Array, W: Array) -> Iterator[Array]:
    """The convolution of windows (N, C, H, W, FH, FW) whose channel and two window axes stand in another order."""
    rows = windows.transpose(0, 2, 3, 1, 4, 5)
    for order in list(permutations((3, 4, 5)))[1:]:
        columns = rows.transpose(0, 1, 2, *order).reshape(*rows.shape[:3], -1)
        yield np.einsum("nhwk,fk->nfhw", columns, W.reshape(len(W), -1))


def _same_numbers(y: Array, expected: Array) -> bool:
    """Whether y holds the expected numbers, in another order."""
    return y.size > 1 and y.size == expected.size and close(np.sort(y, axis=None), np.sort(expected, axis=None))


def _judge_dropout(operation: Operation, x: Array) -> Judgement | None:
    x = np.where(x == 0, 1.0, x)
    ratio = output(operation, x) / x
    kept = ratio[np.abs(ratio) > 1e-12]
    constant = bool(kept.size == 0 or np.ptp(kept) <= 1e-9 * abs(float(kept.max())))
    if constant and kept.size and not _usual_scale(operation, float(kept[0])):
        return Judgement("dropout", False, "not-dropout", {"output / input": few(ratio)}, tentative=True)
    return Judgement("dropout", constant, "not-dropout", {"output / input": few(ratio)})


def _usual_scale(operation: Operation, scale: float) -> bool:
    """1, or 1 over a rate that the layer holds, of dropping or of keeping."""
    held = vars(operation.owner).values() if hasattr(operation.owner, "__dict__") else ()
    rates = [float(v) for v in held if isinstance(v, float) and 0 < v < 1] or [0.5]
    return any(abs(scale - usual) < 1e-9 for r in rates for usual in (1.0, 1 / r, 1 / (1 - r), r, 1 - r))


def _windows(x: Array, size: tuple[int, ...], stride: int, pad: int) -> Array | None:
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    if padded.shape[2] < size[0] or padded.shape[3] < size[1]:
        return None
    view = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(2, 3))
    strided: Array = view[:, :, ::stride, ::stride]
    return strided


def _compared(y: Array, expected: Array) -> dict[str, object]:
    return {"output": few(y), "expected": few(expected)}
