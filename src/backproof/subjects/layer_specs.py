"""Arguments with an entry a layer: `[(8, "relu"), (4, "sigmoid")]`, `[{"units": 8, "activation": "relu"}, ...]`.

What an entry holds is read from the loops over the argument: names that it is taken apart into, keys, places.
"""

from __future__ import annotations

import ast
import inspect
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from backproof.subjects.argument_roles import HIDDEN, INPUT, SECOND_HIDDEN, role, words_of
from backproof.subjects.argument_values import KEEP, Style, value_for
from backproof.subjects.calls import OPEN
from backproof.subjects.own_source import tree_of
from backproof.subjects.uses import choices, kept_in, name_of

_SIZES = ("output", "hidden", "width", "sizes")  # roles of how many units a layer has


def layer_specs(cls: type, name: str, roles: Mapping[str, str], style: Style) -> Any:
    """A value for the parameter `name`, or OPEN where the class goes through no entries of more than one thing.

    roles: of all parameters. Three layers, 7 to 4 values; the sizes of the input stand before them where neither
    the entries nor another parameter have it.
    """
    places = _places(cls, name)
    keys, fields = _keys(cls, places), _fields(cls, places)
    names = keys or fields
    what = {each: _role(each) for each in names}
    units = [each for each in names if what[each] in _SIZES]
    if not units or (len(names) < 2 and not keys):
        return OPEN
    sizes = [INPUT, HIDDEN, SECOND_HIDDEN, 1 if style.one else style.classes]
    if "input" not in what.values() and "input" not in roles.values():
        sizes.insert(0, INPUT)  # the input is an entry too
    entries: list[Any] = []
    for i, (size_in, size_out) in enumerate(itertools.pairwise(sizes)):
        last = i == len(sizes) - 2
        held = {each: _value(cls, each, what[each], (size_in, size_out), last, style) for each in names}
        entries.append(held if keys else tuple(held.values()))
    return entries


def other_activations(cls: type, name: str, value: Any) -> Iterator[Any]:
    """The same entries with another word for the hidden layers' activation, or for the last one's."""
    places = _places(cls, name)
    if not isinstance(value, list) or not all(isinstance(entry, (dict, tuple)) for entry in value):
        return
    names = _keys(cls, places) or _fields(cls, places)
    field = next((each for each in names if _role(each) == "activation"), None)
    if field is None:
        return
    at: Any = field if isinstance(value[0], dict) else names.index(field)
    words = choices(cls, field) or _compared(cls)
    several = any(
        words_of(p) & {"loss", "cost"} and len(choices(cls, p)) > 1 for p in inspect.signature(cls).parameters
    )
    ends = () if several else ("softmax", "sigmoid")  # the last activation goes with one of its losses
    for last, fitting in ((True, ends), (False, ("sigmoid", "tanh", "relu"))):
        changed = range(len(value) - 1, len(value)) if last else range(len(value) - 1)
        for word in words:
            if word.lower() in fitting and word != value[changed[0]][at]:
                yield [_with(entry, at, word) if i in changed else entry for i, entry in enumerate(value)]


def _places(cls: type, name: str) -> set[str]:
    """The parameter and the attributes that it is kept in."""
    return {name, *(attribute for attribute, parameter in kept_in(cls).items() if parameter == name)}


def _with(entry: Any, at: Any, word: str) -> Any:
    if isinstance(entry, dict):
        return {**entry, at: word}
    return (*entry[:at], word, *entry[at + 1 :])


def _role(name: str) -> str:
    words = words_of(name)
    if words & {"type", "kind"} and not words & {"act", "activation"}:
        return "kind"
    found = role(name)
    return "activation" if not found and words & {"f", "fn", "func", "function"} else found


def _value(cls: type, name: str, what: str, sizes: tuple[int, int], last: bool, style: Style) -> Any:
    """One thing of one entry."""
    if what == "input":
        return sizes[0]
    if what in _SIZES:
        return sizes[1]
    if what == "activation":
        if _is_called(cls, name) and style.own:
            return style.own.get("last" if last else "hidden", style.own.get("hidden"))
        words = choices(cls, name) or _compared(cls)
        known = {word.lower(): word for word in words}
        wanted = ("sigmoid", "softmax", "linear") if last else ("relu", "tanh", "sigmoid")
        said = next((known[word] for word in wanted if word in known), None)
        if said is None and known and (style.spoken or not last):
            said = next(iter(known.values()))
        return said or style.spelled["sigmoid" if last else "relu"]  # what none is compared with is the other one
    if words := choices(cls, name):
        return next((word for word in words if word.lower() in ("dense", "linear", "fc", "affine")), words[0])
    parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY)
    value = value_for(parameter, {name: what}, style, False, False)
    return None if value is KEEP else value


def _compared(cls: type) -> list[str]:
    """The words that the class compares with anything and that are activations."""
    nodes = (node for node in ast.walk(tree_of(cls)) if isinstance(node, ast.Compare))
    words = [each.value for node in nodes for each in node.comparators if isinstance(each, ast.Constant)]
    bends = {"relu", "sigmoid", "tanh", "softmax", "linear"}
    return [word for word in words if isinstance(word, str) and word.lower() in bends]


def _is_called(cls: type, name: str) -> bool:
    calls = (node.func for node in ast.walk(tree_of(cls)) if isinstance(node, ast.Call))
    return any(isinstance(function, ast.Name) and function.id == name for function in calls)


def _fields(cls: type, places: set[str]) -> list[str]:
    """The names that an entry is taken apart into: `for units, act in layers`, `n_in, n_out = layer`."""
    entries = {name for target in _entries(cls, places) if isinstance(target, ast.Name) for name in [target.id]}
    for target in _entries(cls, places):
        if isinstance(target, ast.Tuple) and all(isinstance(part, ast.Name) for part in target.elts):
            return [part.id for part in target.elts if isinstance(part, ast.Name)]
    for node in ast.walk(tree_of(cls)):
        match node:
            case ast.Assign([ast.Tuple(elts)], value) if _is_entry(value, entries, places):
                return [part.id for part in elts if isinstance(part, ast.Name)]
    return []


def _keys(cls: type, places: set[str]) -> list[str]:
    """The keys that entries are read by: `layer["units"]`, `layers[i]["units"]`, `layer.get("units")`."""
    entries = {target.id for target in _entries(cls, places) if isinstance(target, ast.Name)}
    found: list[str] = []
    for node in ast.walk(tree_of(cls)):
        match node:
            case ast.Subscript(value, ast.Constant(str(key))) if _is_entry(value, entries, places):
                found.append(key)
            case ast.Call(ast.Attribute(value, "get"), [ast.Constant(str(key)), *_]) if _is_entry(
                value, entries, places
            ):
                found.append(key)
    return list(dict.fromkeys(found))


def _is_entry(node: ast.expr, entries: set[str], places: set[str]) -> bool:
    """Whether this is one entry: the name that a loop gives it, or one by its number."""
    if isinstance(node, ast.Subscript):
        return name_of(node.value) in places and not isinstance(node.slice, ast.Slice)
    return name_of(node) in entries


def _entries(cls: type, places: set[str]) -> Iterator[ast.expr]:
    """What the loops over the argument, its slices and its enumeration call an entry."""
    for node in ast.walk(tree_of(cls)):
        if not isinstance(node, ast.For | ast.comprehension):
            continue
        looped, target = node.iter, node.target
        while isinstance(looped, ast.Call) and looped.args and name_of(looped.func) in ("enumerate", "reversed"):
            counted = name_of(looped.func) == "enumerate" and isinstance(target, ast.Tuple)
            target = target.elts[1] if counted and isinstance(target, ast.Tuple) else target
            looped = looped.args[0]
        looped = looped.value if isinstance(looped, ast.Subscript) else looped
        if name_of(looped) in places:
            yield target
