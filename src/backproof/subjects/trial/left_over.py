"""What a way back returns for the one parameter that nothing of its shape is left for: it is meant for that."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from backproof.protocols import Array
from backproof.subjects.trial.matching import FITS, SIZES

_ITEM = re.compile(r"returned\[\d+\]")


def left_over(
    params: Mapping[str, Array],
    paths: Mapping[str, str],
    found: Sequence[Mapping[str, Array]],
    losses: Sequence[Collection[float]],
) -> dict[str, str]:
    """The missing parameter with the place left over for it: where as many were returned as there are parameters.

    found, losses: all that came back, and the values of losses, for both numbers of samples. What may be a loss or
    a share of right answers is not taken.
    """
    missing = [name for name in params if name not in paths]
    returned = [place for place in found[0] if _ITEM.fullmatch(place) and place in found[1]]
    unused = [place for place in returned if place not in paths.values()]
    if len(missing) != 1 or len(unused) != 1 or len(returned) != len(params):
        return {}
    place = unused[0]
    if any(_is_no_gradient(each[place], n, seen) for each, n, seen in zip(found, SIZES, losses, strict=True)):
        return {}
    return {missing[0]: place}


def _is_no_gradient(value: Array, n: int, losses: Collection[float]) -> bool:
    if value.size != 1:
        return False
    number = float(value.reshape(-1)[0])
    as_losses = [loss * factor for loss in losses for factor in (1, n, 1 / n)]
    return bool(np.isclose(number, [*as_losses, round(number * n) / n], rtol=FITS, atol=1e-9).any())
