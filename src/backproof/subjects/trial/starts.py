"""Where the parameters of a file's functions come from: a function that makes them, or their names."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backproof.protocols import Array
from backproof.subjects.argument_roles import HIDDEN, INPUT, OUTPUT, SECOND_HIDDEN
from backproof.subjects.argument_roles import role as size_role
from backproof.subjects.own_source import tree_of
from backproof.subjects.signatures import parameters, wanted
from backproof.subjects.trial import results
from backproof.subjects.trial.roles import role

_WHICH = r"(_?\d+|_?[hioyz]|_?[hio]{2}|_(in|out|hidden|output|input)\w*)?"
_WEIGHT = re.compile(rf"(w|weights?|theta|wt|syn){_WHICH}", re.IGNORECASE)
_BIAS = re.compile(rf"(b|bias(es)?){_WHICH}", re.IGNORECASE)
_WHOLE = re.compile(r"(\w*_)?(params?|parameters|model|network|net|weights|theta|thetas|p)", re.IGNORECASE)


@dataclass(frozen=True)
class Start:
    """The first parameters by name; those that are handed on as one thing (a dict, a list, a vector) under "".

    words: where they come from, for the report. narrow: made for one output. widths: of inputs that go with them.
    given: what the function that made them was given, by name: the sizes of the layers.
    """

    parts: dict[str, Any]
    words: str
    narrow: bool = False
    widths: tuple[int, ...] = ()
    outputs: int = OUTPUT
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def classes(self) -> int:
        """How many there are where the code has no scores to tell."""
        return 1 if self.narrow else self.outputs


def made_by(initial: Callable[..., Any]) -> Iterator[Start]:
    """What a function of the file makes, for several outputs and for one."""
    for outputs in (OUTPUT, 1):
        made = _made(initial, outputs)
        if made is not None:
            yield Start(made[0], initial.__name__, narrow=outputs == 1, given=made[1])


def parameter_names(function: Callable[..., Any]) -> list[str]:
    """Which of a function's parameters are weights or biases by their names, in the order of the layers."""
    names = [n for n, needed in parameters(function).items() if needed and (is_weight(n) or is_bias(n))]
    return names if any(map(is_weight, names)) else []


def is_weight(name: str) -> bool:
    return _WEIGHT.fullmatch(name) is not None


def is_bias(name: str) -> bool:
    return _BIAS.fullmatch(name) is not None


def in_lists(names: list[str]) -> Iterator[Start]:
    """One list a name, with the weights or the biases of three layers: `W[0]`."""
    for start in named_so([f"{name}{i}" for i in (1, 2, 3) for name in names]):
        lists = {name: [start.parts[f"{name}{i}"] for i in (1, 2, 3)] for name in names}
        yield Start(lists, f"lists {', '.join(names)}", start.narrow)


def named_so(names: list[str]) -> Iterator[Start]:
    """Weights and biases of layers that follow each other, both ways round, in the forms that biases have."""
    for outputs in (OUTPUT, 1):
        for turned in (False, True):
            for form in ((), (1, -1), (-1, 1)) if any(map(is_bias, names)) else ((),):
                yield Start(_layers(names, outputs, turned, form), ", ".join(names), narrow=outputs == 1)


def one_array(name: str) -> Iterator[Start]:
    """All parameters as one vector, column or matrix under this name: of a layer alone."""
    rng = np.random.default_rng(0)
    for shape in ((INPUT,), (INPUT, 1), (INPUT, OUTPUT), (OUTPUT, INPUT), (1, INPUT)):
        narrow, widths = shape != (INPUT, OUTPUT), (INPUT, INPUT - 1)  # a column of ones may be added
        yield Start({name: rng.normal(0, 0.5, shape)}, name, narrow=narrow, widths=widths)


def flat(name: str, sizes: Mapping[str, int]) -> Iterator[Start]:
    """All weights of two layers in one vector, a column of ones before the input and the hidden layer.

    sizes: "input", "hidden" and "output" as the function is told them; else 400-25-10, of Ng's course on machine
    learning, exercise 4.
    """
    whole = {"input": 400, "hidden": 25, "output": 10} if len(sizes) < 3 else sizes
    count = whole["hidden"] * (whole["input"] + 1) + whole["output"] * (whole["hidden"] + 1)
    array = np.random.default_rng(0).normal(0, 0.5, count)
    widths = (whole["input"], whole["input"] + 1)
    yield Start({name: array}, name, widths=widths, outputs=whole["output"])


def read_by_key(functions: list[Callable[..., Any]]) -> list[str]:
    """The names under which functions take weights out of a dict that they are given: `params["W1"]`."""
    found: list[str] = []
    for function in functions:
        taken = [n for n in parameters(function) if _WHOLE.fullmatch(n)]
        for node in ast.walk(tree_of(function)):
            match node:
                case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str(key))) if owner in taken:
                    found += [key] if is_weight(key) or is_bias(key) else []
    return list(dict.fromkeys(found)) if any(map(is_weight, found)) else []


def indexed(functions: list[Callable[..., Any]], names: list[str]) -> bool:
    """Whether what lies under these keys is a list, `params["W"][k]` or `len(params["b"])`."""
    for function in functions:
        for node in ast.walk(tree_of(function)):
            match node:
                case ast.Subscript(ast.Subscript(slice=ast.Constant(str(key)))) | ast.Call(
                    ast.Name("len" | "zip"), [ast.Subscript(slice=ast.Constant(str(key))), *_]
                ) if key in names:
                    return True
    return False


def is_whole(name: str) -> bool:
    """Whether a parameter of this name may hold all weights at once."""
    return _WHOLE.fullmatch(name) is not None


def _layers(names: list[str], outputs: int, turned: bool, form: tuple[int, ...]) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    weights = sorted((n for n in names if is_weight(n)), key=_number)
    biases = sorted((n for n in names if is_bias(n)), key=_number)
    between = [HIDDEN, SECOND_HIDDEN, 6, 10][: len(weights) - 1]
    widths = [INPUT, *between, *[HIDDEN] * (len(weights) - 1 - len(between)), outputs]
    found: dict[str, Any] = {}
    for name, before, after in zip(weights, widths, widths[1:], strict=False):
        found[name] = rng.normal(0, 0.5, (after, before) if turned else (before, after))
    for name, after in zip(biases, widths[1:], strict=False):
        found[name] = rng.normal(0, 0.3, after).reshape(form or (-1,))
    return found


def _number(name: str) -> int:
    """Layers by their numbers; where there are none, in the order that they were named in."""
    digits = re.findall(r"\d+", name)
    return int(digits[-1]) if digits else 0


def _made(initial: Callable[..., Any], outputs: int) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What the function gives for that many outputs, by name: W1, b1 ... or `parameters`; what it was given."""
    sizes = wanted(initial)
    plain = {"input": INPUT, "hidden": HIDDEN, "output": outputs}
    by_name: list[Any] = []
    for name in sizes:
        if name.lower() in ("n_x", "nx", "input", "n_in", "n0"):
            by_name.append(INPUT)
        elif name.lower() in ("n_y", "ny", "n_out"):
            by_name.append(outputs)
        else:
            by_name.append(plain.get(size_role(name), HIDDEN))
    spec = [
        {"input_dim": 7, "output_dim": 8, "activation": "relu"},
        {"input_dim": 8, "output_dim": 1, "activation": "sigmoid"},
    ]
    lists: list[Any] = [[INPUT, HIDDEN, 9, outputs], [INPUT, HIDDEN, 9, 1], (INPUT, HIDDEN, outputs), spec]
    tries: list[list[Any]] = [by_name]
    if len(sizes) == 1:
        tries = [[one] for one in lists] + tries
    elif sizes:
        tries += [[first, *by_name[1:]] for first in lists]
    x, t = np.random.default_rng(0).standard_normal((INPUT, 3)), np.eye(outputs)[:, :3]
    if any(role(name) in ("x", "t") for name in sizes):
        tries = [
            [x if role(n) == "x" else t if role(n) == "t" else v for n, v in zip(sizes, by_name, strict=True)]
        ]
    for arguments in tries:
        try:
            made = initial(*arguments)
        except Exception:  # other sizes
            continue
        found = results.named_results(initial, made) if isinstance(made, tuple) else {"": made}
        if isinstance(made, tuple) and len(found) < len(made):
            found = {f"p{i}": part for i, part in enumerate(made)}
        found = {name: _as_array(part) for name, part in found.items()}
        if any(True for _ in _arrays(found)):
            return found, dict(zip(sizes, arguments, strict=True))
    return None


def _as_array(part: Any) -> Any:
    """A bias that starts as the number 0 can be perturbed only as an array."""
    return np.array(part, dtype=np.float64) if isinstance(part, (int, float)) else part


def _arrays(value: Any) -> Iterator[Array]:
    if isinstance(value, np.ndarray) and value.ndim:
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _arrays(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _arrays(part)
    elif hasattr(value, "__dict__") and not isinstance(value, type):
        yield from _arrays(vars(value))  # an object that holds them: `model.W1`
