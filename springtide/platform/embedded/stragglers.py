"""Processes that still work in a directory, found by their working directory, which no recycled pid can fake.

PostgreSQL's processes all stand in its data directory. A pid file alone would not do: after a crash its pid may belong
to somebody else by now, and PostgreSQL would then refuse to start.
"""

from pathlib import Path


def programs_working_in(directory: Path) -> list[int]:
    """Return the pids of living processes whose working directory is this one, the eldest first."""
    pids = (int(entry.name) for entry in Path("/proc").glob("[0-9]*"))
    return sorted(pid for pid in pids if works_in(directory, pid))


def works_in(directory: Path, pid: int) -> bool:
    """Tell whether the process lives and has this working directory."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == directory
    except OSError:
        return False  # gone meanwhile, or another user's: neither can be a process of ours
