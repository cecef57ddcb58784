"""`backproof explain`: the page of a code, or the index of all codes."""

from __future__ import annotations

import re
from itertools import zip_longest
from typing import Annotated

import typer
from rich.console import Console
from rich.markdown import Markdown

from backproof import messages
from backproof.check.catalogue import CODES
from backproof.errors import BackproofError


class UnknownCode(BackproofError):
    """Neither a code nor a cause that Backproof knows."""


def explain(
    code: Annotated[
        str | None,
        typer.Argument(help="A code (BP101) or a cause (softmax-over-batch); all codes where none is given."),
    ] = None,
) -> None:
    """What a finding means: the mathematics, a wrong and a right example, how to recognise it, how to mend it."""
    _print(index() if code is None else page_of(code))


def index() -> str:
    """All codes with their titles and causes, as Markdown."""
    rows = []
    for code in messages.codes():
        page = messages.page(code)
        causes = ", ".join(f"`{cause}`" for cause in page.causes)
        rows.append(f"- {code} {page.title}: {causes}")
    return "\n".join(rows)


def page_of(name: str) -> str:
    """The page of a code or of a cause, as Markdown; raises UnknownCode."""
    code = name.upper() if name.upper() in messages.codes() else CODES.get(name.lower(), "")
    if code not in messages.codes():
        raise UnknownCode(
            f"no code and no cause {name!r}; expected one such as BP101 or softmax-over-batch. "
            "backproof explain lists them all"
        )
    parts = messages.page(code).text.split("```")  # prose and code by turns
    prose = [re.sub(r"(`[^`\n]*`)|\{([^{}\n]+)\}", lambda m: m[1] or f"*{m[2]}*", part) for part in parts[::2]]
    blocks = [re.sub(r"^python \w+\n", "python\n", part) for part in parts[1::2]]
    return "".join(p + (f"```{b}```" if b else "") for p, b in zip_longest(prose, blocks, fillvalue=""))


def _print(text: str) -> None:
    """Set as Markdown in a terminal, as it was written elsewhere."""
    console = Console(highlight=False)
    if console.is_terminal:
        console.print(Markdown(text))
    else:
        print(text.rstrip("\n"))
