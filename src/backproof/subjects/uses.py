"""What a class does with the arguments of its constructor: taken apart, gone through, how its words are spelt."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any

from backproof.subjects.argument_roles import SLOPE, words_of
from backproof.subjects.own_source import text_of, tree_of
from backproof.subjects.signatures import parameters


def halved(cls: type) -> set[str]:
    """The parameters that the constructor takes apart in two, `self.x, self.y = data`: inputs and labels."""
    found: set[str] = set()
    for node in ast.walk(tree_of(cls)):
        match node:
            case ast.Assign([ast.Tuple(elts)], ast.Name(name)) if len(elts) == 2:
                found.add(name)
    return found & _parameters(cls)


def gone_through(cls: type) -> set[str]:
    """The parameters that are indexed, measured or looped over, under their name or that of their attribute."""
    kept = kept_in(cls)
    return {kept.get(name, name) for name in _gone_through(tree_of(cls))} & _parameters(cls)


def kept_in(cls: type) -> dict[str, str]:
    """The attributes that a parameter is kept in as it is, each with its parameter."""
    taken = _parameters(cls)
    kept: dict[str, str] = {}
    for node in ast.walk(tree_of(cls)):
        match node:
            case ast.Assign([ast.Tuple(targets)], ast.Tuple(values)) if len(targets) == len(values):
                assigned: list[tuple[ast.expr, ast.expr | None]] = list(zip(targets, values, strict=True))
            case ast.Assign([target], value) | ast.AnnAssign(target, _, value):
                assigned = [(target, value)]
            case _:
                assigned = []
        for target, value in assigned:
            if isinstance(target, ast.Attribute) and isinstance(value, ast.Name) and value.id in taken:
                kept[target.attr] = value.id
    return kept


def spread(cls: type) -> set[str]:
    """The parameters that are handed on one by one, `(n, *size)`, under their name or that of their attribute."""
    starred = [node.value for node in ast.walk(tree_of(cls)) if isinstance(node, ast.Starred)]
    return {name_of(value) for value in starred} & _parameters(cls)


def called(cls: type) -> set[str]:
    """The parameters that are called, under their name or that of their attribute, and are functions alone."""
    found = {name for name, _ in _calls(cls)}
    return {name for name in found if not fields(cls, name)[0]}  # self.inner.backward(...): a layer


def bending(cls: type) -> set[str]:
    """The parameters that are an activation and its derivative by their names, each called on one thing alone."""
    alone = called(cls) - {name for name, count in _calls(cls) if count != 1}
    slopes = {name for name in alone if words_of(name) & SLOPE}
    alike = {name for name in alone if any(name in other or other in name for other in alone - {name})}
    return alike or (alone if len(alone) == 2 and len(slopes) == 1 else set())


def _calls(cls: type) -> list[tuple[str, int]]:
    """The parameters that are called, under their name or that of their attribute, and on how many arguments."""
    kept, taken = kept_in(cls), _parameters(cls)
    calls = [node for node in ast.walk(tree_of(cls)) if isinstance(node, ast.Call)]
    named = [(kept.get(name_of(call.func), name_of(call.func)), len(call.args)) for call in calls]
    return [(name, count) for name, count in named if name in taken]


def taken_out(cls: type, keywords: str) -> list[str]:
    """What the constructor takes out of its `**kwargs`: `kwargs["sizes"]`, `kwargs.get("sizes")`."""
    found: list[str] = []
    for node in ast.walk(tree_of(cls.__init__)):  # type: ignore[misc]
        match node:
            case ast.Subscript(ast.Name(owner), ast.Constant(str(key))) if owner == keywords:
                found.append(key)
            case ast.Call(ast.Attribute(ast.Name(owner), "get" | "pop"), [ast.Constant(str(key))]) if (
                owner == keywords
            ):
                found.append(key)
    return list(dict.fromkeys(found))


def fields(cls: type, name: str) -> tuple[list[str], list[str]]:
    """What the class reads from one parameter that holds several: attributes, `config.width`, and keys."""
    attributes: list[str] = []
    keys: list[str] = []
    for node in ast.walk(tree_of(cls)):
        match node:
            case ast.Attribute(owner, attribute, ast.Load()) if name_of(owner) == name:
                attributes.append(attribute)
            case ast.Subscript(owner, ast.Constant(str(key))) if name_of(owner) == name:
                keys.append(key)
            case ast.Call(ast.Attribute(owner, "get"), [ast.Constant(str(key)), *_]) if name_of(owner) == name:
                keys.append(key)
    known = {"get", "items", "keys", "values", "copy"}
    return [a for a in dict.fromkeys(attributes) if a not in known], list(dict.fromkeys(keys))


def spelling(cls: type, name: str) -> str:
    """How the class's module, or one that it takes from, writes this word in quotes or as a class: Relu."""
    module = sys.modules.get(cls.__module__)
    if module is None:
        return name
    near = [getattr(v, "__module__", None) or getattr(v, "__name__", "") for v in vars(module).values()]
    homes = [module, *(sys.modules[home] for home in sorted(set(map(str, near))) if home in sys.modules)]
    own = [home for home in homes if _is_users(home)]
    texts = {text for home in own for text in re.findall(r"""['"](\w+)['"]""", text_of(home))}
    classes = {key for home in own for key, value in vars(home).items() if isinstance(value, type)}
    alike = [sorted(each for each in found if each.lower() == name) for found in (texts, classes)]
    return name if name in texts else next((found[0] for found in alike if found), name)


def own_functions(cls: type) -> dict[str, Callable[..., Any]]:
    """The functions of the class's module that bend: one for "hidden" layers, one for the "last".

    One for every layer, "bend", with its derivative, "slope", where there are both.
    """
    known = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    functions = {name.lower(): item for name, item in known.items() if inspect.isfunction(item)}
    hidden = next((functions[name] for name in ("tanh", "relu", "sigmoid") if name in functions), None)
    last = next((functions[name] for name in ("softmax", "sigmoid") if name in functions), None)
    paired = (
        (f, _slope_of(name, functions)) for name in ("sigmoid", "tanh", "relu") if (f := functions.get(name))
    )
    bend, slope = next((pair for pair in paired if pair[1] is not None), (None, None))
    found = {"hidden": hidden, "last": last, "bend": bend, "slope": slope}
    return {what: f for what, f in found.items() if f is not None}


def _slope_of(name: str, functions: Mapping[str, Callable[..., Any]]) -> Callable[..., Any] | None:
    longer = re.compile(rf"{name}_?(prime|d(er(iv(ative)?)?)?|grad(ient)?)|d(eriv\w*)?_?{name}")
    return next((function for other, function in functions.items() if longer.fullmatch(other)), None)


def chosen_by_word(function: Callable[..., Any]) -> bool:
    """Whether a function's first argument is a word that it is compared with: `activation("relu")`."""
    names = list(parameters(function))[:1]
    compared = (node for node in ast.walk(tree_of(function)) if isinstance(node, ast.Compare))
    return any(
        name_of(node.left) in names and isinstance(getattr(node.comparators[0], "value", None), str)
        for node in compared
    )


def looks_up(function: Callable[..., Any]) -> bool:
    """Whether a function finds something by a word and computes nothing: `get_loss("mse")`."""
    names = list(parameters(function))[:1]
    nodes = list(ast.walk(tree_of(function)))
    computes = any(
        isinstance(node, ast.AugAssign)
        or (isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Not))
        or (isinstance(node, ast.BinOp) and not isinstance(node.left, ast.Constant | ast.JoinedStr))
        or (isinstance(node, ast.Name) and node.id in ("np", "numpy", "math"))
        for node in nodes
    )
    keys = [node.slice for node in nodes if isinstance(node, ast.Subscript)]
    keys += [node.args[0] for node in nodes if isinstance(node, ast.Call) and _gets(node) and node.args]
    words = [word for key in keys for word in ast.walk(key) if isinstance(word, ast.Name) and word.id in names]
    return (bool(words) or chosen_by_word(function)) and not computes


def _gets(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "pop")


def choices(cls: type, name: str) -> list[str]:
    """The words that a parameter, or what a dict holds under its name, is compared with, or that it looks up."""
    found: list[str] = []
    space = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    attribute = next((a for a, p in kept_in(cls).items() if p == name), name)
    for node in ast.walk(tree_of(cls)):
        match node:
            case ast.Compare(left, [ast.Eq()], [ast.Constant(str(word))]) if name_of(left) in (name, attribute):
                found.append(word)
            case ast.Compare(ast.Subscript(_, ast.Constant(key)), [ast.Eq()], [ast.Constant(str(word))]) if (
                key == name
            ):
                found.append(word)
            case ast.Compare(left, [ast.In()], [ast.List(elts) | ast.Tuple(elts) | ast.Set(elts)]) if name_of(
                left
            ) in (name, attribute):
                found += [e.value for e in elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
            case ast.Subscript(ast.Name(table), key) if name_of(key) in (name, attribute):
                held = space.get(table)
                found += [k for k in held if isinstance(k, str)] if isinstance(held, dict) else []
    return list(dict.fromkeys(found))


def speaks_of_digits(cls: type) -> bool:
    """Whether the class reckons with images of 28 by 28, and so with 784 inputs."""
    return re.search(r"\b784\b|\b28\s*\*\s*28\b|\b28\s*\*\*\s*2\b", ast.unparse(tree_of(cls))) is not None


def speaks_of_ten(cls: type) -> bool:
    """Whether the class's module reckons with ten classes: `num_classes=10`, `zeros((n, 10))`."""
    tree = tree_of(sys.modules.get(cls.__module__))
    return any(isinstance(node, ast.Constant) and node.value == 10 for node in ast.walk(tree))


def _is_users(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and file.endswith(".py") and "site-packages" not in file


def _gone_through(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=value, ctx=ast.Load()) if not isinstance(
                node.slice, ast.Constant | ast.Tuple
            ):
                yield name_of(value)
            case ast.Subscript(value=value, slice=ast.Constant(int())):
                yield name_of(value)
            case ast.Call(func=ast.Name(id="len" | "enumerate" | "zip"), args=arguments):
                yield from map(name_of, arguments)
            case ast.For(iter=looped) | ast.comprehension(iter=looped):
                yield name_of(looped)


def name_of(node: ast.expr) -> str:
    """The last name of a name or an attribute; "" of anything else."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _parameters(cls: type) -> set[str]:
    try:
        return set(inspect.signature(cls).parameters)
    except (TypeError, ValueError):
        return set()
