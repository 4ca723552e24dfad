"""When a process that ended is started again, and when we give up. Pure: time comes in as an argument.

| it ended …                                                     | then                                            |
|----------------------------------------------------------------|-------------------------------------------------|
| after it had become ready                                      | start again; wait longer the more often in a row |
| before it was ready, and it never was ready in this run, 3rd time | give up: it cannot start                      |
| before it was ready, three times within 10 s                   | give up                                         |
| before it was ready, 10 times in a row                         | give up                                         |
"""

from collections import deque
from dataclasses import dataclass, field

_FAILED_STARTS = 3
_WINDOW_S = 10.0
_MOST_FAILED_STARTS = 10
_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 10.0
_HEALTHY_AFTER_S = 30.0


@dataclass(slots=True)
class Restarts:
    """The memory of one process: how often it ended in a row and whether it ever became ready."""

    _ends_in_a_row: int = 0
    _was_ever_ready: bool = False
    _failed_starts: deque[float] = field(default_factory=deque)

    def delay_after_end(self, *, now_s: float, was_ready: bool, ran_s: float) -> float | None:
        """Return the seconds to wait before the next start, or None to give up."""
        if was_ready:
            self._was_ever_ready = True
            self._failed_starts.clear()
        else:
            self._failed_starts.append(now_s)
            if self._is_hopeless():
                return None
        if was_ready and ran_s >= _HEALTHY_AFTER_S:
            self._ends_in_a_row = 0
        delay_s = min(_FIRST_DELAY_S * 2.0**self._ends_in_a_row, _LONGEST_DELAY_S)
        self._ends_in_a_row += 1
        return delay_s

    def _is_hopeless(self) -> bool:
        failed = self._failed_starts
        if len(failed) < _FAILED_STARTS:
            return False
        is_fast = failed[-1] - failed[-_FAILED_STARTS] <= _WINDOW_S
        return is_fast or not self._was_ever_ready or len(failed) >= _MOST_FAILED_STARTS
