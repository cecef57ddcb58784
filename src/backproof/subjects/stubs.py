"""Inert stand-ins for packages that are not installed, so that a file's definitions can still be taken."""

from __future__ import annotations

from types import ModuleType
from typing import Any, NoReturn


class Stub:
    """Anything taken from a missing package: to be named, called, subclassed, decorated with; computes nothing.

    Where a number, an array or an iteration is wanted it raises TypeError and names the package: no result of a
    check can rest on it.
    """

    def __init__(self, name: str) -> None:
        self._stub_name = name

    def __repr__(self) -> str:
        return f"<stand-in for {self._stub_name}>"

    def __getattr__(self, name: str) -> Stub:
        if name.startswith("_"):  # protocols are not to be feigned
            raise AttributeError(name)
        return Stub(f"{self._stub_name}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and callable(args[0]) and not isinstance(args[0], Stub):
            return args[0]  # used as a decorator: the function stays itself
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return ()

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def __bool__(self) -> bool:
        return False

    def _joined(self, other: object) -> Stub:
        return self

    __add__ = __radd__ = __truediv__ = __rtruediv__ = __mod__ = _joined  # paths and file names

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError(f"{self._stub_name} is a stand-in without behaviour: its package is not installed")

    __iter__ = __len__ = __getitem__ = __array__ = __float__ = __int__ = __index__ = _refuse


class StubModule(ModuleType):
    """A missing package: every attribute is a `Stub`, `import *` brings nothing."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []  # a package: its submodules are stand-ins too
        self.__all__: list[str] = []

    def __getattr__(self, name: str) -> Stub:
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub(f"{self.__name__}.{name}")
