"""The other checkers on the same variants.

They know arrays, not objects: somebody has to wrap every layer for them, as is done here, unit by unit in
forward order and the whole loss last. The first unit that fails is the layer they are credited with, which
favours them: nobody wraps six layers before he knows that one is wrong. None of them tells a wrong forward
from a wrong backward, so the kind they are credited with is always "backward".
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from .outcome import Outcome
from .subjects import Subject, Unit, Values
from .truth import quiet, sample

SCIPY_TOLERANCE = 1e-5  # of 2-norm of the error, against the larger of one and the gradient's norm
BOOK_TOLERANCE = 1e-5  # of the mean absolute difference of a tensor; correct code shows 1e-10 to 1e-7
BOOK_STEP = 1e-4

Array = Any


class Counted:
    """A unit as a plain function of its differentiable values, counting the forward calls."""

    def __init__(self, unit: Unit, values: Values) -> None:
        self.unit = unit
        self.values = values
        self.calls = 0

    @property
    def arguments(self) -> list[Array]:
        return [self.values[name] for name in self.unit.names]

    def forward(self, arguments: list[Array]) -> tuple[Array, Callable[[Array], list[Array]]]:
        """Output as float64, and a function from upstream gradient to gradients in the arguments' order.

        A scalar loss is sent 1 and scaled here, as the book's losses ignore their upstream gradient.
        A gradient that was never set counts as zero. Where another forward came in between, this one is
        run again before the way back: the layers keep what they need in themselves.
        """
        values = self.values | dict(zip(self.unit.names, arguments, strict=True))
        self.calls += 1
        serial = self.calls
        out, back = self.unit.call(values)
        out = np.asarray(out, dtype=np.float64)

        def backward(dout: Array) -> list[Array]:
            nonlocal back
            if self.calls != serial:
                self.calls += 1
                back = self.unit.call(values)[1]
            scale = float(np.asarray(dout).reshape(())) if out.ndim == 0 else 1.0
            found = back(1.0 if out.ndim == 0 else np.array(dout, dtype=np.float64))
            gradients = []
            for name, argument in zip(self.unit.names, arguments, strict=True):
                value = found.get(name)
                gradient = np.zeros(argument.shape) if value is None else np.asarray(value, dtype=np.float64)
                if gradient.shape != argument.shape:
                    raise ValueError(f"gradient of {name}: {gradient.shape} instead of {argument.shape}")
                gradients.append(scale * gradient)
            return gradients

        return out, backward


def _flat(arrays: list[Array]) -> Array:
    return np.concatenate([np.ravel(array) for array in arrays])


def _unflat(vector: Array, like: list[Array]) -> list[Array]:
    ends = np.cumsum([array.size for array in like])[:-1]
    return [part.reshape(array.shape) for part, array in zip(np.split(vector, ends), like, strict=True)]


def gradcheck(counted: Counted, *, fast: bool) -> str | None:
    """PyTorch's gradcheck with its own tolerances; the tensor it names, or "" where it names none."""
    import torch

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            out, ctx.back = counted.forward([tensor.detach().numpy() for tensor in tensors])
            return torch.from_numpy(np.array(out))

        @staticmethod
        def backward(ctx: Any, dout: Any) -> Any:
            return tuple(torch.from_numpy(np.array(g)) for g in ctx.back(dout.detach().numpy()))

    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in counted.arguments]
    try:
        torch.autograd.gradcheck(Wrapped.apply, tensors, fast_mode=fast)
    except Exception as error:
        place = re.search(r"with respect to input (\d+)", str(error))
        return counted.unit.quantity(counted.unit.names[int(place[1])]) if place else ""
    return None


def jax_vjp(counted: Counted) -> str | None:
    """JAX's check_vjp with its own tolerances. It names no tensor."""
    from jax import test_util

    def plain(*arguments: Array) -> Array:
        return counted.forward(list(arguments))[0]

    def with_vjp(*arguments: Array) -> Any:
        out, backward = counted.forward(list(arguments))
        return out, lambda dout: tuple(backward(dout))

    try:
        test_util.check_vjp(plain, with_vjp, tuple(counted.arguments))
    except Exception:
        return ""
    return None


def _projected(counted: Counted) -> tuple[Callable[[list[Array]], float], Callable[[list[Array]], list[Array]]]:
    """The unit as a scalar function under one fixed random upstream gradient, and its gradient."""
    upstream: list[Array] = []

    def run(arguments: list[Array]) -> Any:
        out, backward = counted.forward([np.array(a) for a in arguments])
        if not upstream:
            upstream.append(np.random.default_rng(3).standard_normal(out.shape) if out.ndim else np.array(1.0))
        return out, backward

    return (
        lambda arguments: float(np.sum(run(arguments)[0] * upstream[0])),
        lambda arguments: run(arguments)[1](upstream[0]),
    )


def scipy_check(counted: Counted) -> str | None:
    """SciPy's check_grad on all arguments as one vector. It gives a norm and names no tensor."""
    from scipy.optimize import check_grad

    value, gradient = _projected(counted)
    like = counted.arguments
    try:
        error = check_grad(
            lambda v: value(_unflat(v, like)), lambda v: _flat(gradient(_unflat(v, like))), _flat(like)
        )
        size = float(np.linalg.norm(_flat(gradient(like))))
    except Exception:
        return ""
    return None if error <= SCIPY_TOLERANCE * max(1.0, size) else ""


def book_differences(counted: Counted) -> dict[str, float]:
    """The book's check: mean absolute difference of each tensor from central differences."""
    value, gradient = _projected(counted)
    arguments = [np.array(a) for a in counted.arguments]
    analytic = gradient(arguments)
    found = {}
    for place, name in enumerate(counted.unit.names):
        array = arguments[place]
        total = 0.0
        for index in np.ndindex(*array.shape):
            kept = array[index]
            array[index] = kept + BOOK_STEP
            above = value(arguments)
            array[index] = kept - BOOK_STEP
            below = value(arguments)
            array[index] = kept
            total += abs((above - below) / (2 * BOOK_STEP) - analytic[place][index])
        found[name] = total / max(array.size, 1)
    return found


def book_check(counted: Counted) -> str | None:
    """The tensor with the largest mean difference, where that is above the tolerance."""
    try:
        found = book_differences(counted)
    except Exception:
        return ""
    name = max(found, key=lambda key: np.inf if np.isnan(found[key]) else found[key])
    return None if found[name] <= BOOK_TOLERANCE else name


def _by_unit(units: list[Unit], check: Callable[[Counted], str | None], checker: str) -> Outcome:
    start = time.perf_counter()
    calls = 0
    failed: tuple[Unit, str] | None = None
    with quiet():
        for unit in units:
            counted = Counted(unit, sample(unit, 0, 0))
            quantity = check(counted)
            calls += counted.calls
            if quantity is not None and failed is None:
                failed = (unit, quantity)
    seconds = time.perf_counter() - start
    if failed is None:
        return Outcome(checker, False, evaluations=calls, seconds=seconds)
    unit, quantity = failed
    return Outcome(checker, True, unit.name, "backward", quantity, findings=1, evaluations=calls, seconds=seconds)


def _book(subject: Subject) -> Outcome:
    """As the book does it: on the whole network where there is one; a tensor's layer is its owner."""
    networks = [unit for unit in subject.units if unit.is_network]
    outcome = _by_unit(networks or subject.units, book_check, "book")
    if networks and outcome.detected:
        outcome.layer = networks[0].owners.get(outcome.quantity, "")
    elif outcome.quantity:
        outcome.quantity = "d" + outcome.quantity
    return outcome


PEERS: dict[str, Callable[[Subject], Outcome]] = {
    "gradcheck slow": lambda s: _by_unit(s.units, lambda c: gradcheck(c, fast=False), "gradcheck slow"),
    "gradcheck fast": lambda s: _by_unit(s.units, lambda c: gradcheck(c, fast=True), "gradcheck fast"),
    "JAX check_vjp": lambda s: _by_unit(s.units, jax_vjp, "JAX check_vjp"),
    "SciPy check_grad": lambda s: _by_unit(s.units, scipy_check, "SciPy check_grad"),
    "book": _book,
}
