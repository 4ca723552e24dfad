"""Giving way also counts where Linux shares the processor out by session."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from springtide.platform import priority

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
def test_a_process_with_a_session_of_its_own_makes_the_session_nice() -> None:
    """Otherwise nobody would notice that the process is."""
    before = os.nice(0)
    assert (found := _niceness(by=0, own_session=True)) in {(before, "0"), (before, "none")}
    process, session = _niceness(by=5, own_session=True)
    assert process == min(19, before + 5)
    assert session == ("none" if "none" in found else str(process))


def test_a_kernel_that_wants_us_to_come_back_later_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes one such wish of all ordinary users in a tenth of a second."""
    answers = [OSError(errno.EAGAIN, "later"), OSError(errno.EAGAIN, "later"), None]
    asked = []

    class Autogroup:
        def write_text(self, text: str, encoding: str) -> None:
            asked.append(text)
            if (answer := answers.pop(0)) is not None:
                raise answer

    monkeypatch.setattr(priority, "_AUTOGROUP", Autogroup())
    monkeypatch.setattr(priority, "_AGAIN_AFTER_S", 0.0)
    monkeypatch.setattr(os, "nice", lambda by: 7)
    monkeypatch.setattr(os, "getsid", lambda pid: os.getpid())
    priority.give_way(5)
    assert asked == ["7", "7", "7"]
    answers += [OSError(errno.EINVAL, "no such group")]
    priority.give_way(5)
    assert len(asked) == 4


@pytest.mark.skipif(not _AUTOGROUP.exists(), reason="this kernel has no autogroup")
def test_a_session_that_others_share_is_left_as_it_is() -> None:
    """A terminal's other programs did not ask to wait."""
    # What a service manager or a container starts may belong to no session's group: the file is empty then.
    before = (_AUTOGROUP.read_text(encoding="ascii").split() or ["none"])[-1]
    _, session = _niceness(by=5, own_session=False)
    assert session == before
