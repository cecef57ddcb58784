"""Whether a way back tells one-hot rows from class indices: then it promises both, and both are judged."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from backproof.subjects.own_source import text_of

BOTH_FORMS = ", with one-hot labels and class indices"
_ASKS = re.compile(r"\.ndim\b|\blen\([\w.]*\.shape\)|\.size\s*[!=]=|\.shape\s*[!=]=|[!=]=\s*[\w.]*\.size\b")


def tells_apart(back: Callable[..., Any]) -> bool:
    """Whether a way back asks for the number of axes, the size or the shape of an array.

    Not the loss: the book's takes indices that its backward, as printed, does not.
    """
    return _ASKS.search(text_of(back)) is not None
