"""Where the global generators of NumPy and of Python stand, and how they are put back there.

Setting NumPy's costs 65 microseconds, at each evaluation of a check: more than many networks take to go forward. A
look at its memory takes one, and tells whether anything has drawn since it was last read or set. Half a pair of
normals that it keeps does not show there: with one it is always set. Code that seeds it as before and then draws
otherwise, up to the very same place, is not seen.
"""

from __future__ import annotations

import ctypes
import random
from collections.abc import Callable

import numpy as np
from numpy.random.mtrand import get_bit_generator

_MT19937 = 624 * 4 + 4  # bytes: its words, and the place among them
_last = b""  # what NumPy's held when it was last read or set, and kept no half of a pair


def globals_here() -> Callable[[], None]:
    """The state of both global generators at this moment, as a function that puts them back."""
    state, python_state = np.random.get_state(legacy=False), random.getstate()
    memory = b"" if state.get("has_gauss") else _memory()
    _note(memory)

    def put_back() -> None:
        if not (memory and memory == _last == _memory()):
            np.random.set_state(state)
            _note(memory)
        random.setstate(python_state)

    return put_back


def _note(memory: bytes) -> None:
    global _last
    _last = memory


def _memory() -> bytes:
    """What NumPy's global generator holds; nothing where it is another than NumPy's own."""
    bits = get_bit_generator()
    return ctypes.string_at(bits.ctypes.state_address, _MT19937) if type(bits) is np.random.MT19937 else b""
