"""The functions of a small network and their derivatives: pure functions of arrays.

Names and meanings follow "Deep Learning from Scratch" (chapters 3 to 5). Everything works on any leading
dimensions: the last axis holds the classes, all axes before it number the samples. No function overflows
or divides by zero for input within ±1e4. Floats keep their type; integers are taken as float64.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from backproof.errors import LabelError
from backproof.protocols import Array


def as_floats(x: npt.ArrayLike) -> Array:
    """`x` as an array of floats; integers become float64, because differences of unsigned ones wrap around."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float64)


def identity_function(x: Array) -> Array:
    """y = x: the output activation of regression (book, section 3.5)."""
    return x


def step_function(x: npt.ArrayLike) -> Array:
    """1 where x > 0, else 0, as integers (book, section 3.2)."""
    return np.asarray(np.asarray(x) > 0, dtype=np.int64)


def sigmoid(x: npt.ArrayLike) -> Array:
    """1 / (1 + exp(−x)), written with exp(−|x|) so that it never overflows (book, section 3.2)."""
    x = as_floats(x)
    e = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1, e) / (1 + e)
    return y


def sigmoid_grad(x: npt.ArrayLike) -> Array:
    """Derivative of the sigmoid at its *input* x: y (1 − y) with y = sigmoid(x) (book, section 5.5)."""
    y = sigmoid(x)
    return (1 - y) * y


def relu(x: npt.ArrayLike) -> Array:
    """max(0, x), element by element (book, section 3.2)."""
    return np.maximum(0, x)


def relu_grad(x: npt.ArrayLike) -> Array:
    """1 where x > 0, else 0; 0 at the kink, as the layer `Relu` has it (book, section 5.5)."""
    x = as_floats(x)
    return (x > 0).astype(x.dtype)


def log_softmax(x: npt.ArrayLike) -> Array:
    """x − log Σₖ exp(xₖ) over the last axis, shifted by the row's maximum so that nothing overflows."""
    x = as_floats(x)
    x = x - x.max(axis=-1, keepdims=True)
    y: Array = x - np.log(np.exp(x).sum(axis=-1, keepdims=True))
    return y


def softmax(x: npt.ArrayLike) -> Array:
    """exp(x) / Σₖ exp(xₖ) over the last axis: each row sums to 1 (book, section 3.5)."""
    x = as_floats(x)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    y: Array = e / e.sum(axis=-1, keepdims=True)
    return y


def as_labels(t: npt.ArrayLike, shape: tuple[int, ...]) -> Array:
    """Labels `t` that fit scores of `shape` (..., K), unchanged; anything else is an error.

    t: class indices (...,) of an integer type, or rows (..., K), one-hot or probabilities.
    Raises LabelError for other shapes (a column (N, 1) among them), non-integer indices, indices outside 0..K−1,
    rows that are not numbers, and where there is no sample at all.
    """
    t = np.asarray(t)
    if not shape or 0 in shape:
        raise LabelError(f"scores of shape {shape}: expected (..., K) with at least one sample and one class")
    classes = shape[-1]
    if t.ndim == len(shape) - 1:
        if t.dtype.kind not in "iu":
            raise LabelError(f"class indices must be integers, got {t.dtype}: use t.astype(int)")
        if t.shape != shape[:-1]:
            raise LabelError(
                f"labels of shape {t.shape} for scores of shape {shape}: one class index per sample is expected"
            )
        if t.max() >= classes or (t.dtype.kind == "i" and t.min() < 0):
            wrong = t[(t < 0) | (t >= classes)].flat[0]
            raise LabelError(f"label {wrong} is out of range: {classes} classes are numbered 0 to {classes - 1}")
        return t
    if t.shape == shape:
        if t.dtype.kind not in "fiub":
            raise LabelError(f"rows of labels must be numbers, got {t.dtype}")
        return t
    column = t.shape == (*shape[:-1], 1)
    mend = "use t[..., 0] to drop the last axis" if column else "one index or one row per sample is expected"
    raise LabelError(
        f"labels of shape {t.shape} for scores of shape {shape}: expected class indices of shape {shape[:-1]} "
        f"or rows of shape {shape}; {mend}"
    )


def picked(values: Array, t: Array) -> Array:
    """Σₖ tₖ valuesₖ for each sample: by index where `t` holds class indices, in full where it holds rows."""
    if t.ndim == values.ndim:
        return (t * values).sum(axis=-1)  # type: ignore[no-any-return]
    rows: Array = values.reshape(-1, values.shape[-1])
    return rows[np.arange(len(rows)), t.reshape(-1)].reshape(t.shape)


def mean_squared_error(y: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """½ Σ (y − t)², summed over all entries, as the book has it (section 4.2).

    y, t: arrays of one shape. Raises LabelError where the shapes differ.
    """
    y, t = as_floats(y), as_floats(t)
    if y.shape != t.shape:
        raise LabelError(f"y of shape {y.shape} and t of shape {t.shape}: the two must have one shape")
    return float(0.5 * np.sum((y - t) ** 2))


def cross_entropy_error(y: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """−Σₖ tₖ log yₖ, averaged over the samples (book, section 4.2).

    y: probabilities (..., K), clipped from below at the smallest positive normal number of their type;
    t: class indices (...,) or rows (..., K). Raises LabelError for other labels.
    """
    y = as_floats(y)
    t = as_labels(t, y.shape)
    log_y = np.log(np.maximum(y, np.finfo(y.dtype).tiny))
    return float(-picked(log_y, t).mean())


def softmax_loss(x: npt.ArrayLike, t: npt.ArrayLike) -> float:
    """Cross entropy of softmax(x), by log-sum-exp: exact where `cross_entropy_error(softmax(x), t)` has to clip.

    x: scores (..., K); t: class indices (...,) or rows (..., K). Raises LabelError for other labels.
    """
    x = as_floats(x)
    t = as_labels(t, x.shape)
    return float(-picked(log_softmax(x), t).mean())
