"""Several outputs as one array, side by side along the last axis, and an upstream gradient taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backproof.protocols import Array


def joined(outputs: Sequence[Any]) -> Any:
    """y = [h, c]; of one output, that output as it is."""
    return np.concatenate(list(outputs), axis=-1) if len(outputs) > 1 else outputs[0]


def apart(dout: Any, outputs: Sequence[Any]) -> list[Array]:
    """The gradients of each output out of that of all."""
    ends = np.cumsum([each.shape[-1] for each in outputs[:-1]])
    return [part.copy() for part in np.split(dout, ends, axis=-1)] if len(outputs) > 1 else [dout]
