"""Counts of this process that insight has not been told yet: added up in memory, bounded, sent as one call.

When insight is away the batch that was refused is offered again under its key, and what comes meanwhile is added up in
the next one. Where there is no more room, events are dropped and counted: the shop never waits for its statistics.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from springtide.contracts.insight.api import (
    MOST_PAGES,
    MOST_SEEN,
    MOST_VISITS,
    AnswerMinute,
    Batch,
    Device,
    OrderSeen,
    PageSeen,
    SearchSeen,
    Seen,
    Step,
    VisitSeen,
)


class Buffer:
    """One batch in the making."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, Device, Step]] = Counter()
        self._visits: dict[tuple[str, str, Device], set[Step]] = {}
        self._pages: Counter[tuple[str, str]] = Counter()
        self._searches: dict[tuple[str, str], tuple[int, int]] = {}
        self._orders: dict[UUID, str] = {}
        self._minutes: dict[datetime, tuple[int, int]] = {}
        self.dropped = 0

    def step(self, market: str, device: Device, step: Step) -> None:
        """Count a step of somebody."""
        place = (market, device, step)
        if place in self._seen or len(self._seen) < MOST_SEEN:
            self._seen[place] += 1
        else:
            self.dropped += 1

    def visit(self, visit: str, market: str, device: Device, steps: Iterable[Step]) -> None:
        """Note the steps of a visit that agreed."""
        place = (visit, market, device)
        if place in self._visits or len(self._visits) < MOST_VISITS:
            self._visits.setdefault(place, set()).update(steps)
        else:
            self.dropped += 1

    def page(self, market: str, page: str) -> None:
        """Count a view."""
        place = (market, page)
        if place in self._pages or len(self._pages) < MOST_PAGES:
            self._pages[place] += 1
        else:
            self.dropped += 1

    def search(self, market: str, words: str, *, found: bool) -> None:
        """Count a search."""
        place = (market, words)
        if place in self._searches or len(self._searches) < MOST_PAGES:
            searches, without = self._searches.get(place, (0, 0))
            self._searches[place] = (searches + 1, without + (not found))
        else:
            self.dropped += 1

    def order(self, order_id: UUID, visit: str) -> None:
        """Note that a visit that agreed has bought."""
        if len(self._orders) < MOST_VISITS:
            self._orders.setdefault(order_id, visit)
        else:
            self.dropped += 1

    def answers(self, at: datetime, *, good: int, bad: int) -> None:
        """Count answers to buyers' writes within the minute of `at`; of too many minutes the oldest goes."""
        if not good and not bad:
            return
        minute = at.replace(second=0, microsecond=0)
        known_good, known_bad = self._minutes.get(minute, (0, 0))
        self._minutes[minute] = (known_good + good, known_bad + bad)
        if len(self._minutes) > MOST_SEEN:
            self._minutes.pop(min(self._minutes))

    def batch(self) -> Batch | None:
        """Return everything as one batch, None when there is nothing."""
        batch = Batch(
            seen=tuple(
                Seen(market=market, device=device, step=step, counted=counted)
                for (market, device, step), counted in self._seen.items()
            ),
            visits=tuple(
                VisitSeen(visit=visit, market=market, device=device, steps=tuple(sorted(steps)))
                for (visit, market, device), steps in self._visits.items()
            ),
            pages=tuple(
                PageSeen(market=market, page=page, views=views) for (market, page), views in self._pages.items()
            ),
            searches=tuple(
                SearchSeen(market=market, words=words, searches=searches, without_results=without)
                for (market, words), (searches, without) in self._searches.items()
            ),
            orders=tuple(OrderSeen(order_id=order_id, visit=visit) for order_id, visit in self._orders.items()),
            minutes=tuple(AnswerMinute(at=at, good=good, bad=bad) for at, (good, bad) in self._minutes.items()),
            dropped=self.dropped,
        )
        return None if batch == Batch() else batch
