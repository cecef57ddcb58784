"""What functions that go through a sequence begin with: their weights, and the shapes that a state may have."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import HIDDEN, INPUT
from backproof.subjects.signatures import parameters
from backproof.subjects.trial import starts
from backproof.subjects.trial.functions import initial_functions
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.sequences import Steps, argument_roles
from backproof.subjects.trial.starts import Start
from backproof.subjects.trial.surroundings import Surroundings

_MOST_LENGTHS = 6  # that a state is tried with
_WIDTHS = {"x": INPUT, "i": INPUT, "h": HIDDEN, "a": HIDDEN, "s": HIDDEN, "y": INPUT, "o": INPUT}


def starts_of(steps: Steps) -> Iterator[Start]:
    """Weights of the object or the module; those that are arguments as the module has or makes them."""
    taken = argument_roles(steps.forward)
    wanted = [n for n, needed in parameters(steps.forward).items() if needed and taken[n] in ("", "zero")]
    if not wanted:
        yield Start({}, "the module's arrays")
        return
    namespace = getattr(inspect.unwrap(steps.forward), "__globals__", {})
    held = {name: namespace.get(name) for name in wanted}
    if all(isinstance(value, np.ndarray) for value in held.values()):
        yield Start({name: np.array(value) for name, value in held.items()}, ", ".join(wanted))
        return
    for initial in initial_functions(steps.own)[:2]:
        yield from starts.made_by(initial)
    for turned in (False, True):
        for column in (True, False):
            parts = {name: _by_letters(name, turned, column) for name in wanted}
            if all(part is not None for part in parts.values()):
                yield Start(parts, ", ".join(wanted))


def states_of(lengths: list[int], steps: Steps) -> Iterator[tuple[int, ...] | None]:
    """The shapes that a state from before may have; None where none is asked for."""
    if not any("state" in argument_roles(f).values() for f in steps.functions):
        yield None
        return
    for n in lengths[:_MOST_LENGTHS]:
        yield from ((n, 1), (n,), (1, n))


def lengths_of(steps: Steps, start: Start) -> list[int]:
    """The lengths of the axes of all arrays that may be weights, the longest first."""
    outside = {} if steps.owner is not None else Surroundings(steps.functions).values
    arrays = reach(start.parts, outside, steps.owner).values()
    return sorted({n for a in arrays if a.dtype.kind == "f" for n in a.shape if n > 1}, reverse=True)


def _by_letters(name: str, turned: bool, column: bool) -> Array | None:
    """A weight by the letters after it, Wxh or Wax, and a bias by the one after it; None for other names."""
    rng = np.random.default_rng(0)
    weight = re.fullmatch(r"[WUVw]_?([xihasyo])_?([xihasyo])", name)
    if weight is not None:
        before, after = weight[1], weight[2]
        if after == "x" or (before in "yo" and after not in "yo"):  # Wax, Wya: to, from
            before, after = after, before
        shape = (_WIDTHS[after], _WIDTHS[before])
        return rng.normal(0, 0.3, shape[::-1] if turned else shape)
    bias = re.fullmatch(r"b_?([hasyo])", name)
    if bias is not None:
        width = _WIDTHS[bias[1]]
        return rng.normal(0, 0.3, (width, 1) if column else (width,))
    return None
