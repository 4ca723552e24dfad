"""Logs of child processes: appended by the child itself, cut by us when they grow too long.

A file instead of a pipe: a child never waits for us to read, does not die of a broken pipe when we are killed, and its
last words are on disk. The price: while a long log is cut, lines written in that moment can be lost.
"""

import os
import shutil
from pathlib import Path
from typing import IO

_MAX_BYTES = 8_000_000
_TAIL_BYTES = 16_000


def open_log(path: Path) -> IO[bytes]:
    """Open a log for a child to append to, readable by the starting user only."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab", buffering=0)


def cut_log(path: Path, max_bytes: int = _MAX_BYTES) -> bool:
    """Move a log that is too long to `<name>.1` and empty it; the child goes on appending. Tell whether it was done."""
    if not path.exists() or path.stat().st_size <= max_bytes:
        return False
    former = path.with_name(path.name + ".1")
    try:
        shutil.copyfile(path, former)
    except OSError:
        former.unlink(missing_ok=True)  # no room for two: then the space matters more than the old lines
    os.truncate(path, 0)
    return True


def last_lines(path: Path, count: int = 8, *, since_byte: int = 0) -> tuple[str, ...]:
    """Return the last lines of a log, oldest first, empty ones left out, none from before `since_byte`."""
    if not path.exists():
        return ()
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = since_byte if since_byte <= size else 0  # cut in between
        file.seek(max(start, size - _TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    return tuple(line for line in text.splitlines() if line.strip())[-count:]
