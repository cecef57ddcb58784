"""Whether code tells one-hot rows from class indices: then it promises both forms, and both are judged."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

_ASKS = re.compile(r"\.ndim\b|\blen\([\w.]*\.shape\)|\.size\s*[!=]=|\.shape\s*[!=]=|[!=]=\s*[\w.]*\.size\b")


def tells_apart(*code: Callable[..., Any] | type) -> bool:
    """Whether one of these classes or functions asks for the number of axes, the size or the shape of an array."""
    for each in code:
        try:
            if _ASKS.search(inspect.getsource(each)):
                return True
        except (OSError, TypeError):
            continue
    return False
