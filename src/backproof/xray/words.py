"""Numbers, shapes and lists as a reader sees them."""

from __future__ import annotations

import math
from collections.abc import Sequence

MINUS = "−"


def figure(value: float | None, digits: int = 4) -> str:
    """A number with `digits` significant figures: 0.0226, −1.5, 1.2e−9, 784; NaN and ∞ as such; – for None."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value + 0.0:.{digits}g}"  # + 0.0: no −0
    if "e" in text:
        mantissa, exponent = text.split("e")
        if 0 < int(exponent) < 7:
            text = f"{round(value, digits - 1 - int(exponent)):.0f}"
        else:
            text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", MINUS)


def exact(value: float) -> str:
    """A number of a scalar graph: all its digits up to ten, without the noise of binary fractions."""
    return figure(value, 10)


def shape(of: Sequence[int]) -> str:
    """100 × 784; a single number for a vector; "number" for a scalar."""
    return " × ".join(str(length) for length in of) if len(of) else "number"


def share(of: float) -> str:
    """A share as percent: 62 %, 0.4 %, 100 % only where it is all."""
    percent = 100 * of
    if percent in (0, 100):
        return f"{percent:.0f} %"
    if percent > 99:
        return f"{min(percent, 99.9):.1f} %"
    return f"{percent:.0f} %" if percent >= 1 else f"{percent:.2g} %"


def count(number: int, one: str, many: str | None = None) -> str:
    """1 unit, 50 units, 1,000 units."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
