"""How fast a gateway may be asked. Moments are given in, in seconds of a clock that only goes forward."""


class Pace:
    """So many attempts a second: a bucket that holds one second's worth and refills steadily. 0: no limit."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._room = max(per_s, 1.0)
        self._left = self._room
        self._at_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """Return how long an attempt has to wait, 0.0 when it may be made now."""
        if self._per_s <= 0:
            return 0.0
        self._refill(now_s)
        return 0.0 if self._left >= 1 else (1 - self._left) / self._per_s

    def take(self, now_s: float) -> None:
        """Count an attempt that is made now."""
        if self._per_s > 0:
            self._refill(now_s)
            self._left -= 1

    def _refill(self, now_s: float) -> None:
        if self._at_s is not None:
            self._left = min(self._room, self._left + max(0.0, now_s - self._at_s) * self._per_s)
        self._at_s = now_s if self._at_s is None else max(self._at_s, now_s)
