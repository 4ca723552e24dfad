"""How many processes a group should have: the formula of Kubernetes' HorizontalPodAutoscaler. Pure: time comes in.

    desired = ceil(current x average / target)

| rule             | here                                                                                            |
|------------------|-------------------------------------------------------------------------------------------------|
| tolerance        | a ratio within 1 ± 0.1 changes nothing                                                          |
| silent processes | those without a figure count as fully used before going down, as idle before going up; if that  |
|                  | turns the direction, or leads into the tolerance, nothing changes                               |
| going up         | at most to the double, or by four, whatever is more                                             |
| going down       | to the highest number that was recommended in the last 300 s                                    |
| bounds           | never below the least, never above the most                                                     |
"""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

TOLERANCE = 0.1
SCALE_DOWN_WINDOW_S = 300.0
_UP_BY = 4
_UP_TIMES = 2


def recommended(rates: Sequence[float | None], *, target: float, tolerance: float = TOLERANCE) -> int:
    """Return how many processes there should be, given the rate of each one there is; None: it says nothing yet.

    Nobody says anything: as many as there are.
    """
    known = [rate for rate in rates if rate is not None]
    if not known:
        return len(rates)
    ratio = sum(known) / len(known) / target
    if _is_close(ratio, tolerance):
        return len(rates)
    if len(known) == len(rates):
        return math.ceil(ratio * len(known))
    assumed = target if ratio < 1 else 0.0
    careful = (sum(known) + assumed * (len(rates) - len(known))) / len(rates) / target
    turned = (ratio < 1) != (careful < 1)
    return len(rates) if turned or _is_close(careful, tolerance) else math.ceil(careful * len(rates))


def _is_close(ratio: float, tolerance: float) -> bool:
    return abs(ratio - 1.0) <= tolerance


@dataclass(slots=True)
class Scaler:
    """The memory of one group: what was recommended lately. Times in seconds, of any one clock."""

    target: float
    least: int
    most: int
    tolerance: float = TOLERANCE
    window_s: float = SCALE_DOWN_WINDOW_S
    _lately: deque[tuple[float, int]] = field(default_factory=deque)

    def decide(self, rates: Sequence[float | None], *, now_s: float) -> int:
        """Return how many processes there should be from now on."""
        current = len(rates)
        wanted = recommended(rates, target=self.target, tolerance=self.tolerance)
        self._lately.append((now_s, wanted))
        while self._lately and self._lately[0][0] < now_s - self.window_s:
            self._lately.popleft()
        if wanted < current:
            wanted = min(current, max(count for _, count in self._lately))
        highest = max(current * _UP_TIMES, current + _UP_BY)
        return max(self.least, min(wanted, highest, self.most))
