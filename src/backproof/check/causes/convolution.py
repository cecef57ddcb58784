"""Mistakes in the way back of convolution and pooling over (N, C, H, W)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np

from backproof.check.causes.case import Case, Hypothesis
from backproof.protocols import Array


def hypotheses(case: Case) -> Iterator[Hypothesis]:
    """Overlapping windows overwritten or averaged, the bias summed wrongly, the maximum's gradient spread."""
    if not isinstance(case.dout, np.ndarray) or case.dout.ndim != 4 or case.x.ndim != 4:
        return
    if case.kind == "convolution":
        yield from _convolution(case)
    elif case.kind == "pooling" and case.quantity == "dx":
        yield from _pooling(case)


def _convolution(case: Case) -> Iterator[Hypothesis]:
    dout = case.dout
    W = next((p for p in case.parameters.values() if p.ndim == 4), None)
    if W is None:
        return
    if case.claimed.size == dout.shape[1] and case.quantity != "dx":
        shape = case.claimed.shape
        yield Hypothesis("averaged-instead-of-summed", dout.mean(axis=(0, 2, 3)).reshape(shape))
        yield Hypothesis("sum-without-axis", np.full(shape, dout.sum()))
        yield Hypothesis("one-row-only", dout[0].sum(axis=(1, 2)).reshape(shape))
        yield Hypothesis("wrong-axis", dout.sum(axis=(0, 2, 3))[::-1].reshape(shape))
        return
    if case.quantity != "dx":
        return
    for stride, pad in product(range(1, 4), range(4)):
        if not _matches(case.x.shape, W.shape[2:], dout.shape, stride, pad):
            continue
        columns = np.einsum("nfhw,fcij->ncijhw", dout, W)
        yield Hypothesis("kernel-flipped", _scattered(columns[:, :, ::-1, ::-1], case.x.shape, stride, pad, "add"))
        for way in ("by offset", "by window", "mean"):
            yield Hypothesis("overlaps-overwritten", _scattered(columns, case.x.shape, stride, pad, way))


def _pooling(case: Case) -> Iterator[Hypothesis]:
    dout, x = case.dout, case.x
    for height, width, stride in product(range(1, 5), range(1, 5), range(1, 5)):
        if height * width == 1 or not _matches(x.shape, (height, width), dout.shape, stride, 0):
            continue
        spread = np.broadcast_to(dout[:, :, None, None], (*x.shape[:2], height, width, *dout.shape[2:]))
        yield Hypothesis("pooling-gradient-spread", _scattered(spread, x.shape, stride, 0, "add"))
        yield Hypothesis(
            "pooling-gradient-spread", _scattered(spread / (height * width), x.shape, stride, 0, "add")
        )
        windows = np.lib.stride_tricks.sliding_window_view(x, (height, width), axis=(2, 3))[
            :, :, ::stride, ::stride
        ]
        windows = windows.transpose(0, 1, 4, 5, 2, 3)
        largest = np.where(windows == windows.max(axis=(2, 3), keepdims=True), spread, 0.0)
        smallest = np.where(windows == windows.min(axis=(2, 3), keepdims=True), spread, 0.0)
        yield Hypothesis("max-and-mean-confused", _scattered(largest, x.shape, stride, 0, "add"))
        yield Hypothesis("minimum-taken", _scattered(smallest, x.shape, stride, 0, "add"))
        if stride < max(height, width):
            for way in ("by offset", "by window", "nonzero"):
                yield Hypothesis("overlaps-overwritten", _scattered(largest, x.shape, stride, 0, way))


def _matches(x: tuple[int, ...], size: tuple[int, ...], y: tuple[int, ...], stride: int, pad: int) -> bool:
    spans = [x[2 + i] + 2 * pad - size[i] for i in (0, 1)]
    return all(s >= 0 and s // stride + 1 == y[2 + i] for i, s in enumerate(spans))


def _scattered(columns: Array, shape: tuple[int, ...], stride: int, pad: int, way: str) -> Array:
    """The windows' gradients put back into the image: added, averaged, or one over the other in either order."""
    _, _, height, width, out_h, out_w = columns.shape
    image = np.zeros((*shape[:2], shape[2] + 2 * pad, shape[3] + 2 * pad))
    count = np.zeros_like(image)
    if way == "by window":
        for i, j in product(range(out_h), range(out_w)):
            image[:, :, i * stride : i * stride + height, j * stride : j * stride + width] = columns[..., i, j]
    else:
        for i, j in product(range(height), range(width)):
            rows = slice(i, i + stride * (out_h - 1) + 1, stride)
            cols = slice(j, j + stride * (out_w - 1) + 1, stride)
            if way == "by offset":
                image[:, :, rows, cols] = columns[:, :, i, j]
            elif way == "nonzero":  # only the chosen entry of a window is written
                image[:, :, rows, cols] = np.where(
                    columns[:, :, i, j] != 0, columns[:, :, i, j], image[:, :, rows, cols]
                )
            else:
                image[:, :, rows, cols] += columns[:, :, i, j]
                count[:, :, rows, cols] += 1
    if way == "mean":
        image = image / np.maximum(count, 1)
    return image[:, :, pad : pad + shape[2], pad : pad + shape[3]]
