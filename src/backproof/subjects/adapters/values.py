"""Values that remember how they were made: `a * b + c`, then `backward()` without arguments fills every `grad`.

The class is judged by small expressions of two values, some of which use a value twice.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.samples import SampleError
from backproof.subjects.subject import Layerlike, Operation
from backproof.subjects.trial import entries
from backproof.subjects.trial.roles import parameters

_GRADIENTS = ("grad", "gradient", "g", "derivative", "adjoint")

Expression = Callable[[Any, Any], Any]

_EXPRESSIONS: dict[str, Expression] = {
    "a + b": lambda a, b: a + b,
    "a * b": lambda a, b: a * b,
    "a - b": lambda a, b: a - b,
    "a / b": lambda a, b: a / b,
    "-a": lambda a, b: -a,
    "a + 2": lambda a, b: a + 2,
    "a * 2": lambda a, b: a * 2,
    "2 * a": lambda a, b: 2 * a,
    "1 - a": lambda a, b: 1 - a,
    "a ** 3": lambda a, b: a**3,
    "a + a": lambda a, b: a + a,
    "a * a": lambda a, b: a * a,
    "(a * b + a) * b": lambda a, b: (a * b + a) * b,
}


def matches(item: object) -> bool:
    """An object of a class with operators, a value, a gradient and `backward()`."""
    return not isinstance(item, type) and entries.is_value(type(item)) and _gradient_name(item) is not None


def subject(item: Any) -> Layerlike:
    """The class of this value as a Layerlike of its expressions; SampleError where it forms none."""
    cls, name = type(item), _gradient_name(item)
    assert name is not None
    tried = dict(_EXPRESSIONS)
    for method, function in entries.methods(item).items():
        plain = not method.startswith("_") and method != "backward" and not any(parameters(function).values())
        if plain:
            tried[f"{method}(a)"] = _method(method)
    usable = {words: made for words, made in tried.items() if _works(cls, name, made)}
    if not usable:
        raise SampleError(f"no expression of two {cls.__name__} objects was found that goes forward and back")
    understood = f"values that remember how they were made: {', '.join(usable)}"

    def operation(samples: int, rng: np.random.Generator) -> Operation:
        last: list[Array] = []

        def forward(x: Array) -> Array:
            last[:] = [x.copy()]
            return np.array([[_number(made(cls(a), cls(b))) for made in usable.values()] for a, b in x.tolist()])

        def backward(dout: Array) -> dict[str, Any]:
            dx = np.zeros_like(last[0])
            for n, (a, b) in enumerate(last[0].tolist()):
                for k, made in enumerate(usable.values()):
                    dx[n] += dout[n, k] * np.array(_slopes(cls, name, made, a, b))
            return {"dx": dx}

        return Operation(
            name=cls.__name__,
            forward=forward,
            backward=backward,
            parameters=dict,
            source={"forward": cls, "backward": cls.backward},
            x=(np.exp(0.3 * rng.standard_normal((samples, 2))),),
        )

    return Layerlike(cls.__name__, understood, operation)


def _method(name: str) -> Expression:
    return lambda a, b: getattr(a, name)()


def _gradient_name(item: object) -> str | None:
    return next(
        (name for name in _GRADIENTS if hasattr(item, name) and not inspect.ismethod(getattr(item, name))), None
    )


def _number(value: Any) -> float:
    held = next(getattr(value, name) for name in entries.VALUES if hasattr(value, name))
    return float(np.asarray(held, dtype=np.float64).reshape(-1)[0])


def _slopes(cls: type, name: str, made: Expression, a: float, b: float) -> list[float]:
    left, right = cls(a), cls(b)
    made(left, right).backward()
    grads = [getattr(value, name) for value in (left, right)]
    grads = [next((getattr(g, n) for n in entries.VALUES if type(g) is cls), g) for g in grads]
    return [0.0 if g is None else float(np.asarray(g, dtype=np.float64).reshape(-1)[0]) for g in grads]


def _works(cls: type, name: str, made: Expression) -> bool:
    try:
        out = made(cls(1.2), cls(0.7))
        slopes = _slopes(cls, name, made, 1.2, 0.7)
        return type(out) is cls and bool(np.all(np.isfinite([_number(out), *slopes])))
    except Exception:  # an operation that the class does not have
        return False
