"""Settings of a class of their own: `config: DenseConfig`, where that is a dataclass."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from typing import Any


def settings_class(cls: type, parameter: inspect.Parameter) -> type | None:
    """The dataclass that a parameter is annotated with, by itself or by its name; None: no such.

    Settings within settings are left: they may hold one another.
    """
    if dataclasses.is_dataclass(cls):
        return None
    named = parameter.annotation
    if isinstance(named, str):
        named = (
            vars(sys.modules[cls.__module__]).get(named.strip("'\"")) if cls.__module__ in sys.modules else None
        )
    wanted = parameter.default is parameter.empty or parameter.default is None
    return named if wanted and isinstance(named, type) and dataclasses.is_dataclass(named) else None


def values_of(settings: Any) -> dict[str, Any]:
    """What such an object holds, by the names of its fields."""
    return {field.name: getattr(settings, field.name, None) for field in dataclasses.fields(settings)}
