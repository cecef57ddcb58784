"""What somebody's function returned or left: by which names, and where its scores may be."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from backproof.subjects.own_source import tree_of
from backproof.subjects.signatures import parameters
from backproof.subjects.trial.reach import plain
from backproof.subjects.trial.roles import LOSS, key, role


def returned_names(function: Callable[..., Any], *, attributes: bool = False) -> list[str]:
    """The names in the function's last `return a, b, c`, "" for what has none; [] where it returns nothing.

    attributes: `return self.a, self.b` too.
    """
    try:
        return list(_returned_names(getattr(function, "__func__", function), attributes))
    except TypeError:  # an object that cannot be hashed: it has no source
        return []


@functools.lru_cache(1024)
def _returned_names(function: Callable[..., Any], attributes: bool) -> tuple[str, ...]:
    names: list[str] = []
    for node in ast.walk(tree_of(function)):
        if isinstance(node, ast.Return) and node.value is not None:
            parts = node.value.elts if isinstance(node.value, (ast.Tuple, ast.List)) else [node.value]
            names = [getattr(part, "id", getattr(part, "attr", "") if attributes else "") for part in parts]
    return tuple(names)


def by_name(function: Callable[..., Any], answer: Any) -> Any:
    """A tuple of results as a dict by its own names or those in `return dW1, db1`; else as it is."""
    if isinstance(answer, tuple) and hasattr(answer, "_asdict"):
        return answer._asdict()
    names = returned_names(function)
    named = isinstance(answer, tuple) and len(names) == len(answer) and all(names)
    return dict(zip(names, answer, strict=True)) if named and len(set(names)) == len(names) else answer


def named_results(function: Callable[..., Any], returned: Any) -> dict[str, Any]:
    """What a function returned, by the names it used, by its dict's keys, by an inner dict's keys.

    Not by the name of its own input: `for w in ...: x = w @ x` ends with `return x`, which is no longer that.
    """
    found: dict[str, Any] = {}
    parts = list(returned) if isinstance(returned, tuple) else [returned]
    taken = parameters(function)
    names = [name if name not in taken else "" for name in returned_names(function)]
    if len(names) == len(parts):
        found |= {name: part for name, part in zip(names, parts, strict=True) if name}
    for part in parts:
        if isinstance(part, Mapping):
            found |= {str(name): value for name, value in part.items() if str(name) not in found}
    return found


def score_picks(function: Callable[..., Any], returned: Any) -> list[Callable[[Any], Any]]:
    """Ways to take the scores from what forward returned, the likeliest first."""
    if isinstance(returned, (np.ndarray, float, int)):
        return [lambda value: value]
    if isinstance(returned, Mapping):
        names = sorted((str(n) for n in returned if _is_activation(str(n))), key=_number)
        names = [n for n in returned if role(str(n)) == "y" and str(n) not in names] + names[-1:]
        return [_item(name) for name in names]
    if isinstance(returned, (tuple, list)):
        arrays = [i for i, part in enumerate(returned) if isinstance(part, (np.ndarray, float))]
        if not arrays:
            inner = next((i for i, part in enumerate(returned) if isinstance(part, (tuple, list, Mapping))), None)
            if inner is None:
                return []
            picks = score_picks(function, returned[inner])
            return [partial(_inside, inner, pick) for pick in picks]
        named = returned_names(function)
        likely = [i for i in arrays if i < len(named) and (role(named[i]) == "y" or named[i].upper() == "AL")]
        order = list(dict.fromkeys([*likely, arrays[-1], arrays[0]]))
        return [_item(i) for i in order]
    return []


def _inside(at: int, pick: Callable[[Any], Any], value: Any) -> Any:
    return pick(value[at])


def _item(at: Any) -> Callable[[Any], Any]:
    return lambda value: value[at]


def _is_activation(name: str) -> bool:
    return bool(re.fullmatch(r"[aA]_?\d+|AL|[yY]_?hat|out(put)?\d*|layer_?\d+", name)) or role(name) == "y"


def _number(name: str) -> int:
    digits = re.findall(r"\d+", name)
    return int(digits[-1]) if digits else 10**6


def last(value: Any) -> Any:
    """The last of what is kept a layer, in a list or under the layers' numbers; any other value as it is."""
    if isinstance(value, (list, tuple)) and value:
        return value[-1]
    if isinstance(value, dict) and value and all(type(each) is int for each in value):
        return value[max(value)]
    return value


def score_attributes(item: object) -> list[str]:
    """The attributes that may hold the scores after a forward that returns nothing, the likeliest first."""
    held = vars(item) if hasattr(item, "__dict__") else {}
    held = {n: v for n, v in held.items() if not _OF_PARAMETERS.match(plain(n)) and not LOSS.search(n)}
    arrays = {n: v for n, v in held.items() if isinstance(v, (np.ndarray, float))}
    lists = {n: v for n, v in held.items() if v is not last(v) and isinstance(last(v), np.ndarray)}
    exact = [
        n
        for n in arrays
        if role(plain(n)) == "y" and key(plain(n)) in ("output", "yhat", "out", "ypred", "outputs")
    ]
    usual = [n for n in arrays if role(plain(n)) == "y" and n not in exact]
    numbered = sorted(
        (n for n in arrays if re.search(r"^_*(a|out\w*|layer|l|h|act\w*)_?\d+$", n, re.I)), key=_number
    )
    usual_lists = r"^_*(a|a_?(list|s)|act\w*|out\w*|layer\w*|values?|z?s?)$"
    listed = [n for n in lists if re.search(usual_lists, n, re.IGNORECASE)]
    listed += [n for n in reversed(lists) if n not in listed]
    rest = [n for n in arrays if n not in {*exact, *usual, *numbered}]
    return [*exact, *usual[::-1], *numbered[::-1], *listed, *rest[::-1][:3]]


_OF_PARAMETERS = re.compile(r"_*(d_?|nabla_?|grad\w*_?|delta_?)?(w|b|weights?|bias(es)?)s?(_\w+)?$", re.IGNORECASE)
