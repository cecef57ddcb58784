"""When is a change of the user's lines right? One operation at a small input, its numeric gradient known there.

Few entries tell that a change is wrong, which most are; what they let pass is examined like any other operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backproof.check.causes.case import measured_at
from backproof.check.kinds.judgement import output
from backproof.check.values import close
from backproof.check.verdict import Probe
from backproof.protocols import Array
from backproof.subjects.recording import copied
from backproof.subjects.subject import Operation

FITS = 1e-5  # of the numeric gradient's size
LOSS_FITS = 2e-4  # an epsilon inside a logarithm bends the gradient of a loss
FEW = 6  # entries of each gradient that are looked at


@dataclass
class Trial:
    """One operation at one input, tried again and again with other code.

    hold: puts the random generators back; wrong: flat positions in each gradient at which it was seen to be wrong,
    which tell most about a change; spent: evaluations, a backward counted like a forward.
    """

    operation: Operation
    inputs: tuple[Array, ...]
    hold: Callable[[], None]
    wrong: Mapping[str, Array] = field(default_factory=dict)
    spent: int = 0
    _rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    def __post_init__(self) -> None:
        self.output = self._forward()
        self.dout: Any = 1.0 if self.operation.is_loss else self._rng.standard_normal(self.output.shape)
        self.numeric = {q: self._measured(q, FEW) for q, a in self._arrays().items() if a.dtype.kind == "f"}

    def backward_fits(self) -> bool:
        """Whether forward gives what it gave and backward the numeric gradient, in every quantity."""
        y = self._forward()
        if not agrees(y, self.output):
            return False
        found = self._backward()
        return all(self._fits(found, quantity, numeric) for quantity, numeric in self.numeric.items())

    def forward_fits(self) -> bool:
        """Whether a forward that gives something else now is what backward is the gradient of."""
        y = self._forward()
        if y.shape != self.output.shape or agrees(y, self.output) or not np.all(np.isfinite(y)):
            return False
        found = self._backward()
        return all(
            self._fits(found, quantity, self._measured(quantity, entries))
            for entries in (1, FEW)
            for quantity in self.numeric
        )

    def _fits(self, found: Mapping[str, Any], quantity: str, numeric: tuple[Array, Array]) -> bool:
        claimed = found.get(quantity)
        if claimed is None or not _same_layout(np.shape(claimed), self._arrays()[quantity].shape):
            return False
        claimed = np.asarray(claimed)
        if claimed.dtype.kind not in "fb" or claimed.dtype == np.float16:
            return False
        at, values = numeric
        limit = LOSS_FITS if self.operation.is_loss else FITS
        return agrees(claimed.reshape(-1)[at], values, limit)

    def _arrays(self) -> dict[str, Array]:
        arrays = {f"d{name}": x for name, x in zip(self.operation.inputs, self.inputs, strict=True)}
        return arrays | {f"d{name}": array for name, array in self.operation.parameters().items()}

    def _measured(self, quantity: str, entries: int) -> tuple[Array, Array]:
        """Flat positions of a few entries, and the numeric gradient there."""
        cotangent = np.ones(1) if self.operation.is_loss else np.asarray(self.dout).reshape(-1)
        array = self._arrays()[quantity]
        probe = Probe(array, lambda: self._forward().reshape(-1), cotangent)
        wrong = self.wrong.get(quantity, np.empty(0, int))[: max(entries // 2, 1)]
        some = np.random.default_rng(entries).choice(array.size, min(entries, array.size), replace=False)
        positions = np.array(list(dict.fromkeys([*wrong.tolist(), *some.tolist()]))[:entries])
        return positions, measured_at(probe, positions)

    def _forward(self) -> Array:
        self.hold()
        self.spent += 1
        return output(self.operation, *self.inputs)

    def _backward(self) -> dict[str, Any]:
        assert self.operation.backward is not None
        self.spent += 1
        scalar = np.ndim(self.output) == 0 and not self.operation.is_loss
        return self.operation.backward(float(self.dout) if scalar else copied(self.dout))


def _same_layout(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return [n for n in a if n != 1] == [n for n in b if n != 1]


def agrees(claimed: Any, numeric: Any, limit: float = FITS) -> bool:
    """Equal to `limit` of the largest numeric entry."""
    return close(np.asarray(claimed, dtype=np.float64), np.asarray(numeric), limit, floor=1e-9)
