"""Giving way to other processes: what can wait is done with what is left of the processor.

Linux may share the processor out by session first and by process second (autogroup, where no cgroup says otherwise). A
process that leads a session of its own is then as important as any other, however nice it is: its session has to be
nice too.
"""

import errno
import os
import time
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")
_TRIES = 5
_AGAIN_AFTER_S = 0.11
"""Of all ordinary users together the kernel takes one such wish in a tenth of a second."""


def give_way(by: int) -> None:
    """Be nicer by so much (0 to 19, 0: not at all), and let our session be if it is ours alone."""
    if not by:
        return
    niceness = os.nice(by)
    if os.getsid(0) != os.getpid():
        return
    for left in reversed(range(_TRIES)):
        try:
            _AUTOGROUP.write_text(str(niceness), encoding="ascii")
        except OSError as error:
            if error.errno != errno.EAGAIN or not left:
                return  # there are no such groups, or the kernel is asked all the time: the process at least is nice
            time.sleep(_AGAIN_AFTER_S)
        else:
            return
