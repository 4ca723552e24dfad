"""Giving way also counts where Linux shares the processor out by session."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_AUTOGROUP = Path("/proc/self/autogroup")
_LOOK = """
import os, pathlib
from springtide.platform.priority import give_way
give_way({by})
print(os.nice(0), (pathlib.Path("/proc/self/autogroup").read_text().split() or ["none"])[-1])
"""


def _niceness(*, by: int, own_session: bool) -> tuple[int, str]:
    """Return how nice a process that gave way is, and how nice its session ("none": the kernel counts it to none)."""
    found = subprocess.run(
        [sys.executable, "-c", _LOOK.format(by=by)],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
        start_new_session=own_session,
    )
    process, session = found.stdout.split()
    return int(process), session


@pytest.mark.skipif(not _AUTOGROUP.exists(), reason="this kernel has no autogroup")
@pytest.mark.parametrize("by", [0, 5])
def test_a_process_with_a_session_of_its_own_makes_the_session_nice(by: int) -> None:
    """Otherwise nobody would notice that the process is."""
    before = os.nice(0)
    process, session = _niceness(by=by, own_session=True)
    assert process == min(19, before + by)
    assert session == str(process if by else 0)


@pytest.mark.skipif(not _AUTOGROUP.exists(), reason="this kernel has no autogroup")
def test_a_session_that_others_share_is_left_as_it_is() -> None:
    """A terminal's other programs did not ask to wait."""
    # What a service manager or a container starts may belong to no session's group: the file is empty then.
    before = (_AUTOGROUP.read_text(encoding="ascii").split() or ["none"])[-1]
    _, session = _niceness(by=5, own_session=False)
    assert session == before
