"""What the names in a function hold: a count, the size of the batch, a mask, the incoming gradient, a penalty."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from backproof.check.statements import dotted_names, last_name
from backproof.check.syntax import Function, Step, called_name, dotted

PENALTY = re.compile(r"decay|lambda|lam\b|\breg|l2|penalty", re.IGNORECASE)


@dataclass(frozen=True)
class Meanings:
    """What the names in an expression of this function hold."""

    function: Function

    def is_named(self, node: ast.AST, pattern: str) -> bool:
        name = last_name(node)
        return bool(name) and re.fullmatch(rf"(?:{pattern})", name, re.IGNORECASE) is not None

    def made_by(self, node: ast.AST, pattern: str) -> bool:
        made = self.function.definition(dotted(node) or "")
        return made is not None and re.search(pattern, ast.unparse(made)) is not None

    def is_count(self, node: ast.AST) -> bool:
        """A number of samples, classes, pixels."""
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            return self.is_count(node.left) and self.is_count(node.right)
        if (isinstance(node, ast.Attribute) and node.attr == "size") or called_name(node) == "len":
            return True
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.value, ast.Attribute)
            and node.value.attr == "shape"
        ):
            return True
        name = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
        made = self.function.definition(name or "")
        if made is not None:
            return re.search(r"\.shape\b|\blen\(|\.size\b", ast.unparse(made)) is not None
        return self.is_named(node, r"N|M|D|batch_?(size|num)|num_\w+|n") and name is not None

    def is_batch(self, node: ast.AST) -> bool:
        text = ast.unparse(node)
        name = dotted(node) if isinstance(node, ast.Name | ast.Attribute) else None
        made = self.function.definition(name or "")
        if made is not None:
            text = ast.unparse(made)
            if not re.search(r"shape\[0\]|\blen\(", text):
                return bool(re.search(r"\.shape$", text)) and self.is_named(node, r"N|M|batch\w*|num_\w+|bs")
        return bool(re.fullmatch(r".*shape\[0\]|len\(.*\)|(self\.)?(N|n|m|batch_?(size|num))", text))

    def is_number(self, node: ast.AST) -> bool:
        name = dotted(node) or ""
        if name.startswith("self."):
            return isinstance(getattr(self.function.owner, name[5:], None), int | float)
        return all(isinstance(n, ast.Constant | ast.operator | ast.BinOp) for n in ast.walk(node))

    def is_mask(self, node: ast.AST, loosely: bool = False) -> bool:
        if isinstance(node, ast.Compare) or called_name(node) == "where":
            return True
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            return True
        name = dotted(node) or ""
        if "mask" in name.lower():
            return True
        if name.startswith("self."):
            held = getattr(self.function.owner, name[5:], None)
            return isinstance(held, np.ndarray) and (held.dtype.kind == "b" or loosely)
        made = self.function.definition(name)
        return isinstance(made, ast.Compare) or (loosely and bool(name))

    def is_kept(self, node: ast.AST) -> bool:
        """An array that the forward kept: an attribute, or a local of a function that unpacks its cache."""
        name = dotted(node) or ""
        return bool(name) and not self.is_upstream(node)

    def is_upstream(self, node: ast.AST) -> bool:
        """The incoming gradient, or something made of it."""
        known = upstream_names(self.function)
        return any(name in known for name in dotted_names(node))


@lru_cache(maxsize=64)
def upstream_names(function: Function) -> set[str]:
    """The incoming gradient's name in a backward, and the names of all that is made of it."""
    found = set(function.parameters[:1])
    for step in function.steps:
        if step.reads & found:
            found |= {name for name in step.rebinds | step.changes if name != "self"}
    return found


def penalises(step: Step) -> bool:
    """Whether a statement speaks of a penalty on the weights."""
    return any(PENALTY.search(name) for name in step.reads | step.rebinds | step.changes)


def is_linear(function: Function, step: Step) -> bool:
    """Whether a statement that makes a gradient takes the incoming one once, as a factor: as it must."""
    upstream = upstream_names(function)
    value = step.value
    if value is None or step.is_head or not any(re.match(r"(self\.)?d_?[A-Za-z]", name) for name in step.rebinds):
        return True
    divisors = [n.right for n in ast.walk(value) if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div)]
    return bool(step.reads & upstream) and not any(dotted_names(d) & upstream for d in divisors)
