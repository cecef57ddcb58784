"""What a person sees of a download: a bar on a terminal, one line elsewhere; always on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn


@contextmanager
def transfer_progress(url: str, total: int) -> Iterator[Callable[[int], None]]:
    """Yields what is to be called with the number of bytes each time some have arrived."""
    console = Console(stderr=True)
    if not console.is_terminal:
        console.print(f"Fetching {url} ({total / 1e6:.1f} MB)", soft_wrap=True, markup=False, highlight=False)
        yield lambda count: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(url.rpartition("/")[2], total=total)
        yield lambda count: progress.advance(task, count)
