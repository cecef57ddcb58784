"""The inputs and labels that a caller hands over, as arrays of at least one sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from backproof.errors import BackproofError, LabelError, ShapeError
from backproof.protocols import Array
from backproof.subjects.definitions import describe


def given_inputs(x: Any) -> Any:
    """x as an array (N, ...), or a tuple of such inputs; None stays None. Raises ShapeError."""
    if x is None:
        return None
    if isinstance(x, tuple):
        return tuple(given_inputs(each) for each in x)
    array = _numbers(x)
    if array is None:
        raise ShapeError(f"x must be an array of numbers, one row per sample, got {_described(x)}")
    if array.ndim == 0 or array.size == 0:
        raise ShapeError(f"x must hold at least one sample, got shape {array.shape}: pass an array (N, ...)")
    return array


def given_labels(t: Any) -> Array | None:
    """t as an array with one row or one class index a sample; None stays None. Raises LabelError."""
    if t is None:
        return None
    array = _numbers(t)
    if array is None or array.ndim == 0 or array.size == 0:
        raise LabelError(f"t must hold a class index or a row of numbers per sample, got {_described(t)}")
    return array


class DataError(BackproofError):
    """`--data` that gives no inputs: names what was received and how to write it."""


def read_data(text: str, namespace: Mapping[str, Any]) -> tuple[Any, Array | None]:
    """(x, t) as a person gave them: a .npz file with arrays x and t, or a Python expression `x` or `x, t`.

    The expression knows `np`, `rng` and the names in namespace; t is None where there are no labels. Nothing is
    unpickled. Raises DataError, ShapeError, LabelError.
    """
    if text.strip().endswith(".npz"):
        try:
            with np.load(text.strip(), allow_pickle=False) as file:
                held = {name: file[name] for name in file.files}
        except (OSError, ValueError) as error:
            raise DataError(f"--data {text}: {error}") from None
        if "x" not in held:
            raise DataError(f"--data {text} holds {', '.join(held) or 'nothing'}, expected arrays named x and t")
        return given_inputs(held["x"]), given_labels(held.get("t"))
    try:
        value = eval(text, {"np": np, "rng": np.random.default_rng(0), **namespace})
    except (Exception, SystemExit) as error:
        raise DataError(
            f"--data {text!r} raised {describe(error)}. Write a .npz file with x and t, or an expression: "
            '--data "rng.normal(size=(6, 7)), np.arange(6) % 4"'
        ) from None
    x, t = value if isinstance(value, tuple) and len(value) == 2 else (value, None)
    return given_inputs(x), given_labels(t)


def _numbers(value: Any) -> Array | None:
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        return None
    return array if array.dtype.kind in "fiub" else None


def _described(value: Any) -> str:
    shape = f" of shape {value.shape}" if isinstance(value, np.ndarray) else ""
    return f"{type(value).__name__}{shape}" + ("" if isinstance(value, np.ndarray) else f" {str(value)[:40]!r}")
