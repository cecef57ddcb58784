"""One step of a recurrent layer: `forward(x, h_prev)` with `backward(dh)`, which gives dx and dh.

Samples in rows, in columns, or one vector alone. The gradients of its weights may add up over the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.adapters.layer import is_layer, operation_of
from backproof.subjects.argument_roles import HIDDEN, INPUT
from backproof.subjects.clearing import CLEARS
from backproof.subjects.recording import copied
from backproof.subjects.signatures import required
from backproof.subjects.snapshot import Snapshot
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial import entries
from backproof.subjects.trial.reach import reach
from backproof.subjects.trial.sequences import argument_roles
from backproof.subjects.tried import SampleError

Shape = Callable[[int, int], tuple[int, ...]]  # (samples, width)

_FORMS: dict[str, Shape] = {
    "": lambda n, width: (n, width),
    ", one vector at a time": lambda n, width: (width,),
    ", samples in columns": lambda n, width: (width, n),
}
_TRIED = 3  # samples


def matches(item: Any) -> bool:
    """A layer that is given one input and a state from before, and goes back by the gradient of what it gives."""
    if not is_layer(item):
        return False
    roles = [argument_roles(item.forward)[name] for name in required(item.forward)]
    back = [argument_roles(item.backward)[name] for name in required(item.backward)]
    alone = len(roles) - roles.count("state") == 1 < len(roles) and not {"t", "y"} & set(roles)
    return alone and 1 <= len(back) <= len(roles) and not {"x", "t", "y", "cache", "rate"} & set(back)


def subject(item: Any) -> Layerlike:
    """The step as a layer with several inputs; raises SampleError where no sizes fit."""
    for name, method in entries.methods(item).items():
        if CLEARS.fullmatch(name) and not required(method):
            method()
    cell = _sized(item)
    names = required(item.forward)
    return Layerlike(
        type(item).__name__,
        f"a layer: forward({', '.join(names)}) and backward{cell.form}",
        cell.operation,
        item,
        cell.arguments(_TRIED, np.random.default_rng(0)),
    )


@dataclass(frozen=True)
class _Cell:
    """A step with the widths of what it is given, in their order."""

    item: Any
    form: str
    widths: tuple[int, ...]

    def arguments(self, samples: int, rng: np.random.Generator) -> tuple[Array, ...]:
        return tuple(rng.standard_normal(_FORMS[self.form](samples, width)) for width in self.widths)

    def operation(self, samples: int, rng: np.random.Generator) -> Operation:
        """The step on that many samples; what it adds to its gradients is taken off again."""
        given = self.arguments(samples, rng)
        here = Snapshot(self.item)
        returned = self.back_and_forth(given)
        here.restore()
        whole = operation_of(self.item, type(self.item).__name__, given, returned=returned)
        turned = _are_turned(returned, whole.x)

        def backward(dout: Any) -> dict[str, Any]:
            assert whole.backward is not None
            before = Snapshot(self.item)
            try:
                found: dict[str, Any] = copied(whole.backward(dout))
            finally:
                before.restore()
            if turned:
                first, second = (f"d{name}" for name in whole.inputs)
                found[first], found[second] = found[second], found[first]
            return found

        return replace(whole, backward=backward)

    def back_and_forth(self, given: tuple[Array, ...]) -> Any:
        """What backward gives after forward; raises where the state does not come out as it went in."""
        output = self.item.forward(*(each.copy() for each in given))
        outputs = output if isinstance(output, tuple) else (output,)
        roles = [argument_roles(self.item.forward)[name] for name in required(self.item.forward)]
        states = {each.shape for each, what in zip(given, roles, strict=True) if what == "state"}
        if not states <= {np.shape(y) for y in outputs}:
            raise ValueError("no state of the shape that was given comes out")
        asked = len(required(self.item.backward)) or 1
        return self.item.backward(*(np.ones(np.shape(y)) for y in outputs[:asked]))


def _sized(item: Any) -> _Cell:
    """The form and the widths with which it goes forward and back."""
    refused: BaseException | None = None
    here = Snapshot(item)
    for cell in _candidates(item):
        try:
            cell.back_and_forth(cell.arguments(_TRIED, np.random.default_rng(0)))
            return cell
        except (Exception, SystemExit) as error:  # the next sizes
            refused = refused or error
        finally:
            here.restore()
    raise SampleError(
        f"no input and state were found that {type(item).__name__} takes forward and back"
        + (f"; the first try ended with {type(refused).__name__}: {refused}" if refused is not None else ""),
        refused,
    )


def _candidates(item: Any) -> Iterator[_Cell]:
    arrays = [a for a in reach(item).values() if a.dtype.kind == "f"]
    lengths = list(dict.fromkeys(n for a in arrays for n in (*a.shape, INPUT, HIDDEN) if n > 1))
    roles = argument_roles(item.forward)
    for form in _FORMS:
        for state in lengths:
            for width in lengths:
                widths = (state if roles[name] == "state" else width for name in required(item.forward))
                yield _Cell(item, form, tuple(widths))


def _are_turned(returned: Any, given: tuple[Array, ...]) -> bool:
    """Whether of two gradients the first has the second input's shape: `return dh_prev, dx`."""
    if not isinstance(returned, tuple) or len(returned) < 2 or len(given) != 2:
        return False
    shapes = [np.shape(each) for each in returned[:2]]
    return shapes != [each.shape for each in given] and shapes[::-1] == [each.shape for each in given]
