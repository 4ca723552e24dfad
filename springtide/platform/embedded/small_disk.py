"""A disk of its own for the database that can be full on command: a tmpfs, for root only.

Full means: the file system is made no larger than what lies on it, so that the next block is refused with ENOSPC as by
any disk, and nothing has to be written to get there. `free` gives it its size back.
"""

import os
import subprocess
from pathlib import Path

SIZE_BYTES = 1_073_741_824
_PAGE_BYTES = 4_096
_SLACK_PAGES = (0, 16, 64, 256, 1_024)
_WITHIN_S = 10


class NoSmallDisk(Exception):
    """A tmpfs cannot be mounted here; the text says why in one line."""


class SmallDisk:
    """A tmpfs mounted at a folder. Only memory that is used is taken."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def mount(self) -> None:
        """Mount it. Raises NoSmallDisk for ordinary users and where mounting is not allowed."""
        if os.geteuid() != 0:
            msg = "only root may mount a small tmpfs"
            raise NoSmallDisk(msg)
        self._folder.mkdir(exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES},mode=0711", "springtide-drill", str(self._folder))

    def unmount(self) -> None:
        """Take it away, with everything on it."""
        _run("umount", str(self._folder))

    def fill(self) -> None:
        """Leave no room. Somebody may be writing this very moment: then a few pages stay free at first."""
        for slack_pages in _SLACK_PAGES:
            room = os.statvfs(self._folder)
            used = (room.f_blocks - room.f_bfree) * room.f_frsize
            try:
                self._resize(used + slack_pages * _PAGE_BYTES)
            except NoSmallDisk:
                continue  # more was written meanwhile than the new size holds
            return
        msg = "the disk grows faster than it can be filled"
        raise NoSmallDisk(msg)

    def free(self) -> None:
        """Give the room back."""
        self._resize(SIZE_BYTES)

    def _resize(self, size_bytes: int) -> None:
        _run("mount", "-o", f"remount,size={size_bytes}", str(self._folder))


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=False)  # noqa: S603 - a fixed command line
    except OSError as error:
        raise NoSmallDisk(str(error)) from error
    if done.returncode:
        raise NoSmallDisk(done.stderr.strip() or f"{command[0]} failed")
