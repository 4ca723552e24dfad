"""Becomes another program that cannot outlive its parent. Run as a script by `launch`, so it imports nothing of ours.

    child.py PARENT_PID DEATH_SIGNAL UID GID -- PROGRAM [ARGUMENT ...]

UID and GID are "-" to stay who we are. A script of its own instead of `Popen(preexec_fn=…)`: Python code between fork
and exec can deadlock when the parent has threads. Order matters: Linux forgets the death signal when the uid changes,
so it is asked for afterwards; and the parent may have died before that, so it is looked at once more.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_PARENT_IS_GONE = 111


def main(arguments: list[str]) -> None:
    """Leave the terminal's process group, drop rights, bind our life to the parent's, become the program."""
    parent_pid, death_signal, uid, gid, _, *command = arguments
    os.setsid()
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    ask_for_death_signal(int(death_signal))
    if os.getppid() != int(parent_pid):
        os._exit(_PARENT_IS_GONE)
    os.execv(command[0], command)  # noqa: S606 - becoming the program is the purpose


def ask_for_death_signal(number: int) -> None:
    """Have Linux send us a signal when the thread that started us ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
