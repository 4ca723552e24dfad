"""Giving way to other processes: what can wait is done with what is left of the processor.

Linux may share the processor out by session first and by process second (autogroup, where no cgroup says otherwise). A
process that leads a session of its own is then as important as any other, however nice it is: its session has to be
nice too.
"""

import contextlib
import os
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")


def give_way(by: int) -> None:
    """Be nicer by so much (0 to 19, 0: not at all), and let our session be if it is ours alone."""
    if not by:
        return
    niceness = os.nice(by)
    if os.getsid(0) != os.getpid():
        return
    # Without autogroup there is nothing to say, and the kernel may want us to come back later: nice has been said then.
    with contextlib.suppress(OSError):
        _AUTOGROUP.write_text(str(niceness), encoding="ascii")
