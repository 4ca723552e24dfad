"""Slow statements: logged by their name with duration and rows. Never with parameters: those are people's data."""

from collections.abc import Sequence

from springtide.platform.telemetry import SLOW_STATEMENTS, logger

log = logger(__name__)

DEFAULT_SLOW_S = 0.5


class Watch:
    """Judges how long the statements of one context take. `slow_s` 0: nothing is slow."""

    __slots__ = ("_context", "slow_s")

    def __init__(self, context: str, slow_s: float = DEFAULT_SLOW_S) -> None:
        self._context = context
        self.slow_s = slow_s or float("inf")

    def took(self, seconds: float, statements: Sequence[str], rows: int) -> None:
        """Log what took too long: one statement, or those of one exchange together.

        `rows`: found or touched, of all of them; -1 when it failed.
        """
        if seconds < self.slow_s:
            return
        for statement in statements:
            SLOW_STATEMENTS.labels(self._context, statement).inc()
        log.warning(
            "statement.slow",
            context=self._context,
            statements=list(statements),
            seconds=round(seconds, 3),
            rows=rows,
        )
