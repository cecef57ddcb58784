"""Where a variant of a program differs from its differentiable twins: the truth about a fault."""

from __future__ import annotations

import contextlib
import functools
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np

from .subjects import PROGRAM, Program, Subject, Unit, Values, load

POINTS = 3
BATCHES = (5, 2, 2)  # three calls at each point, in the same object: another size, the same size again
VALUE_TOLERANCE = 1e-5
GRADIENT_TOLERANCE = 1e-4  # the book's log(y + 1e-7) bends y - t by up to 1e-7 / y_t


@dataclass(frozen=True)
class Difference:
    """`what` is "output", a quantity ("dW"), or "x written" / "parameters written"; `call` counts from 0."""

    unit: str
    what: str
    point: int
    call: int


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back what a variant prints and warns about."""
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def _seed(unit: str, point: int, call: int) -> np.random.Generator:
    return np.random.default_rng([point, call, *unit.encode()])


def sample(unit: Unit, point: int, call: int) -> Values:
    return unit.sample(_seed(unit.name, point, call), BATCHES[call])


def upstream(out: Any, point: int, call: int) -> Any:
    """A random upstream gradient; 1 for a scalar, since the book's losses ignore theirs."""
    if np.ndim(out) == 0:
        return 1.0
    return np.random.default_rng([99, point, call]).standard_normal(np.shape(out))


def twin_answer(unit: Unit, values: Values, dout: Any) -> tuple[Any, dict[str, Any]]:
    def scalar(differentiable: Values) -> Any:
        out = unit.twin(**values | {name: differentiable[name] for name in unit.names})
        return out if np.ndim(dout) == 0 else anp.sum(out * dout)

    differentiable = {name: values[name] for name in unit.names}
    return np.asarray(unit.twin(**values)), autograd.grad(scalar)(differentiable)


@functools.cache
def expected(program: str) -> dict[tuple[str, int, int], tuple[Values, Any, Any, dict[str, Any]]]:
    """The twins' answers at every point, once for a program: values, upstream gradient, output, gradients."""
    answers = {}
    for unit in PROGRAM[program].build(load(PROGRAM[program].path)).units:
        for point in range(POINTS):
            for call in range(len(BATCHES)):
                values = sample(unit, point, call)
                dout = upstream(unit.twin(**values), point, call)
                answers[unit.name, point, call] = (values, dout, *twin_answer(unit, values, dout))
    return answers


def differs(found: Any, true: Any, tolerance: float) -> bool:
    if found is None or np.shape(found) != np.shape(true):
        return True
    found = np.asarray(found, dtype=np.float64)
    scale = max(float(np.max(np.abs(true), initial=0.0)), 1e-3)
    return not bool(np.max(np.abs(found - true), initial=0.0) <= tolerance * scale)


def _copied(values: Values) -> Values:
    return {name: np.array(value) for name, value in values.items()}


def differences(program: Program, subject: Subject) -> list[Difference]:
    """Every place where the built subject leaves the truth. Raises what the program's code raises."""
    found: list[Difference] = []
    answers = expected(program.name)
    with quiet():
        for unit in subject.units:
            for point in range(POINTS):
                for call in range(len(BATCHES)):
                    values, dout, out, gradients = answers[unit.name, point, call]
                    given = _copied(values)
                    got, backward = unit.call(given)
                    wrong = ["output"] if differs(got, out, VALUE_TOLERANCE) else []
                    got_gradients = backward(np.array(dout) if np.ndim(dout) else dout)
                    wrong += [
                        unit.quantity(name)
                        for name in unit.names
                        if differs(got_gradients.get(name), gradients[name], GRADIENT_TOLERANCE)
                    ]
                    wrong += [
                        f"{name} written"
                        for name in given
                        if name in ("x", "t") and not np.array_equal(given[name], values[name])
                    ]
                    found += [Difference(unit.name, what, point, call) for what in wrong]
    return found
