"""Places where a test may kill a process: `kill -9` at exactly this step, once.

A point is armed by a file: SPRINGTIDE_FAILPOINTS names a folder, and a file in it named after the point
("inventory.hold.after") arms it. The process that removes the file dies, so each file kills one process once. Without
the variable a point costs one comparison.
"""

import os
import signal
from pathlib import Path

_FOLDER = os.environ.get("SPRINGTIDE_FAILPOINTS")


def failpoint(name: str) -> None:
    """Die here if a test armed this point."""
    if _FOLDER is None:
        return
    try:
        (Path(_FOLDER) / name).unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
