"""What a file's functions read and set outside themselves: `global W1`, data and sizes that the script makes."""

from __future__ import annotations

import builtins
import dis
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType
from typing import Any

import numpy as np

from backproof.subjects.select import functions_used
from backproof.subjects.stubs import Stub
from backproof.subjects.trial.roles import role

_DATA = (np.ndarray, np.number, float, list, dict, tuple)
_MISSING = object()


class Surroundings:
    """The module's names that some functions use, as `values`, a dict that a trial may search and put back.

    Nothing of the module is changed for good: `around` puts the values in for one call and takes them out again.
    """

    def __init__(self, functions: list[Callable[..., Any]]) -> None:
        plain = [inspect.unwrap(getattr(f, "__func__", f)) for f in functions]
        self.namespace: dict[str, Any] = plain[0].__globals__ if plain else {}
        used = [*plain, *(self.namespace[n] for n in functions_used(list(plain), self.namespace))]
        self.names = {n for f in used for n in _globals_in(f.__code__) if not hasattr(builtins, n)}
        held = {n: self.namespace[n] for n in sorted(self.names) if n in self.namespace}
        self.values: dict[str, Any] = {
            n: v for n, v in held.items() if isinstance(v, _DATA) and role(n) not in ("x", "t")
        }

    @contextmanager
    def around(self, given: Mapping[str, Any]) -> Iterator[None]:
        """For one call: the values, and what the script would have made. given: x, t, count, by role."""
        if not self.values and not any(role(name) in given for name in self.names):
            yield
            return
        before = {name: self.namespace.get(name, _MISSING) for name in self.names}
        self.namespace.update(self.values)
        reads_data = any(role(name) in ("x", "t") for name in self.names)
        for name, value in before.items():
            what = role(name)
            if what in given and _is_of_the_script(what, value, reads_data):
                self.namespace[name] = given[what]
        inside = {name: self.namespace.get(name, _MISSING) for name in self.names}
        try:
            yield
        finally:
            for name in self.names:
                after = self.namespace.get(name, _MISSING)
                if isinstance(after, _DATA) and (name in self.values or after is not inside[name]):
                    self.values[name] = after
                if before[name] is _MISSING:
                    self.namespace.pop(name, None)
                else:
                    self.namespace[name] = before[name]


def _globals_in(code: CodeType) -> set[str]:
    """The names outside of it that the code reads and sets, and that the functions inside it do."""
    found = {str(each.argval) for each in dis.get_instructions(code) if each.opname in _OF_GLOBALS}
    return found.union(*(_globals_in(each) for each in code.co_consts if isinstance(each, CodeType)))


_OF_GLOBALS = {"LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "LOAD_NAME", "STORE_NAME"}


def _is_of_the_script(what: str, value: Any, reads_data: bool) -> bool:
    """Whether this stands for data, of which the check has its own, or for their number."""
    if value is _MISSING or isinstance(value, Stub):
        return True
    return isinstance(value, np.ndarray) if what in ("x", "t") else reads_data and isinstance(value, int)
