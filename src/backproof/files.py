"""Files written whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from glob import escape
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path` so that a crash at any moment leaves the old file or the new one, never a part.

    Written beside it under a temporary name, forced to the disk, then renamed; the folder is forced too.
    Raises OSError that names `path`; nothing is left behind then.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")  # another writer has another
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):  # a failed write does not know its file's name
            raise type(error)(error.errno, f"cannot write: {error.strerror}", str(path)) from error
        raise
    if hasattr(os, "O_DIRECTORY"):  # Windows cannot open a folder
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove_unfinished(path: Path) -> None:
    """Remove what a killed `write_whole` left beside `path`; for a file that only this process writes."""
    for leftover in path.parent.glob(f"{escape(path.name)}.????????.tmp"):
        leftover.unlink(missing_ok=True)
