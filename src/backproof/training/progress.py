"""What a run shows in the terminal: how far it is, and its curves at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from backproof.training.history import History

_BAR_EVERY = 0.25  # seconds
_LINE_EVERY = 30.0


class Progress:
    """Shows a run on stderr: a bar in a terminal; elsewhere a plain line every tenth of the way or 30 seconds.

    `due` is the time, by `perf_counter`, from which `show` has something to do; nobody need call it earlier.
    """

    def __init__(self, start: int, end: int, wanted: bool, console: Console | None = None) -> None:
        self.due = 0.0 if wanted and start < end else math.inf
        self._start, self._end = start, end
        self._console = console or Console(stderr=True)
        self._lines_at = [start + (end - start) * k // 10 for k in range(1, 11)]
        self._bar: Bar | None = None

    def __enter__(self) -> Progress:
        self._began = self._last_line = perf_counter()
        if self.due < math.inf and self._console.is_terminal:
            self._bar = Bar(
                BarColumn(bar_width=None),
                MofNCompleteColumn(),
                TextColumn("{task.description}"),
                TimeRemainingColumn(compact=True),
                console=self._console,
                auto_refresh=False,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=self._end, completed=self._start)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def note(self, text: str) -> None:
        """Say what takes a while before the first step."""
        if self._bar is not None:
            self._bar.update(self._task, description=text)
            self._bar.refresh()
        elif self.due < math.inf:
            self._console.print(text, highlight=False, soft_wrap=True)

    def show(self, step: int, history: History) -> None:
        """Show that `step` steps are done."""
        now = perf_counter()
        if now < self.due and (step < self._end or self.due == math.inf):
            return
        if self._bar is not None:
            self._bar.update(self._task, completed=step, description=self._figures(step, history, now))
            self._bar.refresh()
            self.due = now + _BAR_EVERY
        elif step == self._start or step >= self._lines_at[0] or now >= self._last_line + _LINE_EVERY:
            self._lines_at = [at for at in self._lines_at if at > step] or [self._end + 1]
            self._last_line = now
            self._console.print(
                f"step {step}/{self._end}  {self._figures(step, history, now)}", highlight=False, soft_wrap=True
            )

    def _figures(self, step: int, history: History, now: float) -> str:
        figures = []
        if history.loss:
            figures.append(f"loss {np.mean(history.loss[-100:]):.3f}")
        if history.steps:
            figures.append(f"train {history.train_accuracy[-1]:.3f}  test {history.test_accuracy[-1]:.3f}")
        if step > self._start:
            figures.append(f"{(step - self._start) / (now - self._began):.0f} steps/s")
        return "  ".join(figures)


def text_curve(
    title: str, values: Sequence[float], width: int = 60, height: int = 6, blocks: str = " ▁▂▃▄▅▆▇█"
) -> str:
    """A curve in characters, from the smallest of its columns to the largest.

    values: one or more finite numbers, evenly spaced; a column is the mean of its share of them, or where there
    are fewer than columns lies on the line between two. blocks: characters from empty to full.
    """
    if len(values) > width:
        columns = np.array([part.mean() for part in np.array_split(np.asarray(values), width)])
    else:
        columns = np.interp(np.linspace(0, len(values) - 1, width), np.arange(len(values)), values)
    low, high = columns.min(), columns.max()
    full = len(blocks) - 1
    levels = np.rint((columns - low) / (high - low or 1.0) * (height * full - 1)).astype(int) + 1
    lines = [title]
    for row in reversed(range(height)):
        label = f"{high:.3f}" if row == height - 1 else f"{low:.3f}" if row == 0 else ""
        cells = "".join(blocks[level] for level in np.clip(levels - row * full, 0, full))
        lines.append(f"{label:>8} {cells}".rstrip())
    return "\n".join(lines)
