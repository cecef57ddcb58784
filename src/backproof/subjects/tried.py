"""One call tried: its answer, or why there is none."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

import numpy as np

from backproof.errors import BackproofError
from backproof.subjects.definitions import Silence, describe


class SampleError(BackproofError):
    """No input was found that the code accepts; says what was tried and what the code answered.

    error: what the code raised on the likeliest input; None where it raised nothing.
    back: the way back in which arrays did not fit together, whatever went in; None where it was anything else.
    """

    def __init__(
        self, message: str, error: BaseException | None = None, back: Callable[..., Any] | None = None
    ) -> None:
        super().__init__(message)
        self.error, self.back = error, back


@dataclass(frozen=True)
class Refusal:
    """Why an input did not work."""

    words: str
    error: BaseException | None = None


def tried(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Refusal | None]:
    """(answer, None) where the call returns finite numbers; else (None, what happened)."""
    silence = Silence()
    copies = [np.array(a) if isinstance(a, np.ndarray) else a for a in arguments]
    try:
        with (
            np.errstate(all="ignore"),
            warnings.catch_warnings(),
            redirect_stdout(silence),
            redirect_stderr(silence),
        ):
            warnings.simplefilter("ignore")
            answer = function(*copies)
    except (Exception, SystemExit) as error:
        return None, Refusal(describe(error), error)
    first = first_of(answer)
    try:
        if first is None:
            raise TypeError
        numbers = np.asarray(first, dtype=np.float64)
        finite = numbers.size > 0 and bool(np.all(np.isfinite(numbers)))
    except (TypeError, ValueError):
        return None, Refusal(f"{type(first).__name__} as its result, where numbers were expected")
    return (answer, None) if finite else (None, Refusal("a result that is empty or not finite"))


def first_of(answer: Any) -> Any:
    """The output of an (output, cache) pair, or the output itself."""
    return answer[0] if isinstance(answer, tuple) and answer else answer


def called(function: Callable[..., Any]) -> str:
    return str(getattr(function, "__qualname__", getattr(function, "__name__", type(function).__name__)))


def listed(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes[:4])) + (" and others" if len(shapes) > 4 else "")
