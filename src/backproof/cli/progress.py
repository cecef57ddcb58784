"""What a command that runs user code is doing, on stderr."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.console import Console
from rich.status import Status

from backproof.subjects.child import Message


class Progress:
    """What is being done, on stderr: a status line in a terminal; elsewhere one plain line after a second."""

    def __init__(self, verb: str, target: str, number: int, count: int) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._where = f"{target}" + (f" ({number} of {count})" if count > 1 else "")
        self._status: Status | None = None
        self._verb = verb
        self._text = f"{verb} {self._where}"
        self._timer = threading.Timer(1.0, self._say)

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._status = self._console.status(self._text)
            self._status.start()
        else:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._status is not None:
            self._status.stop()

    def heard(self, message: Message) -> None:
        """A message of the child: it begins with something new."""
        if "begin" not in message:
            return
        self._text = f"{self._verb} {self._where}: {message['begin']}"
        if self._status is not None:
            self._status.update(self._text)
        elif self._timer.finished.is_set():
            self._say()

    def _say(self) -> None:
        self._console.print(self._text, markup=False)
