"""Penalties on the weights, as losses and constructors speak of them: `self.l2`, `reg=0.0`, `weight_decay`."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from backproof.subjects.own_source import tree_of
from backproof.subjects.trial.roles import SHRINKING

SWITCHED_ON = 0.3  # the weight of a penalty that is off by default


def has_penalty(loss: Any) -> bool:
    """Whether the code of a loss reads how much the weights' squares weigh."""
    nodes = list(ast.walk(tree_of(loss)))
    names = [node.attr for node in nodes if isinstance(node, ast.Attribute)]
    names += [node.id for node in nodes if isinstance(node, ast.Name)]
    return any(SHRINKING.fullmatch(name.strip("_")) for name in names)


def is_off(parameter: inspect.Parameter, value: Any) -> bool:
    """Whether a constructor's parameter is the weight of a penalty, and is zero."""
    return (
        type(value) in (int, float) and value == 0 and SHRINKING.fullmatch(parameter.name.strip("_")) is not None
    )
