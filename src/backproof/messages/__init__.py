"""All that a report says, from pages in `messages/<language>/`: one a code, and `report.md` for what has none.

A page is Markdown with fixed headings. The lists under "What is wrong", "Seen" and "Mend" hold sentences by cause:

    - `softmax-over-batch`: {layer} divides by the sum over the whole batch.

Names in braces are a finding's fields: its layer, its quantity and its evidence. Of several sentences for one
cause the first whose fields are all known is taken, so the one with the most figures stands first.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGE = "en"
SENTENCES = ("What is wrong", "Seen", "Mend")
_MOST_FIGURES = 12  # of one list


@dataclass(frozen=True)
class Page:
    """One page: its code, its title, its Markdown, and its sections by heading."""

    code: str
    title: str
    text: str
    sections: Mapping[str, str]

    def sentences(self, heading: str, cause: str) -> list[str]:
        """The sentences for a cause under a heading, the fullest first."""
        return [text for slug, text in _listed(self.sections.get(heading, "")) if slug == cause]

    @property
    def causes(self) -> list[str]:
        """The slugs that the page speaks of, in its order."""
        return list(dict.fromkeys(slug for slug, _ in _listed(self.sections.get("What is wrong", ""))))

    def examples(self, which: str) -> list[str]:
        """The code blocks marked ```python wrong or ```python right."""
        return re.findall(rf"^```python {which}\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)


@cache
def codes() -> list[str]:
    """All codes that have a page, in order."""
    names = (entry.name for entry in (files(__name__) / LANGUAGE).iterdir())
    return sorted(name.removesuffix(".md") for name in names if re.fullmatch(r"BP\d{3}\.md", name))


@cache
def page(code: str) -> Page:
    """The page of a code, or "report"; raises FileNotFoundError where there is none."""
    text = (files(__name__) / LANGUAGE / f"{code}.md").read_text(encoding="utf-8")
    heading, _, body = text.partition("\n")
    parts = re.split(r"^## (.+)\n", body, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    return Page(code, heading.removeprefix("# ").partition(": ")[2] or heading, text, sections)


def sentence(heading: str, code: str, cause: str, fields: Mapping[str, Any]) -> str:
    """What the code's page says of a cause under a heading; "" where it says nothing, or lacks the fields."""
    if code not in codes():
        return ""
    known = {name: words(value) for name, value in fields.items()}
    for text in page(code).sentences(heading, cause):
        if all(name in known for _, name, _, _ in string.Formatter().parse(text) if name is not None):
            return text.format_map(known)
    return ""


def phrase(key: str, **fields: Any) -> str:
    """A phrase of the report itself."""
    (text,) = page("report").sentences("Phrases", key)
    return text.format_map({name: words(value) for name, value in fields.items()})


def words(value: Any) -> str:
    """A piece of evidence as it is read: four digits, lists with commas."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        shown = ", ".join(words(v) for v in value[:_MOST_FIGURES])
        return shown + (" ..." if len(value) > _MOST_FIGURES else "")
    return str(value)


def _listed(section: str) -> list[tuple[str, str]]:
    """(slug, sentence) of a Markdown list; an item may go on in indented lines."""
    items = re.findall(r"^- `([^`]+)`: (.+(?:\n  .+)*)", section, re.MULTILINE)
    return [(slug, " ".join(text.split())) for slug, text in items]
